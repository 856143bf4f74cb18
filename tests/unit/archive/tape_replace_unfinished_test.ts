/** A tape that takes the place of a lost one of a set that was never finished. */
import assert from "node:assert/strict";
import { OpenArchive } from "../../../src/archive/open_archive.ts";
import { replaceTape } from "../../../src/archive/repair_tape.ts";
import type { ReplacedTape, ReplaceTapeOptions } from "../../../src/archive/repair_tape_options.ts";
import { TapeArchive } from "../../../src/archive/tape_archive.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import type { IndexHandle, ShardSetReader } from "../../../src/shard/shard_io.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { FILEMARK, MockTapeDevice, TapeMedium } from "../../mocks.ts";
import {
  archiveOnto,
  assertFiles,
  BLOCK,
  mockDrives,
  reload,
  restoreFrom,
  sampleFiles,
} from "./mock_archive.ts";

const newSpool = () => Promise.resolve(new MemorySpool());
const FILES = sampleFiles(9);
const CHUNKS = 5;

/** What three tapes hold, any two of which restore: whole chunks, and blocks of the next one. */
type Cut = [chunks: number, blocks: number];

/** Three tapes of a run that was killed. */
async function killed(cuts: readonly [Cut, Cut, Cut]): Promise<MockTapeDevice[]> {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  cuts.forEach(([chunks, blocks], shard) => {
    const { medium } = drives[shard];
    medium!.truncate(medium!.recordOf(chunks + 1, 0) + blocks);
  });
  return reload(drives);
}

function blank(): MockTapeDevice {
  return new MockTapeDevice({ name: "new", medium: new TapeMedium() });
}

/** The same shards, with indexes that lie on a disk. */
function beside(tapes: TapeArchive, indexes: readonly IndexHandle[] = []): ShardSetReader {
  return {
    name: tapes.name,
    remarks: tapes.remarks,
    chunkNumbers: () => tapes.chunkNumbers(),
    openChunk: (chunk) => tapes.openChunk(chunk),
    indexes: async () => [...await tapes.indexes(), ...indexes],
    close: () => tapes.close(),
  };
}

async function replaceShard1(
  others: readonly MockTapeDevice[],
  device: MockTapeDevice,
  more: Partial<ReplaceTapeOptions> & { indexes?: readonly IndexHandle[] } = {},
): Promise<ReplacedTape> {
  const { indexes, ...options } = more;
  const shards = await TapeArchive.open(reload(others), { newSpool, indexes });
  const { setUuid } = shards;
  const decompressor = new InProcessCompressor();
  const what = {
    shards: beside(shards, indexes),
    setUuid,
    decompressor,
    shard: 1,
    device,
    host: "testhost",
    newSpool,
  };
  try {
    return await replaceTape({ ...what, ...options });
  } finally {
    await shards.close();
  }
}

/** The tape holds so many chunks of shard 1 as they were written, and no index. */
async function assertHolds(device: MockTapeDevice, chunks: number): Promise<void> {
  const [, whole] = await killed([[CHUNKS, 0], [CHUNKS, 0], [CHUNKS, 0]]);
  const files = device.medium!.files();
  // An empty tape file may stand where something was cut off.
  if (files.at(-1)!.length === 0) files.pop();
  assert.equal(files.length, 1 + chunks);
  for (let chunk = 1; chunk <= chunks; chunk++) {
    assert.deepEqual(files[chunk], whole.medium!.files()[chunk], `chunk ${chunk}`);
  }
  assert.equal(device.medium!.records.at(-1), FILEMARK);
}

const ENDS: [what: string, cuts: [Cut, Cut, Cut], proven: number, unproven: RegExp | undefined][] =
  [
    ["at a filemark", [[3, 0], [3, 0], [3, 0]], 3, undefined],
    ["all torn in one chunk", [[3, 4], [3, 4], [3, 4]], 3, /chunk 4/],
    ["torn within the last block", [[2, 1], [2, 1], [2, 1]], 2, /chunk 3/],
    ["at a filemark on one, torn on another", [[3, 0], [3, 0], [3, 2]], 3, /chunk 4/],
    ["in different chunks", [[4, 3], [3, 0], [2, 5]], 2, /chunk 3/],
    [
      "with all chunks, but no index",
      [[CHUNKS - 1, 0], [CHUNKS, 0], [CHUNKS - 1, 1]],
      4,
      /chunk 5/,
    ],
  ];

