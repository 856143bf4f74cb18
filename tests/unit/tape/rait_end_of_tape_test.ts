/** Tapes that are too short, ending at every block. */
import assert from "node:assert/strict";
import type { ShardPlacement } from "../../../src/shard/shard_io.ts";
import { startsWithZstdMagic } from "../../../src/tape/first_block.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { type MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { BLOCK, mockDrives, raitOptions, shardFile, writeArchive } from "./rait_set.ts";

const K = 2;
const M = 3;
const SIZES = [3, 5, 2, 4];
const LABEL_BYTES = 2 * 10240;
const CHUNK_BLOCKS = SIZES.reduce((a, b) => a + b);
const INDEX_BLOCKS = 2;
/** A whole block and something come at once. */
const PIECE_BYTES = BLOCK + 188;

interface Shape {
  blocks: number;
  warningBlocks: number;
  reserveBlocks: number;
  late: boolean;
  mustStream: boolean;
  short: readonly number[];
}

function drivesOf({ blocks, warningBlocks, late, mustStream, short }: Shape): MockTapeDevice[] {
  return mockDrives(M, (shard) =>
    short.includes(shard)
      ? {
        mustStream,
        lateEarlyWarning: late,
        medium: new TapeMedium({
          capacityBytes: LABEL_BYTES + blocks * BLOCK,
          earlyWarningBytes: warningBlocks * BLOCK,
        }),
      }
      : { mustStream });
}

/** Every tape ends at a filemark, and holds whole shards, then an index or nothing. */
function assertClean(drives: readonly MockTapeDevice[], chunks: number, what: string): void {
  for (const [shard, { medium }] of drives.entries()) {
    assert.deepEqual(medium!.layout().at(-1), [], `${what}: tape ${shard} ends torn`);
    const files = medium!.files().slice(1);
    // An empty tape file stands where a torn one was cut off.
    if (files.at(-1)?.length === 0) files.pop();
    const hasIndex = files.length > 0 && startsWithZstdMagic(files.at(-1)!);
    const shards = hasIndex ? files.slice(0, -1) : files;
    assert.ok(shards.length <= chunks, `${what}: ${shards.length} shards of ${chunks} chunks`);
    shards.forEach((bytes, i) => {
      const file = shardFile(K, M, i + 1, shard, SIZES[i]);
      assert.deepEqual(bytes, file as typeof bytes, `${what}: chunk ${i + 1} on tape ${shard}`);
    });
  }
}

/** Every chunk in the books is said to lie on as many tapes as it takes. */
function assertProven(placements: readonly ShardPlacement[][], what: string): void {
  for (const shards of placements) {
    const placed = shards.filter(({ missing }) => missing === undefined).length;
    assert.ok(placed >= K, what);
  }
}

for (const short of [[1], [0, 1, 2]]) {
  for (const [late, mustStream] of [[false, true], [true, true], [false, false]]) {
    const how = `${late ? ", late" : ""}${mustStream ? "" : ", not streaming"}`;
    Deno.test(`a tape that warns in time ends the archive cleanly at every block (short: ${short}${how})`, async () => {
      for (let blocks = 0; blocks <= CHUNK_BLOCKS + INDEX_BLOCKS + 1; blocks++) {
        for (const warningBlocks of [8, 12]) {
          for (const reserveBlocks of [4, 6]) {
            const shape = { blocks, warningBlocks, reserveBlocks, late, mustStream, short };
            const what = JSON.stringify(shape);
            const drives = drivesOf(shape);
            const options = raitOptions(K, { reserveBytes: reserveBlocks * BLOCK });
            const writer = new RaitShardWriter(drives, options);
            const { chunks, full, placements } = await writeArchive(writer, SIZES, PIECE_BYTES);
            if (!full) assert.equal(chunks, SIZES.length, what);
            assert.equal(placements.length, chunks);
            assertProven(placements, what);
            assertClean(drives, chunks, what);
            for (const { indexWritten, drive } of writer.summary()) {
              const said = writer.remarks.some((line) => line.includes(`drive ${drive}`));
              assert.notEqual(indexWritten, said, what);
            }
          }
        }
      }
    });
  }
}

/** Chunks of `SIZES` that fit into so many blocks. */
function fitting(blocks: number): number {
  return SIZES.filter((_, i) => SIZES.slice(0, i + 1).reduce((a, b) => a + b) <= blocks).length;
}

