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
