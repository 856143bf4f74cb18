/** Drives that fail: every call of every drive, in every way, alone and in pairs. */
import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import { startsWithZstdMagic } from "../../../src/tape/first_block.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { TapeShardReader } from "../../../src/tape/tape_shard_reader.ts";
import { type MockEffect, type MockFault, MockTapeDevice } from "../../mocks.ts";
import {
  BLOCK,
  mockDrives,
  type Outcome,
  raitOptions,
  shardFile,
  writeArchive,
} from "./rait_set.ts";

const SIZES = [3, 1, 2];
/** Two whole blocks and something come at once. */
const PIECE_BYTES = 2 * BLOCK + 100;
const QUICK = { timeouts: { driveTimeoutMs: 4, windTimeoutMs: 4 } };

const EFFECTS: MockEffect[] = [
  { kind: "error", errno: "EIO" },
  { kind: "hang" },
  { kind: "short-write", bytes: 100 },
  { kind: "lose-since-filemark" },
  { kind: "end-of-medium" },
];

/** What the books say is committed must be on the tape, byte for byte. */
function assertBooksTrue(drives: MockTapeDevice[], k: number, { placements }: Outcome): void {
  placements.forEach((shards, i) => {
    for (const { shard, extents, missing } of shards) {
      assert.equal(extents.length === 0, missing !== undefined);
      if (missing !== undefined) continue;
      const [{ tapeFile, blocks }] = extents;
      assert.equal(blocks, SIZES[i]);
      const onTape = drives[shard].medium!.files()[tapeFile];
      const file = shardFile(k, drives.length, i + 1, shard, SIZES[i]);
      assert.deepEqual(onTape, file as typeof onTape, `chunk ${i + 1} shard ${shard}`);
    }
  });
}

/** What a drive's summary counts is what the placements say, and at most what is on its tape. */
function assertCountsTrue(writer: RaitShardWriter, { placements }: Outcome, what: string): void {
  for (const { shard, chunksCommitted } of writer.summary()) {
    const placed = placements.filter((shards) => shards[shard].missing === undefined).length;
    assert.equal(chunksCommitted, placed, `${what}: shard ${shard}`);
  }
}

/** Every chunk comes back from the tapes alone. */
async function assertReadable(drives: MockTapeDevice[], k: number, chunks: number) {
  const again = drives.map(({ name, medium }) => new MockTapeDevice({ name, medium }));
  const reader = await TapeShardReader.open(again);
  assert.ok((await reader.chunkNumbers()).length >= chunks);
  for (let chunk = 1; chunk <= chunks; chunk++) {
    const good = new Set<number>();
    for (const handle of await reader.openChunk(chunk)) {
      const file = shardFile(k, drives.length, chunk, handle.shard, SIZES[chunk - 1]);
      const bytes = new Uint8Array(file.length + 1);
      const read = await handle.read(0, bytes).catch(() => ({ length: 0, holes: [] }));
      if (read.length === file.length && read.holes.length === 0) {
        if (file.every((byte, i) => byte === bytes[i])) good.add(handle.shard);
      }
    }
    assert.ok(good.size >= k, `chunk ${chunk}: ${good.size} shards`);
  }
  await reader.close();
}

async function callsOfCleanRun(k: number, m: number): Promise<number> {
  const drives = mockDrives(m);
  await writeArchive(new RaitShardWriter(drives, raitOptions(k)), SIZES);
  return Math.max(...drives.map((drive) => drive.log.length - drive.counts.calls.close));
}

for (const effect of EFFECTS) {
  for (const [sticky, mustStream] of [[false, true], [true, true], [false, false], [true, false]]) {
    const how = [effect.kind, sticky ? ", for good" : "", mustStream ? "" : ", not streaming"];
    Deno.test(`one drive failing at any call (${how.join("")}) leaves the archive whole`, async () => {
      const [k, m] = [2, 3];
      const calls = await callsOfCleanRun(k, m);
      assert.ok(calls > 20);
      for (let drive = 0; drive < m; drive++) {
        for (let nth = 1; nth <= calls + 2; nth++) {
          const drives = mockDrives(m, () => ({ mustStream }));
          drives[drive].inject({ call: "any", nth, effect, sticky });
          const writer = new RaitShardWriter(drives, raitOptions(k, QUICK));
          const outcome = await writeArchive(writer, SIZES, PIECE_BYTES);
          assertBooksTrue(drives, k, outcome);
          assertCountsTrue(writer, outcome, `drive ${drive}, call ${nth}`);
          if (!outcome.full) assert.equal(outcome.chunks, SIZES.length);
          await assertReadable(drives, k, outcome.chunks);
          const alive = writer.summary().filter((s) => s.state === "writing");
          assert.ok(alive.length >= k);
          for (const { drive, indexWritten } of alive) {
            if (!indexWritten) assert.ok(writer.remarks.some((line) => line.includes(drive)));
          }
        }
      }
    });
  }
}