Deno.test("tapes that end without any warning keep every chunk that enough of them hold, and no other", async () => {
  for (let blocks = 0; blocks <= CHUNK_BLOCKS + INDEX_BLOCKS; blocks++) {
    for (const [short, mustStream] of [[[1], true], [[0, 1, 2], true], [[1], false]] as const) {
      const late = false;
      const shape = { blocks, warningBlocks: 0, reserveBlocks: 0, late, mustStream, short };
      const what = JSON.stringify(shape);
      const drives = drivesOf(shape);
      const writer = new RaitShardWriter(drives, raitOptions(K));
      const fits = fitting(blocks);
      try {
        const { placements } = await writeArchive(writer, SIZES, PIECE_BYTES);
        assertClean(drives, placements.length, what);
        assertProven(placements, what);
        if (short.length > M - K) assert.equal(placements.length, fits, what);
        else assert.ok(placements.length >= fits, what);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "no-space");
        assert.match((error as Error).message, /^no room to keep chunk 1: /);
        assert.equal(fits, 0, what);
        await writer.abort();
        assertClean(drives, 0, what);
      }
    }
  }
});

/** Streaming tapes of which two end without a warning. */
const UNWARNED = {
  warningBlocks: 0,
  reserveBlocks: 0,
  late: false,
  mustStream: true,
  short: [0, 2],
};
/** All that is written fits into memory, and no tape moves before its end. */
const ALL_WAITS = raitOptions(K, { bufferBytes: 1 << 20, startMarkBytes: 1 << 20 });

Deno.test("chunks that wait for tapes that then end are taken back together, and from every tape", async () => {
  // One tape holds everything, and all of it waits in memory for the others.
  for (const [blocks, kept] of [[3, 1], [7, 1], [8, 2], [10, 3], [12, 3]]) {
    const drives = drivesOf({ ...UNWARNED, blocks });
    const writer = new RaitShardWriter(drives, ALL_WAITS);
    const { placements, chunks } = await writeArchive(writer, SIZES, PIECE_BYTES);
    assert.equal(chunks, SIZES.length, "all had ended");
    assert.equal(placements.length, kept);
    assertProven(placements, `${blocks}`);
    assertClean(drives, kept, `${blocks}`);
    assert.equal(drives[1].medium!.files().length, 1 + kept + 1, "label, chunks, index");
    assert.deepEqual(writer.summary().map((drive) => drive.chunksCommitted), [kept, kept, kept]);
    assert.ok(writer.summary()[1].indexWritten);
  }
});

Deno.test("what fewer tapes hold than are needed is taken back, what enough of them hold is not", async () => {
  const cases: [lengths: number[], kept: number][] = [
    [[3, 8, 10], 2],
    [[3, 3, 14], 1],
    [[2, 3, 3], 1],
    [[8, 8, 2], 2],
  ];
  for (const [lengths, kept] of cases) {
    const drives = mockDrives(M, (shard) => ({
      medium: new TapeMedium({ capacityBytes: LABEL_BYTES + lengths[shard] * BLOCK }),
    }));
    const writer = new RaitShardWriter(drives, ALL_WAITS);
    const { placements } = await writeArchive(writer, SIZES, PIECE_BYTES);
    const what = `${lengths}`;
    assert.equal(placements.length, kept, what);
    assertProven(placements, what);
    assertClean(drives, kept, what);
    placements.forEach((shards, i) =>
      assert.deepEqual(
        shards.map(({ missing }) => missing === undefined),
        lengths.map((blocks) => fitting(blocks) > i),
        what,
      )
    );
  }
});

Deno.test("tapes of which too few hold even the first chunk are no archive", async () => {
  const drives = drivesOf({ ...UNWARNED, blocks: 2 });
  const writer = new RaitShardWriter(drives, ALL_WAITS);
  await assert.rejects(writeArchive(writer, SIZES, PIECE_BYTES), {
    code: "no-space",
    message: "no room to keep chunk 1: tape full in d0, d2",
  });
  await writer.abort();
});

Deno.test("a tape too short for its label counts as a failed drive", async () => {
  const drives = mockDrives(
    M,
    (shard) => shard === 2 ? { medium: new TapeMedium({ capacityBytes: 10240 }) } : {},
  );
  const writer = new RaitShardWriter(drives, raitOptions(K));
  const { placements } = await writeArchive(writer, [2]);
  assert.match(placements[0][2].missing!, /tape full/);
});
