/** The planned table of TapeShardReader: shards found and read on tapes. */
import assert from "node:assert/strict";
import type { ShardHandle, ShardPlacement } from "../src/shard/shard_io.ts";
import type { ChunkPosition } from "../src/tape/archive_tape.ts";
import { RaitShardWriter } from "../src/tape/rait_shard_writer.ts";
import { TapeShardReader } from "../src/tape/tape_shard_reader.ts";
import { MockTapeDevice, type MockTapeOptions, TapeMedium } from "./mocks.ts";
import {
  BLOCK,
  INDEX,
  mockDrives,
  raitOptions,
  shardFile,
  writeArchive,
} from "./unit/tape/rait_set.ts";

const K = 2;
const M = 3;
const SIZES = [5, 1, 9, 3];

interface Written {
  media: TapeMedium[];
  positions: ChunkPosition[];
}

async function written(sizes = SIZES): Promise<Written> {
  const drives = mockDrives(M);
  const writer = new RaitShardWriter(drives, raitOptions(K));
  const { placements } = await writeArchive(writer, sizes);
  const media = drives.map((drive) => drive.medium!);
  return { media, positions: positionsOf(placements, sizes) };
}

function positionsOf(placements: ShardPlacement[][], sizes: readonly number[]): ChunkPosition[] {
  return placements.map((shards, i) => ({
    chunk: i + 1,
    shardSize: sizes[i] * BLOCK,
    extents: shards.map((shard) => shard.extents),
  }));
}

function drivesWith(media: TapeMedium[], options: MockTapeOptions = {}): MockTapeDevice[] {
  return media.map((medium, i) => new MockTapeDevice({ name: `r${i}`, medium, ...options }));
}

