import assert from "node:assert/strict";
import fc from "fast-check";
import type { EctarError } from "../../../src/errors.ts";
import { noise } from "../../bytes.ts";
import { indexOf, Pile, type SampleArchive, sampleArchive } from "./memory_shards.ts";
import { indexCandidate, readArchive } from "./read_whole_archive.ts";
import { readChunk } from "./read_whole_chunk.ts";

const TAR = noise(1_500_000, 11);
const PIECE = 65536;

const samples = new Map<string, SampleArchive>();
async function cached(k: number, m: number): Promise<SampleArchive> {
  const key = `${k}/${m}`;
  const sample = samples.get(key) ??
    await sampleArchive(k, m, TAR, { chunkSize: 600_000, frameSize: 64 * 1024 });
  samples.set(key, sample);
  return sample;
}

Deno.test("pieces of all m shards damaged in different places: restored", async () => {
  for (const [k, m] of [[1, 2], [2, 3], [3, 5], [4, 6]]) {
    const sample = await cached(k, m);
    for (const indexes of [[], [indexOf(sample, 1)]]) {
      for (const kind of ["flips", "holes"]) {
        const pile = Pile.of(sample);
        const payload = pile.at(1, 0).bytes.length - 4;
        // Every piece is bad in m-k shards, in turn.
        const pieces = Math.floor(payload / PIECE);
        for (let piece = 0; piece < pieces; piece++) {
          for (let bad = 0; bad < m - k; bad++) {
            const shard = pile.at(1, (piece * (m - k) + bad) % m);
            const start = piece * PIECE + 100;
            if (kind === "flips") shard.bytes.fill(0xaa, start, start + PIECE - 200);
            else shard.holes.push({ start, end: start + PIECE - 200 });
          }
        }
        const outcome = await readChunk(sample, pile, 1, { indexes });
        assert.equal(
          outcome.lostBytes,
          0,
          `${k}/${m} ${kind} ${indexes.length} ${JSON.stringify(outcome.damage)}`,
        );
      }
    }
  }
});

Deno.test("one wrong byte in every shard, each in another stripe of one piece: restored", async () => {
  const sample = await cached(3, 5);
  for (const indexes of [[], [indexOf(sample, 1)]]) {
    const pile = Pile.of(sample);
    for (let shard = 0; shard < 5; shard++) pile.at(1, shard).bytes[100 + shard * 5000] ^= 1;
    const outcome = await readChunk(sample, pile, 1, { indexes });
    assert.equal(outcome.lostBytes, 0, outcome.reasons.join());
  }
});

Deno.test("the trailer is recovered from unlocated damage in any m-k shards", async () => {
  for (const [k, m] of [[1, 4], [2, 4], [3, 6], [4, 6]]) {
    const sample = await cached(k, m);
    const length = sample.shares[0][0].length;
    for (let first = 0; first < m; first++) {
      const pile = Pile.of(sample);
      for (let bad = 0; bad < m - k; bad++) {
        pile.at(1, (first + bad) % m).bytes.subarray(length - 20_000).fill(bad + 1);
      }
      const outcome = await readChunk(sample, pile, 1);
      assert.equal(outcome.lostBytes, 0, `${k}/${m} from ${first}`);
    }
  }
});

Deno.test("without trailer and index a chunk is lost with an error that says what would help", async () => {
  const sample = await cached(3, 5);
  const pile = Pile.of(sample);
  const length = sample.shares[0][0].length;
  for (const shard of [0, 1, 2]) pile.at(1, shard).bytes.subarray(length - 20_000).fill(9);
  await assert.rejects(readChunk(sample, pile, 1), (error: EctarError) => {
    assert.equal(error.code, "damaged");
    assert.match(error.message, /chunk 1 of backup: its trailer cannot be recovered/);
    assert.match(error.context.hint!, /index/);
    return true;
  });
  const outcome = await readChunk(sample, pile, 1, { indexes: [indexOf(sample, 1)] });
  assert.ok(outcome.lostBytes < 200_000, "the index gives back what is not damaged");
});

Deno.test("too few shards: an error that says which to look for", async () => {
  const sample = await cached(3, 5);
  const pile = Pile.of(sample);
  pile.remove(({ shard }) => shard > 1);
  await assert.rejects(readChunk(sample, pile, 1), (error: EctarError) => {
    assert.equal(error.code, "too-few");
    assert.match(error.message, /2 of its 5 shards were found, 3 are needed/);
    assert.match(error.context.hint!, /missing are 2, 3, 4/);
    return true;
  });
});

Deno.test("only the wanted frames are read", async () => {
  const sample = await cached(3, 5);
  const pile = Pile.of(sample);
  const outcome = await readChunk(sample, pile, 1, {
    indexes: [indexOf(sample, 1)],
    frames: { wanted: [2, 3, 7] },
  });
  assert.equal(outcome.lostBytes, 0);
});

