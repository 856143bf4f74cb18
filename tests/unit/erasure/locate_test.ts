/** Finding wrong shards from the redundancy alone. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { locateBadShards, locateErrors } from "../../../src/erasure/locate.ts";
import { parityMatrix } from "../../../src/erasure/matrix.ts";
import { combineReference } from "../../../src/erasure/reference.ts";
import { kSubsets } from "../../../src/erasure/subsets.ts";
import { sameBytes } from "../../bytes.ts";
import { encodedBatch, sample, seededRandom } from "./helpers.ts";

type Random = (limit: number) => number;

/** One byte of each of the m shards of random data. */
function randomColumn(k: number, m: number, random: Random): Uint8Array {
  const data = Array.from({ length: k }, () => Uint8Array.of(random(256)));
  const parity = Array.from({ length: m - k }, () => new Uint8Array(1));
  combineReference(parityMatrix(k, m), data, parity);
  return Uint8Array.from([...data, ...parity], (bytes) => bytes[0]);
}

function rising(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

const shapes = fc.integer({ min: 1, max: 40 }).chain((k) =>
  fc.record({
    k: fc.constant(k),
    m: fc.integer({ min: k + 1, max: k + 24 }),
    seed: fc.nat(),
  })
);

Deno.test("up to the bound, exactly the wrong shards are found, beside erased ones (property)", () => {
  fc.assert(
    fc.property(shapes, ({ k, m, seed }) => {
      const random = seededRandom(seed);
      const column = randomColumn(k, m, random);
      const erasedCount = random(m - k + 1);
      const wrongCount = random(Math.floor((m - k - erasedCount) / 2) + 1);
      const touched = sample(m, erasedCount + wrongCount, random);
      const [erased, wrong] = [touched.slice(0, erasedCount), touched.slice(erasedCount)];
      for (const shard of wrong) column[shard] ^= 1 + random(255);
      for (const shard of erased) column[shard] = random(256);
      assert.deepEqual(locateErrors(k, m, column, erased), rising(wrong));
    }),
    { numRuns: 300 },
  );
});

Deno.test("at m = 256 the full number of errors is found, with and without data", () => {
  const random = seededRandom(3);
  for (const k of [1, 2, 17, 128, 200, 254, 255]) {
    for (const column of [randomColumn(k, 256, random), new Uint8Array(256)]) {
      const wrong = sample(256, Math.floor((256 - k) / 2), random);
      for (const shard of wrong) column[shard] ^= 1 + random(255);
      assert.deepEqual(locateErrors(k, 256, column), rising(wrong), `k=${k}`);
    }
  }
});

Deno.test("all sets of wrong shards up to the bound are found at 4 of 10", () => {
  const random = seededRandom(4);
  const column = randomColumn(4, 10, random);
  for (const size of [0, 1, 2, 3]) {
    for (const wrong of kSubsets(10, size)) {
      const broken = column.slice();
      for (const shard of wrong) broken[shard] ^= 1 + random(255);
      assert.deepEqual(locateErrors(4, 10, broken), wrong);
    }
  }
});

Deno.test("beyond the bound an answer is null, or a set that a code word really lies beyond", () => {
  const random = seededRandom(5);
  let nulls = 0;
  for (let round = 0; round < 500; round++) {
    const k = 1 + random(10);
    const m = k + 1 + random(12);
    const bound = Math.floor((m - k) / 2);
    const column = randomColumn(k, m, random);
    const wrong = sample(m, Math.min(m, bound + 1 + random(4)), random);
    for (const shard of wrong) column[shard] ^= 1 + random(255);
    const found = locateErrors(k, m, column);
    if (found === null) {
      nulls++;
      continue;
    }
    assert.ok(found.length <= bound);
    // What is left must be consistent; never does a set come back that explains nothing.
    assert.deepEqual(locateErrors(k, m, column, found), []);
  }
  assert.ok(nulls > 100, `${nulls}`);
});

Deno.test("of three copies, every byte column gets the one right answer", () => {
  for (let second = 0; second < 256; second++) {
    for (let third = 0; third < 256; third++) {
      const found = locateErrors(1, 3, Uint8Array.of(7, second, third));
      const expected = second === 7
        ? (third === 7 ? [] : [2])
        : third === 7
        ? [1]
        : (second === third ? [0] : null);
      if (String(found) !== String(expected)) assert.fail(`7 ${second} ${third}: ${found}`);
    }
  }
});

Deno.test("fewer than k shards left give null, exactly k give nothing to find", () => {
  const column = randomColumn(3, 5, seededRandom(6));
  assert.equal(locateErrors(3, 5, column, [0, 1, 2]), null);
  assert.deepEqual(locateErrors(3, 5, column, [0, 4]), []);
});

Deno.test("shards damaged anywhere in a long stretch are found and can be mended", () => {
  const random = seededRandom(7);
  const length = 70_000;
  for (const [k, m, bad] of [[10, 14, 2], [10, 15, 2], [4, 12, 4], [1, 3, 1], [1, 4, 1]]) {
    const { codec, batch, shards } = encodedBatch(k, m, length, m);
    assert.deepEqual(locateBadShards(codec, batch, length), []);
    for (let round = 0; round < 5; round++) {
      const wrong = sample(m, bad, random);
      for (const shard of wrong) {
        for (let n = random(5); n >= 0; n--) batch.shard(shard)[random(length)] ^= 1 + random(255);
      }
      const found = locateBadShards(codec, batch, length);
      // Two changes of one byte may have undone each other.
      assert.deepEqual(found, rising(wrong.filter((i) => !sameBytes(batch.shard(i), shards[i]))));
      const good = shards.map((_, i) => i).filter((i) => !found!.includes(i));
      codec.reconstruct(batch, good, found!, length);
      assert.ok(shards.every((shard, i) => sameBytes(shard, batch.shard(i))));
    }
  }
});

Deno.test("a wholly foreign shard is found, beside erased shards", () => {
  const { codec, batch } = encodedBatch(10, 15, 5000, 8);
  const foreign = encodedBatch(10, 15, 5000, 9).shards;
  batch.shard(3).set(foreign[3]);
  batch.shard(12).set(foreign[12]);
  batch.shard(7).fill(0);
  assert.deepEqual(locateBadShards(codec, batch, 5000, 0, [7]), [3, 12]);
});

Deno.test("shards swapped for one another are found", () => {
  const { codec, batch, shards } = encodedBatch(10, 14, 5000, 8);
  batch.shard(2).set(shards[11]);
  batch.shard(11).set(shards[2]);
  assert.deepEqual(locateBadShards(codec, batch, 5000), [2, 11]);
});

Deno.test("m - k - 1 shards wrong at different places are found, though the bound is half", () => {
  const { codec, batch } = encodedBatch(10, 16, 5000, 10);
  for (const [n, shard] of [0, 4, 8, 12, 15].entries()) batch.shard(shard)[n * 1000] ^= 1;
  assert.deepEqual(locateBadShards(codec, batch, 5000), [0, 4, 8, 12, 15]);
});

Deno.test("damage outside the stretch is not looked at", () => {
  const { codec, batch } = encodedBatch(5, 9, 300, 11);
  batch.shard(1)[99] ^= 1;
  batch.shard(2)[200] ^= 1;
  assert.deepEqual(locateBadShards(codec, batch, 100, 100), []);
  assert.deepEqual(locateBadShards(codec, batch, 101, 100), [2]);
  assert.deepEqual(locateBadShards(codec, batch, 101, 99), [1]);
  assert.deepEqual(locateBadShards(codec, batch, 300), [1, 2]);
});

Deno.test("up to m - k - 1 foreign shards are found, beside erased ones (property)", () => {
  fc.assert(
    fc.property(shapes, fc.nat(40), ({ k, m, seed }, extra) => {
      const length = 60 + extra;
      const random = seededRandom(seed);
      const { codec, batch } = encodedBatch(k, m, length, seed);
      const erasedCount = random(m - k);
      const touched = sample(m, erasedCount + random(m - k - erasedCount), random);
      for (const shard of touched) {
        for (let i = 0; i < length; i++) batch.shard(shard)[i] = random(256);
      }
      const [erased, wrong] = [touched.slice(0, erasedCount), touched.slice(erasedCount)];
      assert.deepEqual(locateBadShards(codec, batch, length, 0, erased), rising(wrong));
    }),
    { numRuns: 100 },
  );
});

Deno.test("55 of 256 shards overwritten in different places are found at 200 of 256", () => {
  const random = seededRandom(14);
  const length = 20_000;
  const { codec, batch } = encodedBatch(200, 256, length, 14);
  const wrong = sample(256, 55, random);
  for (const shard of wrong) {
    const start = random(length - 300);
    for (let i = start; i < start + 300; i++) batch.shard(shard)[i] = random(256);
  }
  assert.deepEqual(locateBadShards(codec, batch, length), rising(wrong));
});

Deno.test("shards zeroed from some place to the end are found, to m - k - 1 of them", () => {
  const random = seededRandom(15);
  for (let round = 0; round < 20; round++) {
    const { codec, batch } = encodedBatch(10, 16, 3000, round);
    const wrong = sample(16, 5, random);
    for (const shard of wrong) batch.shard(shard).fill(0, random(2500));
    assert.deepEqual(locateBadShards(codec, batch, 3000), rising(wrong));
  }
});

Deno.test("equal errors in up to half of the parity's number of shards are found", () => {
  const { codec, batch } = encodedBatch(10, 16, 3000, 16);
  const wrong = [1, 9, 14];
  for (const shard of wrong) batch.shard(shard).forEach((x, i, bytes) => bytes[i] = x ^ 0x55);
  assert.deepEqual(locateBadShards(codec, batch, 3000), wrong);
});

Deno.test("with too much wrong, or too little left, the answer is null", () => {
  const random = seededRandom(17);
  const { codec, batch } = encodedBatch(10, 14, 2000, 12);
  assert.equal(locateBadShards(codec, batch, 2000, 0, [0, 1, 2, 3, 4]), null);
  assert.deepEqual(locateBadShards(codec, batch, 2000, 0, [0, 1, 2, 3]), []);
  for (const shard of [0, 5, 10, 13]) {
    for (let i = 0; i < 2000; i++) batch.shard(shard)[i] = random(256);
  }
  assert.equal(locateBadShards(codec, batch, 2000), null);
  // One of the four known: three are left, as many as redundancy, so nothing proves a choice.
  assert.equal(locateBadShards(codec, batch, 2000, 0, [0]), null);
});
