/** Tapes too short for what is archived: the index lists just what the committed chunks hold. */
import assert from "node:assert/strict";
import { OpenArchive } from "../../../src/archive/open_archive.ts";
import { TapeArchive } from "../../../src/archive/tape_archive.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { type MockTapeDevice, TapeMedium } from "../../mocks.ts";
import {
  archiveOnto,
  BLOCK,
  mockDrives,
  reload,
  restoreFrom,
  sampleFiles,
} from "./mock_archive.ts";

const FILES = sampleFiles(12);
const LABEL_BYTES = 2 * 10240;

/** What the index on the tapes says of files and chunks. */
async function readIndex(drives: readonly MockTapeDevice[]) {
  const shards = await TapeArchive.open(reload(drives), {
    newSpool: () => Promise.resolve(new MemorySpool()),
  });
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  try {
    const files = await Array.fromAsync(archive.index!.reader.files());
    const chunks = await Array.fromAsync(archive.index!.reader.chunks());
    return { files, chunks, complete: archive.index!.head.complete };
  } finally {
    await archive.close();
    await shards.close();
  }
}

Deno.test("an archive that ends with its tapes lists the files that are whole on them, no others", async () => {
  let ended = 0;
  let takenBack = 0;
  for (let blocks = 20; blocks < 130; blocks += 3) {
    const drives = mockDrives(3, () => ({
      medium: new TapeMedium({
        capacityBytes: LABEL_BYTES + blocks * BLOCK,
        earlyWarningBytes: 20 * BLOCK,
      }),
    }));
    let taken = 0;
    const run = await archiveOnto(drives, FILES, 2, { reserveBytes: 8 * BLOCK }, {
      onProgress: ({ tarBytes }) => taken = tarBytes,
    });
    if (run.stopped === undefined) continue;
    ended++;
    assert.equal(run.totals, undefined);
    if (run.chunks === 0) continue;
    const { files, chunks, complete } = await readIndex(drives);
    assert.equal(complete, false);
    const offsets = new Map(chunks.map((chunk) => [chunk.chunk_number, chunk.tar_offset]));
    const tarEnd = chunks.reduce((sum, chunk) => sum + chunk.uncompressed_size, 0);
    for (const { path, chunk, offset, member_size } of files) {
      assert.ok(offsets.get(chunk)! + offset + member_size <= tarEnd, `${blocks}: ${path}`);
    }
    const { files: restored, summary } = await restoreFrom(reload(drives), { partial: true });
    const whole = Object.keys(restored).filter((name) => !name.endsWith(".ectar-partial"));
    const listed = files.filter((file) => file.entry_type === "file").map(({ path }) => path);
    assert.deepEqual(listed.sort(), whole.map((name) => `tree/${name}`).sort(), `${blocks}`);
    assert.equal(summary.isUnfinished, true, "partial or not, it says that it is unfinished");
    if (taken > run.tarBytes) takenBack++;
  }
  assert.ok(ended > 10 && takenBack > 0, `${ended} ended, ${takenBack} took a chunk back`);
});

Deno.test("tapes that end without a warning keep what is proven, also where the last chunk had ended", async () => {
  const small = sampleFiles(6);
  const { tarBytes: wholeTarBytes } = await archiveOnto(mockDrives(3), small, 2);
  let ended = 0;
  let afterTheLast = 0;
  for (let blocks = 10; blocks < 50; blocks++) {
    const capacityBytes = LABEL_BYTES + blocks * BLOCK;
    const drives = mockDrives(3, () => ({ medium: new TapeMedium({ capacityBytes }) }));
    let taken = 0;
    const onProgress = ({ tarBytes }: { tarBytes: number }) => taken = tarBytes;
    // Memory for a chunk and more, so that it ends before the tape is known to be full.
    const rait = { bufferBytes: 3 * 40 * BLOCK };
    const run = await archiveOnto(drives, small, 2, rait, { onProgress }).catch((error) => {
      assert.match(error.message, /^no room to keep chunk 1: tape full in d0, d1, d2$/);
      return undefined;
    });
    if (run?.stopped === undefined || run.chunks === 0) continue;
    ended++;
    assert.equal(run.stopped, "medium-full");
    assert.equal(run.totals, undefined);
    if (taken === wholeTarBytes) afterTheLast++;
    for (const absent of [undefined, 0, 1, 2]) {
      const present = drives.filter((_, shard) => shard !== absent);
      const what = `${blocks} without ${absent}`;
      const { files: restored } = await restoreFrom(reload(present), { partial: true });
      const whole = Object.keys(restored).filter((name) => !name.endsWith(".ectar-partial"));
      for (const name of whole) assert.deepEqual(restored[name], small[name], what);
      if (!run.writer.summary().some(({ indexWritten }) => indexWritten)) continue;
      const { files, chunks, complete } = await readIndex(present);
      assert.equal(complete, false);
      assert.equal(chunks.length, run.chunks, what);
      assert.equal(
        chunks.reduce((sum, { uncompressed_size: size }) => sum + size, 0),
        run.tarBytes,
      );
      const listed = files.filter((file) => file.entry_type === "file").map(({ path }) => path);
      assert.deepEqual(listed.sort(), whole.map((name) => `tree/${name}`).sort(), what);
    }
  }
  assert.ok(ended > 20 && afterTheLast > 5, `${ended} ended, ${afterTheLast} after the last chunk`);
});
