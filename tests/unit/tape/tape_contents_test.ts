/** Identifying tapes and dumping them to files. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import { type DumpSink, dumpTape } from "../../../src/tape/dump.ts";
import { identifyTape } from "../../../src/tape/identify.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { FILEMARK, MockTapeDevice, type MockTapeOptions, TapeMedium } from "../../mocks.ts";
import {
  BLOCK,
  INDEX,
  mockDrives,
  noise,
  raitOptions,
  shardFile,
  UUID,
  writeArchive,
} from "./rait_set.ts";

const SIZES = [3, 5];

async function archiveMedia(): Promise<TapeMedium[]> {
  const drives = mockDrives(3);
  await writeArchive(new RaitShardWriter(drives, raitOptions(2)), SIZES);
  return drives.map((drive) => drive.medium!);
}

function append(medium: TapeMedium, ...records: (Uint8Array | typeof FILEMARK)[]): TapeMedium {
  for (const record of records) medium.write(medium.records.length, record);
  return medium;
}

function realIndex(complete: boolean): Uint8Array {
  const text = `{\n"version":"2.0",\n"archive_uuid":"${UUID}",\n"complete":${complete},\n` +
    `"chunks":[\n]}\n`;
  return zstdCompressSync(new TextEncoder().encode(text));
}

class MemorySink implements DumpSink {
  readonly files = new Map<string, Uint8Array>();

  create(name: string) {
    assert.ok(!this.files.has(name), `${name} is written twice`);
    assert.match(name, /^[^/\0]+$/);
    const parts: Uint8Array[] = [];
    return Promise.resolve({
      write: (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes.slice())),
      close: async () => {
        this.files.set(name, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
      },
    });
  }
}

async function dump(medium: TapeMedium, options: MockTapeOptions = {}) {
  const sink = new MemorySink();
  const device = new MockTapeDevice({ name: "/dev/nst0", medium, ...options });
  const before = medium.records.length;
  const summary = await dumpTape(device, sink);
  assert.equal(medium.records.length, before);
  return { files: sink.files, summary };
}

Deno.test("identify: no tape, blank, foreign and unreadable tapes are told apart", async () => {
  const kind = async (options: MockTapeOptions) =>
    (await identifyTape(new MockTapeDevice(options))).kind;
  assert.equal(await kind({ medium: null }), "no-tape");
  assert.equal(await kind({}), "blank");
  const foreign = append(new TapeMedium(), noise(700, 1), FILEMARK, noise(700, 2), FILEMARK);
  assert.equal(await kind({ medium: foreign }), "other");
  foreign.damageBlock(0, 0);
  assert.equal(await kind({ medium: foreign }), "unreadable");
});

Deno.test("identify: label, chunks and state of an archive, the tape rewound and untouched", async () => {
  for (const complete of [true, false]) {
    const [medium] = await archiveMedia();
    const files = medium.layout();
    medium.truncate(medium.records.length - files[3].length - 1);
    const index = realIndex(complete);
    append(medium, index, FILEMARK);
    const device = new MockTapeDevice({ medium });
    const { kind, archives } = await identifyTape(device);
    assert.equal(kind, "archives");
    assert.deepEqual(
      archives.map(({ state, chunks, tapeFile, label }) => [state, chunks, tapeFile, label.shard]),
      [
        [complete ? "complete" : "stopped-early", 2, 0, 0],
      ],
    );
    assert.equal(device.recordNumber, 0);
  }
});

Deno.test("identify: a tape without an index is incomplete, one with a broken index unknown", async () => {
  const [medium] = await archiveMedia();
  const broken = await identifyTape(new MockTapeDevice({ medium }));
  assert.equal(broken.archives[0].state, "unknown", "the index of these tests is noise");
  medium.truncate(medium.recordOf(3, 0));
  const torn = await identifyTape(new MockTapeDevice({ medium, bogusPastEnd: true }));
  assert.deepEqual([torn.archives[0].state, torn.archives[0].chunks], ["no-index", 2]);
});

Deno.test("identify: several archives behind each other are all listed", async () => {
  const [first] = await archiveMedia();
  const [second] = await archiveMedia();
  append(first, ...second.records);
  const { archives } = await identifyTape(new MockTapeDevice({ medium: first }));
  assert.deepEqual(archives.map(({ tapeFile, chunks }) => [tapeFile, chunks]), [[0, 2], [4, 2]]);
});

Deno.test("dump: an archive's tape becomes its shard files, index, label and hash list", async () => {
  const [, medium] = await archiveMedia();
  const { files, summary } = await dump(medium);
  assert.deepEqual([...files.keys()], [
    "backup.tape-s01.label.tar",
    "backup.c001.s01",
    "backup.c002.s01",
    "backup.index.zst",
    "backup.tape-s01.holes.json",
    "backup.tape-s01.sha256",
  ]);
  assert.deepEqual(files.get("backup.c001.s01"), shardFile(2, 3, 1, 1, 3));
  assert.deepEqual(files.get("backup.c002.s01"), shardFile(2, 3, 2, 1, 5));
  assert.deepEqual(files.get("backup.index.zst")!.subarray(0, INDEX.length), INDEX);
  const list = new TextDecoder().decode(files.get("backup.tape-s01.sha256"));
  for (const { name, sha256, bytes } of summary.files) {
    const content = files.get(name)!;
    assert.equal(content.length, bytes);
    assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
    assert.match(list, new RegExp(`^${sha256}  ${name}$`, "m"));
  }
});

Deno.test("dump: goes past bad blocks, keeps every offset, and maps the holes", async () => {
  for (const losesPosition of [false, true]) {
    const [medium] = await archiveMedia();
    for (const block of [0, 2, 3]) medium.damageBlock(2, block);
    const { files, summary } = await dump(medium, { losesPosition });
    const expected = shardFile(2, 3, 2, 0, 5);
    expected.fill(0, 0, BLOCK).fill(0, 2 * BLOCK, 4 * BLOCK);
    assert.deepEqual(files.get("backup.c002.s00"), expected);
    assert.deepEqual(summary.files[2].holes, [[0, BLOCK], [2 * BLOCK, 2 * BLOCK]]);
    const map = JSON.parse(new TextDecoder().decode(files.get("backup.tape-s00.holes.json")));
    assert.deepEqual(map, JSON.parse(JSON.stringify(summary)));
  }
});

Deno.test("dump: an unknown tape becomes numbered files with a hash list", async () => {
  const medium = append(
    new TapeMedium(),
    noise(700, 1),
    noise(1400, 2),
    FILEMARK,
    noise(2 << 20, 3),
    FILEMARK,
    noise(10, 4),
  );
  const { files } = await dump(medium);
  assert.deepEqual([...files.keys()], [
    "dev_nst0.file0000",
    "dev_nst0.file0001",
    "dev_nst0.file0002",
    "dev_nst0.holes.json",
    "dev_nst0.sha256",
  ]);
  assert.equal(files.get("dev_nst0.file0000")!.length, 2100);
  assert.deepEqual(files.get("dev_nst0.file0001"), noise(2 << 20, 3));
  assert.deepEqual(files.get("dev_nst0.file0002"), noise(10, 4));
});

Deno.test("dump: two archives of one name on a tape do not write over each other", async () => {
  const [first] = await archiveMedia();
  const [second] = await archiveMedia();
  append(first, ...second.records);
  const { files } = await dump(first);
  assert.equal(files.size, 8 + 2);
});

Deno.test("dump: a drive that dies on the way says where it stopped", async () => {
  const [medium] = await archiveMedia();
  const sink = new MemorySink();
  const device = new MockTapeDevice({ name: "d", medium });
  device.inject({ call: "readBlock", nth: 9, sticky: true });
  const { stopped } = await dumpTape(device, sink);
  assert.match(stopped!, /EIO/);
  assert.ok(sink.files.has("backup.c001.s00"));
});
