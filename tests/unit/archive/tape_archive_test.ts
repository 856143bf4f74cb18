/** Whole archives on mock tape drives: nothing but memory, and no permission. */
import assert from "node:assert/strict";
import { TapeArchive } from "../../../src/archive/tape_archive.ts";
import { EctarError } from "../../../src/errors.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import { type MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { noise } from "../tape/rait_set.ts";
import {
  archiveOnto,
  assertFiles,
  BLOCK,
  mockDrives,
  reload,
  restoreFrom,
  sampleFiles,
} from "./mock_archive.ts";

const FILES = sampleFiles(12);

Deno.test("an archive goes onto drives and comes back in any order of the drives", async () => {
  const drives = mockDrives(4);
  const run = await archiveOnto(drives, FILES, 3);
  assert.equal(run.stopped, undefined);
  assert.ok(run.chunks >= 5, `${run.chunks} chunks`);
  assert.deepEqual(run.missing, []);
  const { files, remarks } = await restoreFrom(reload(drives).reverse());
  assertFiles(files, FILES);
  assert.deepEqual(remarks, []);
});

Deno.test("any k of m tapes are enough: every choice of 2 of 4", async () => {
  const drives = mockDrives(4);
  await archiveOnto(drives, FILES, 2);
  for (let a = 0; a < 4; a++) {
    for (let b = a + 1; b < 4; b++) {
      const { files } = await restoreFrom(reload([drives[b], drives[a]]));
      assertFiles(files, FILES);
    }
  }
});

Deno.test("without locate the tapes are wound by filemarks", async () => {
  const drives = mockDrives(3, () => ({ canLocate: false }));
  await archiveOnto(drives, FILES, 2);
  const { files } = await restoreFrom(reload(drives, () => ({ canLocate: false })));
  assertFiles(files, FILES);
});

Deno.test("one file's restore reads what holds it and the index, and winds over the rest", async () => {
  const drives = mockDrives(3);
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`file${i}`, noise(60_000 + i, i)]),
  );
  const shape = { chunkSize: 1 << 19, frameSize: 1 << 14 };
  await archiveOnto(drives, files, 2, { blockSize: 2048, bufferBytes: 1 << 20 }, {}, shape);
  const layout = drives[0].medium!.layout().map((blocks) => blocks.length);
  const chunks = layout.slice(1, -2);
  assert.ok(chunks.length >= 5);
  const whole = chunks.reduce((sum, blocks) => sum + blocks, 0);
  const read = (set: readonly MockTapeDevice[]) => set.map(({ counts }) => counts.blocksRead);

  const all = reload(drives);
  await restoreFrom(all);
  assert.ok(Math.min(...read(all).slice(0, 2)) >= whole, `all: ${read(all)} of ${whole}`);

  const one = reload(drives);
  const restored = await restoreFrom(one, { files: ["tree/file20"] });
  assertFiles(restored.files, { file20: files.file20 });
  // Half of the file, the ends of two chunks, the frame's rest, read-ahead, the index, the label.
  const most = whole / 4 + layout.at(-2)!;
  assert.ok(Math.max(...read(one)) <= most, `one: ${read(one)}, at most ${most} of ${whole}`);
});

Deno.test("with an index from elsewhere no tape is read for one", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  const index = drives[0].medium!.files().at(-1)!;
  const handle = {
    origin: "backup.index.zst",
    async *read() {
      await Promise.resolve();
      yield index;
    },
  };
  const withIndex = reload(drives);
  const options = { indexes: [handle], files: ["tree/file0"] };
  const { files } = await restoreFrom(withIndex, options);
  assertFiles(files, { file0: FILES.file0 });
  for (const drive of withIndex) assert.equal(drive.counts.calls.spaceToEndOfData, 0);
});

Deno.test("an index of another set gives no positions", async () => {
  const [old, drives] = [mockDrives(3), mockDrives(3)];
  await archiveOnto(old, sampleFiles(3), 2);
  await archiveOnto(drives, FILES, 2);
  const index = old[0].medium!.files().at(-1)!;
  const handle = {
    origin: "old.index.zst",
    async *read() {
      await Promise.resolve();
      yield index;
    },
  };
  const { files } = await restoreFrom(reload(drives), { indexes: [handle] });
  assertFiles(files, FILES);
});

Deno.test("an index that cannot be read on one tape is taken from another", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  const loaded = reload(drives);
  loaded[0].medium!.damageBlock(loaded[0].medium!.layout().length - 2, 0);
  const { files, remarks } = await restoreFrom(loaded);
  assertFiles(files, FILES);
  assert.ok(remarks.every((line) => /index|d0/.test(line)), remarks.join("\n"));
});

Deno.test("an index for which the disk has no room is held in memory", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  class FullDisk extends MemorySpool {
    override append(): Promise<void> {
      return Promise.reject(new EctarError("no-space", "no space left on the device"));
    }
  }
  const newSpool = () => Promise.resolve(new FullDisk());
  const archive = await TapeArchive.open(reload(drives), { newSpool });
  assert.equal((await archive.indexes()).length, 1);
  assert.deepEqual(archive.remarks, []);
  await archive.close();
});

Deno.test("without any index everything restores", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  for (const { medium } of drives) {
    medium!.truncate(medium!.recordOf(medium!.layout().length - 2, 0));
  }
  const { files, remarks } = await restoreFrom(reload(drives));
  assertFiles(files, FILES);
  assert.match(remarks.join("\n"), /no tape of backup in the drives has a readable index/);
});

Deno.test("a short tape ends the archive on all drives, and what fitted restores", async () => {
  const short = { capacityBytes: 120 * BLOCK, earlyWarningBytes: 32 * BLOCK };
  const drives = mockDrives(3, (i) => i === 1 ? { medium: new TapeMedium(short) } : {});
  const run = await archiveOnto(drives, FILES, 2, {
    reserveBytes: 16 * BLOCK,
    bufferBytes: 6 * BLOCK,
  });
  assert.equal(run.stopped, "medium-full");
  assert.ok(run.chunks >= 1 && run.tarBytes > 0);
  const chunks = drives.map(({ medium }) => medium!.layout().length);
  assert.deepEqual(chunks, [chunks[0], chunks[0], chunks[0]]);
  const { files, summary } = await restoreFrom(reload(drives), { partial: true });
  assert.deepEqual(files.file0, FILES.file0);
  assert.ok(summary.lostMemberCount > 0, "it says that something is missing");
  await assert.rejects(restoreFrom(reload(drives)), EctarError);
});

Deno.test("a stop in the middle keeps what is there and says incomplete", async () => {
  const drives = mockDrives(3);
  const stop = new AbortController();
  const run = await archiveOnto(drives, FILES, 2, {}, {
    signal: stop.signal,
    onProgress: ({ chunk }) => chunk === 3 && stop.abort(),
  });
  assert.equal(run.stopped, "interrupted");
  assert.equal(run.chunks, 3);
  const { files } = await restoreFrom(reload(drives), { partial: true });
  assert.deepEqual(files.file0, FILES.file0);
});