for (const [what, cuts, proven, unproven] of ENDS) {
  Deno.test(`a set that was never finished, ended ${what}: what is proven is written, with no index`, async () => {
    const [first, , last] = await killed(cuts);
    const device = blank();
    const replaced = await replaceShard1([first, last], device, { verify: true });
    assert.deepEqual([replaced.chunks, replaced.indexWritten], [proven, false]);
    assert.deepEqual(replaced.readBack, []);
    const told = replaced.remarks.join("\n");
    assert.match(
      told,
      new RegExp(`end of backup was not found, .* holds chunks 1 to ${proven} and no index`),
    );
    const lost = replaced.lost.map(({ reason }) => reason).join("\n");
    assert.match(lost, unproven ?? /^$/);
    await assertHolds(device, proven);

    const { files: before } = await restoreFrom(reload([first, last]), { partial: true });
    for (const other of [first, last]) {
      const { files } = await restoreFrom(reload([other, device]), { partial: true });
      assertFiles(files, before);
    }
  });
}

Deno.test("damage before what is proven is no end: the run fails and says where", async () => {
  for (const chunk of [1, 2]) {
    const [first, , last] = await killed([[3, 0], [3, 0], [3, 0]]);
    first.medium!.flipBits(chunk, 4, 100);
    last.medium!.flipBits(chunk, 4, 100);
    const replaced = replaceShard1([first, last], blank());
    await assert.rejects(replaced, { code: "damaged", message: new RegExp(`chunk ${chunk}\\b`) });
  }
});

Deno.test("tapes that prove no chunk at all give no tape", async () => {
  const [first, , last] = await killed([[1, 0], [1, 0], [0, 3]]);
  const device = blank();
  await assert.rejects(replaceShard1([first, last], device), { code: "damaged" });
});

Deno.test("an index that tells of more chunks: they are lost, and no end", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  const whole = await TapeArchive.open(reload(drives), { newSpool });
  const indexes = await whole.indexes();
  for (const { medium } of drives) medium!.truncate(medium!.recordOf(4, 0));
  const replaced = replaceShard1([drives[0], drives[2]], blank(), { indexes });
  await assert.rejects(replaced, { code: "damaged", message: /chunk 4/ });
  await whole.close();
});

Deno.test("the old tape may be written again where it holds no more than is proven without it", async () => {
  for (const old of [[3, 0], [1, 0], [0, 0]] as Cut[]) {
    const [first, device, last] = await killed([[3, 0], old, [3, 2]]);
    const replaced = await replaceShard1([first, last], device, { overwrite: true });
    assert.equal(replaced.chunks, 3);
    await assertHolds(device, 3);
  }
});

Deno.test("the old tape is kept where it holds more than is proven without it, or knows the end", async () => {
  for (const old of [[4, 0], [3, 1], [CHUNKS, 0], undefined] as (Cut | undefined)[]) {
    const [first, cut, last] = await killed([[3, 0], old ?? [CHUNKS, 0], [4, 2]]);
    const whole = mockDrives(3);
    if (old === undefined) await archiveOnto(whole, FILES, 2);
    const device = old === undefined ? reload(whole)[1] : cut;
    const before = device.data;
    const replaced = replaceShard1([first, last], device, { overwrite: true });
    await assert.rejects(replaced, {
      code: "exists",
      message: /^nothing was written: the tape in drive d1 .* shard 1 of backup.* chunk/,
    });
    assert.deepEqual(device.data, before);
  }
});

Deno.test("a set that says itself that it is incomplete gets a tape with an index that says so", async () => {
  const medium = () => new TapeMedium({ capacityBytes: 20480 + 70 * BLOCK });
  const tapes = mockDrives(3, () => ({ medium: medium() }));
  const run = await archiveOnto(tapes, FILES, 2);
  assert.equal(run.stopped, "medium-full");
  const device = blank();
  const replaced = await replaceShard1([tapes[0], tapes[2]], device, { verify: true });
  assert.deepEqual([replaced.chunks, replaced.indexWritten], [run.chunks, true]);
  const shards = await TapeArchive.open(reload([device]), { newSpool });
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  assert.equal(archive.index!.head.complete, false);
  await archive.close();
  await shards.close();
});