Deno.test("random pairs of failures within parity leave the archive whole", async () => {
  const [k, m] = [2, 4];
  const calls = await callsOfCleanRun(k, m);
  const random = generator(1);
  for (let run = 0; run < 300; run++) {
    const drives = mockDrives(m, () => ({ mustStream: run % 2 === 0 }));
    const faults = [randomFault(random, calls), randomFault(random, calls)];
    for (const fault of faults) drives[random(m)].inject(fault);
    const writer = new RaitShardWriter(drives, raitOptions(k, QUICK));
    const outcome = await writeArchive(writer, SIZES, PIECE_BYTES);
    assertBooksTrue(drives, k, outcome);
    await assertReadable(drives, k, outcome.chunks);
  }
});

Deno.test("random failures beyond parity stop cleanly, and what was committed is there", async () => {
  const [k, m] = [2, 3];
  const calls = await callsOfCleanRun(k, m);
  const random = generator(2);
  let stopped = 0;
  for (let run = 0; run < 300; run++) {
    const drives = mockDrives(m);
    for (let i = 0; i < 3; i++) drives[random(m)].inject(randomFault(random, calls));
    const writer = new RaitShardWriter(drives, raitOptions(k, { ...QUICK, commitBytes: 512 }));
    try {
      assertBooksTrue(drives, k, await writeArchive(writer, SIZES));
    } catch (error) {
      assert.ok(error instanceof EctarError, String(error));
      // A tape that ends without warning while another drive is dead takes a chunk with it.
      assert.ok(["too-few", "no-space"].includes(error.code), error.message);
      stopped++;
      await writer.abort();
      for (const { shard, chunksCommitted } of writer.summary()) {
        for (let chunk = 1; chunk <= chunksCommitted; chunk++) {
          const onTape = drives[shard].medium!.files()[chunk];
          assert.deepEqual(
            onTape,
            shardFile(k, m, chunk, shard, SIZES[chunk - 1]) as typeof onTape,
          );
        }
      }
    }
  }
  assert.ok(stopped > 20, `${stopped} stopped`);
});

Deno.test("a hung drive is dropped after its time and not waited for at the end", async () => {
  const drives = mockDrives(3);
  drives[1].inject({ call: "writeBlock", nth: 5, effect: { kind: "hang" } });
  const writer = new RaitShardWriter(drives, raitOptions(2, QUICK));
  const { placements } = await writeArchive(writer, SIZES);
  assert.match(placements[2][1].missing!, /d1 does not answer \(write\)/);
  assert.equal(writer.summary()[1].state, "hung");
  assert.ok(drives[1].closed, "it was abandoned");
  assert.equal(drives[1].faults.hanging, 1, "its call never ended");
});

Deno.test("a drive that hangs while its tape is looked at is hung, not failed", async () => {
  const drives = mockDrives(3);
  drives[1].inject({ call: "rewind", effect: { kind: "hang" } });
  const writer = new RaitShardWriter(drives, raitOptions(2, QUICK));
  await writeArchive(writer, SIZES);
  const { state, reason, chunksCommitted } = writer.summary()[1];
  assert.equal(state, "hung");
  assert.match(reason!, /d1 does not answer \(rewind\)/);
  assert.equal(chunksCommitted, 0);
});

Deno.test("after an abort every tape ends at a filemark and has no index", async () => {
  for (let nth = 3; nth < 13; nth++) {
    const drives = mockDrives(3);
    for (const drive of [drives[0], drives[1]]) {
      drive.inject({ call: "writeBlock", nth, sticky: true });
    }
    const writer = new RaitShardWriter(drives, raitOptions(2));
    await assert.rejects(writeArchive(writer, [4, 4, 4]), { code: "too-few" });

    const left = await writer.abort();

    assert.ok(left.every((line) => /incomplete/.test(line)));
    const files = drives[2].medium!.files();
    assert.deepEqual(drives[2].medium!.layout().at(-1), [], "ends with a filemark");
    assert.ok(files.every((file) => !startsWithZstdMagic(file)));
    const ends = files.slice(1).map((file) => file.length);
    if (ends.at(-1) === 0) ends.pop();
    assert.ok(ends.every((length) => length === 4 * 512), "nothing torn");
  }
});

function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    return Math.floor((x / 2 ** 32) * below);
  };
}

function randomFault(random: (below: number) => number, calls: number): MockFault {
  return {
    call: "any",
    nth: random(calls) + 1,
    effect: EFFECTS[random(EFFECTS.length)],
    sticky: random(2) === 1,
  };
}