for (const [k, m] of [[255, 256], [1, 256], [200, 256]]) {
  Deno.test(`k=${k}, m=${m}: as many shards lost as may be`, async () => {
    const sample = await sampleArchive(k, m, TAR.subarray(0, 400_000));
    const pile = Pile.of(sample);
    pile.remove(({ shard }) => shard < m - k);
    const outcome = await readChunk(sample, pile, 1);
    assert.equal(outcome.lostBytes, 0);
    assert.equal(outcome.damage.length, m - k);
  });
}

/** Harm that may or may not be beyond repair. */
const harm = fc.array(
  fc.record({
    kind: fc.constantFrom("flip", "zero", "hole", "truncate", "grow", "swap", "rename", "drop"),
    chunk: fc.integer({ min: 1, max: 3 }),
    shard: fc.nat(4),
    other: fc.nat(4),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 150_000 })),
  }),
  { maxLength: 14 },
);

Deno.test("whatever happens to the shards, no wrong byte comes out", async () => {
  const sample = await cached(3, 5);
  let whole = 0;
  let partial = 0;
  await fc.assert(
    fc.asyncProperty(harm, fc.boolean(), async (harms, indexed) => {
      const pile = Pile.of(sample);
      for (const { kind, chunk, shard, other, at, length } of harms) {
        const victim = pile.at(chunk, shard);
        if (victim === undefined) continue;
        const start = Math.floor(at * victim.bytes.length);
        const end = Math.min(victim.bytes.length, start + length);
        if (kind === "flip") {
          for (let i = start; i < end; i++) victim.bytes[i] ^= 0x5a;
        } else if (kind === "zero") victim.bytes.fill(0, start, end);
        else if (kind === "hole") {
          victim.holes.push({ start, end });
          victim.holes.sort((a, b) => a.start - b.start);
        } else if (kind === "truncate") victim.bytes = victim.bytes.slice(0, start);
        else if (kind === "grow") victim.bytes = Uint8Array.of(...victim.bytes.slice(0, 9), 1, 2);
        else if (kind === "rename") victim.shard = other;
        else if (kind === "drop") pile.remove((found) => found === victim);
        else victim.chunk = other % 3 + 1;
      }
      if (pile.shards.length === 0) return;
      // readArchive itself compares every byte that comes.
      const outcome = await readArchive(sample, pile, indexed ? [indexCandidate(sample)] : []);
      if (outcome.lost.length === 0) {
        assert.deepEqual(outcome.data, [{ start: 0, end: TAR.length }]);
        whole++;
      } else partial++;
    }),
    { numRuns: 40 },
  );
  assert.ok(whole > 0 && partial >= 0);
});

Deno.test("m-k shards wiped are recovered from at any k and m", async () => {
  for (const [k, m] of [[10, 15], [20, 40], [200, 256]]) {
    const sample = await sampleArchive(k, m, TAR.subarray(0, 400_000));
    const pile = Pile.of(sample);
    for (let shard = 0; shard < m - k; shard++) pile.at(1, shard * 2 % m).bytes.fill(0, 4);
    const outcome = await readChunk(sample, pile, 1);
    assert.equal(outcome.lostBytes, 0, `${k}/${m}`);
  }
});

Deno.test("unlocated damage: up to m-k shards where few choices are possible, else half of that", async () => {
  for (const [k, m, bad] of [[10, 15, 5], [2, 8, 6], [20, 40, 10], [200, 256, 28], [254, 256, 1]]) {
    const sample = await sampleArchive(k, m, TAR.subarray(0, 200_000));
    const pile = Pile.of(sample);
    for (let shard = 0; shard < bad; shard++) {
      pile.at(1, shard).bytes.set(noise(pile.at(1, shard).bytes.length - 4, shard), 4);
    }
    const outcome = await readChunk(sample, pile, 1);
    assert.equal(outcome.lostBytes, 0, `${k}/${m}`);
  }
});

Deno.test("more unlocated damage than any redundancy repairs ends soon, with an error", async () => {
  for (const [k, m, bad] of [[10, 15, 6], [20, 40, 21], [200, 256, 57]]) {
    const sample = await sampleArchive(k, m, TAR.subarray(0, 200_000));
    const pile = Pile.of(sample);
    for (let shard = 0; shard < bad; shard++) {
      pile.at(1, shard).bytes.set(noise(pile.at(1, shard).bytes.length - 4, shard), 4);
    }
    // A trailer can lie in cells that happen to be good; then the frames are lost one by one.
    const lost = await readChunk(sample, pile, 1).then(
      (outcome) => outcome.lostBytes > 0,
      (error) => error.code === "damaged",
    );
    assert.ok(lost, `${k}/${m}`);
  }
});