async function whole(handle: ShardHandle, piece = 200): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let offset = 0;;) {
    const target = new Uint8Array(piece);
    const { length, holes } = await handle.read(offset, target);
    assert.deepEqual(holes, []);
    if (length === 0) break;
    parts.push(target.subarray(0, length));
    offset += length;
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

async function assertWhole(reader: TapeShardReader, sizes = SIZES): Promise<void> {
  for (const chunk of await reader.chunkNumbers()) {
    const handles = await reader.openChunk(chunk);
    const read = await Promise.all(handles.map((handle) => whole(handle)));
    handles.forEach((handle, i) => {
      const file = shardFile(K, M, chunk, handle.shard, sizes[chunk - 1]);
      assert.deepEqual(read[i], file, `chunk ${chunk} shard ${handle.shard}`);
      if (handle.size !== undefined) assert.equal(handle.size, file.length);
    });
  }
}

Deno.test("creation: labels say which tape is which, whatever drive it is in", async () => {
  const { media } = await written();
  const [a, b, c] = drivesWith([media[2], media[0], media[1]]);
  const reader = await TapeShardReader.open([a, b, c]);
  assert.equal(reader.name, "backup");
  assert.deepEqual([reader.set.k, reader.set.m, reader.set.blockSize], [K, M, BLOCK]);
  assert.deepEqual(reader.missingShards, []);
  assert.deepEqual(reader.remarks, []);
  const handles = await reader.openChunk(1);
  assert.deepEqual(handles.map((handle) => handle.shard), [2, 0, 1]);
  assert.match(handles[0].origin, /drive r0, tape file 1/);
  await reader.close();
  assert.ok(a.closed && b.closed && c.closed);
});

Deno.test("creation: empty, blank, wrong and dead drives are named, and the tapes still wanted", async () => {
  const { media } = await written();
  const other = mockDrives(2);
  const options = raitOptions(1, {
    archive: { name: "other", uuid: crypto.randomUUID(), created: "2026-01-01T00:00:00Z" },
    setUuid: crypto.randomUUID(),
  });
  await writeArchive(new RaitShardWriter(other, options), [1]);
  const notes = new TapeMedium();
  notes.write(0, new TextEncoder().encode("holiday notes"));
  const drives = [
    new MockTapeDevice({ name: "empty", medium: null }),
    new MockTapeDevice({ name: "blank" }),
    new MockTapeDevice({ name: "wrong", medium: other[1].medium }),
    new MockTapeDevice({ name: "notes", medium: notes }),
    { name: "dead", failure: "no such device" },
    new MockTapeDevice({ name: "one", medium: media[1] }),
    new MockTapeDevice({ name: "two", medium: media[2] }),
  ];
  const reader = await TapeShardReader.open(drives);
  const remarks = reader.remarks.join("\n");
  assert.match(remarks, /drive empty: .*no tape/);
  assert.match(remarks, /drive blank: .*a blank tape/);
  assert.match(remarks, /drive wrong: .*shard 1 of 2 .*archive other/);
  assert.match(remarks, /drive notes: .*unknown data/);
  assert.match(remarks, /drive dead cannot be read: no such device/);
  assert.match(remarks, /shard 0 of backup is in no drive/);
  assert.deepEqual(reader.missingShards, [0]);
  await assertWhole(reader);
  for (const drive of drives) {
    if (drive instanceof MockTapeDevice) {
      assert.equal(drive.counts.blocksWritten + drive.counts.filemarksWritten, 0);
    }
  }
  await reader.close();
});

Deno.test("creation: of a tape that was not read it is not said whose it is", async () => {
  const { media } = await written();
  const [hung, failing, unreadable] = drivesWith(media);
  hung.inject({ call: "status", effect: { kind: "hang" } });
  failing.inject({ call: "rewind", effect: { kind: "error", errno: "EIO" } });
  for (let file = 0; file < 3; file++) unreadable.medium!.damageBlock(file, 0);
  const { media: whole } = await written();
  const others = whole.slice(0, K).map((medium, i) =>
    new MockTapeDevice({ name: `w${i}`, medium })
  );
  const reader = await TapeShardReader.open([hung, failing, unreadable, ...others], {
    timeouts: { driveTimeoutMs: 5 },
  });
  const remarks = reader.remarks.join("\n");
  assert.match(remarks, /drive r0 cannot be read: .*does not answer/);
  assert.match(remarks, /drive r1 cannot be read: .*EIO/);
  assert.match(remarks, /drive r2 cannot be read: the beginning of its tape is unreadable/);
  assert.doesNotMatch(remarks, /not of backup/);
  await reader.close();
});

Deno.test("creation: no tape of the archive is an error that says what is there", async () => {
  const { media } = await written();
  await assert.rejects(TapeShardReader.open([new MockTapeDevice({ name: "x" })]), {
    code: "not-found",
    message: /x: a blank tape/,
  });
  await assert.rejects(TapeShardReader.open(drivesWith(media), { name: "photos" }), {
    code: "not-found",
    message: /archive photos.*shard 0 of 3.*archive backup/,
  });
});

Deno.test("creation: between two archives equally present the operator decides", async () => {
  const first = await written();
  const drives = mockDrives(M);
  const archive = { name: "second", uuid: crypto.randomUUID(), created: "2026-02-02T00:00:00Z" };
  const options = raitOptions(K, { archive, setUuid: crypto.randomUUID() });
  await writeArchive(new RaitShardWriter(drives, options), SIZES);
  const media = [...first.media.slice(0, 2), ...drives.slice(0, 2).map((d) => d.medium!)];
  await assert.rejects(TapeShardReader.open(drivesWith(media)), {
    code: "usage",
    message: /two archives.*backup.*second/,
  });
  for (const choice of [{ name: "second" }, { uuid: archive.uuid }]) {
    const reader = await TapeShardReader.open(drivesWith(media), choice);
    assert.equal(reader.name, "second");
    assert.equal(reader.remarks.length, 3);
    await reader.close();
  }
});

Deno.test("seek to a specific shard: reads nothing of what lies between", async () => {
  const sizes = Array.from({ length: 30 }, () => 20);
  const { media, positions } = await written(sizes);
  for (const canLocate of [true, false]) {
    const drives = drivesWith(media, { canLocate });
    const reader = await TapeShardReader.open(drives);
    reader.usePositions(positions);
    const before = drives[1].counts.blocksRead;
    const handle = (await reader.openChunk(29)).find(({ shard }) => shard === 1)!;
    const target = new Uint8Array(BLOCK);
    await handle.read(15 * BLOCK, target);
    assert.deepEqual(target, shardFile(K, M, 29, 1, 20).subarray(15 * BLOCK, 16 * BLOCK));
    assert.equal(drives[1].counts.blocksRead - before, 1);
    assert.equal(drives[0].counts.blocksRead, before, "no other drive reads");
    // And back again.
    const early = (await reader.openChunk(3)).find(({ shard }) => shard === 1)!;
    await early.read(0, target);
    assert.deepEqual(target, shardFile(K, M, 3, 1, 20).subarray(0, BLOCK));
    assert.equal(drives[1].counts.blocksRead - before, 2);
    assert.equal(drives[1].counts.calls.locate > 0, canLocate);
    await reader.close();
  }
});

Deno.test("seek to a specific shard: any order of chunks and offsets, with every kind of drive", async () => {
  const { media, positions } = await written();
  for (const canLocate of [true, false]) {
    for (const usePositions of [true, false]) {
      const reader = await TapeShardReader.open(drivesWith(media, { canLocate }));
      if (usePositions) reader.usePositions(positions);
      let x = 12345;
      const random = (below: number) => (x = (x * 1103515245 + 12345) % 2 ** 31) % below;
      for (let i = 0; i < 200; i++) {
        const chunk = random(SIZES.length) + 1;
        const handles = await reader.openChunk(chunk);
        const handle = handles[random(handles.length)];
        const file = shardFile(K, M, chunk, handle.shard, SIZES[chunk - 1]);
        const offset = random(file.length + 300);
        const target = new Uint8Array(random(1500) + 1);
        const { length, holes } = await handle.read(offset, target);
        const expected = file.subarray(offset, offset + target.length);
        assert.deepEqual([length, holes], [expected.length, []]);
        assert.deepEqual(target.subarray(0, length), expected);
      }
      await reader.close();
    }
  }
});

Deno.test("read a shard from a position: every byte, with and without an index", async () => {
  const { media, positions } = await written();
  for (const canLocate of [true, false]) {
    const reader = await TapeShardReader.open(drivesWith(media, { canLocate }));
    assert.deepEqual(await reader.chunkNumbers(), [1, 2, 3, 4], "found by going through");
    await assertWhole(reader);
    reader.usePositions(positions);
    assert.deepEqual(await reader.chunkNumbers(), [1, 2, 3, 4]);
    await assertWhole(reader);
    await reader.close();
  }
});

Deno.test("read a shard from a position: a bad block costs that block only", async () => {
  for (const losesPosition of [false, true]) {
    for (let bad = 0; bad < 9; bad++) {
      const { media, positions } = await written();
      media[1].damageBlock(3, bad);
      const reader = await TapeShardReader.open(drivesWith(media, { losesPosition }));
      reader.usePositions(positions);
      const handle = (await reader.openChunk(3)).find(({ shard }) => shard === 1)!;
      const target = new Uint8Array(9 * BLOCK).fill(1);
      const { length, holes } = await handle.read(0, target);
      assert.equal(length, 9 * BLOCK);
      assert.deepEqual(holes, [{ start: bad * BLOCK, end: (bad + 1) * BLOCK }]);
      const expected = shardFile(K, M, 3, 1, 9);
      expected.fill(0, bad * BLOCK, (bad + 1) * BLOCK);
      assert.deepEqual(target, expected);
      await reader.close();
    }
  }
});

Deno.test("read a shard from a position: the index is the last tape file of each tape", async () => {
  const { media } = await written();
  const reader = await TapeShardReader.open(drivesWith(media));
  const indexes = await reader.indexes();
  assert.equal(indexes.length, M);
  assert.match(indexes[0].origin, /drive r0, tape file 5/);
  for (const index of indexes) {
    for (let again = 0; again < 2; again++) {
      const parts: Uint8Array[] = [];
      for await (const part of index.read()) parts.push(part);
      const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
      assert.deepEqual(bytes.subarray(0, INDEX.length), INDEX);
    }
  }
  await assertWhole(reader);
  await reader.close();
});

Deno.test("an unreadable index counts as a chunk without an index, and it is said that it may be one", async () => {
  const { media } = await written();
  for (const medium of media) medium.damageBlock(5, 0);
  const reader = await TapeShardReader.open(drivesWith(media));
  assert.deepEqual(await reader.indexes(), []);
  assert.deepEqual(await reader.chunkNumbers(), [1, 2, 3, 4, 5]);
  for (const { name } of drivesWith(media)) {
    const said = `drive ${name}: the beginning of tape file 5 is unreadable: it may be the index`;
    assert.equal(reader.remarks.filter((line) => line.startsWith(said)).length, 1);
  }
  await reader.close();
});

Deno.test("multi-tape parallel reading: all drives read at the same time", async () => {
  const { media, positions } = await written([12, 12]);
  let reading = 0;
  let most = 0;
  const drives = drivesWith(media, {
    beforeCall: async (call) => {
      if (call !== "readBlock") return;
      most = Math.max(most, ++reading);
      await new Promise((resolve) => setTimeout(resolve, 1));
      reading--;
    },
  });
  const reader = await TapeShardReader.open(drives);
  reader.usePositions(positions);
  most = 0;
  await assertWhole(reader, [12, 12]);
  assert.equal(most, M);
  await reader.close();
});

Deno.test("multi-tape parallel reading: drives read ahead of a slow reader, within bounds", async () => {
  const { media, positions } = await written([60]);
  const drives = drivesWith(media);
  const reader = await TapeShardReader.open(drives, { bufferBytes: M * 8 * BLOCK });
  reader.usePositions(positions);
  const before = drives[0].counts.blocksRead;
  const handle = (await reader.openChunk(1))[0];
  const target = new Uint8Array(BLOCK);
  for (let i = 0; i < 10; i++) await handle.read(i * BLOCK, target);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const ahead = drives[0].counts.blocksRead - before - 10;
  assert.ok(ahead >= 4 && ahead <= 8, `${ahead} blocks ahead`);
  await reader.close();
});

Deno.test("multi-tape parallel reading: a drive lost on the way leaves the others at work", async () => {
  const { media, positions } = await written();
  const drives = drivesWith(media);
  const reader = await TapeShardReader.open(drives);
  reader.usePositions(positions);
  const handles = await reader.openChunk(3);
  drives[2].inject({ call: "readBlock", nth: 3, sticky: true });
  const results = await Promise.allSettled(handles.map((handle) => whole(handle)));
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
  await reader.close();
});

Deno.test("multi-tape parallel reading: two copies of one shard are both used", async () => {
  const { media } = await written();
  const reader = await TapeShardReader.open(drivesWith([media[0], media[0].clone(), media[1]]));
  const handles = await reader.openChunk(2);
  assert.deepEqual(handles.map(({ shard }) => shard), [0, 0, 1]);
  await assertWhole(reader);
  await reader.close();
});
