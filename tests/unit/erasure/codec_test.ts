/** Every kernel against the scalar reference, and every way of losing shards. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fastestKernel,
  isKernelSupported,
  KERNEL_NAMES,
} from "../../../src/erasure/kernel/kernel.ts";
import { parityMatrix } from "../../../src/erasure/matrix.ts";
import { ReedSolomon } from "../../../src/erasure/reed_solomon.ts";
import { combineReference } from "../../../src/erasure/reference.ts";
import { kSubsets } from "../../../src/erasure/subsets.ts";
import { noise, sameBytes } from "../../bytes.ts";
import { encodedBatch, sample, seededRandom } from "./helpers.ts";

/** Around the vector widths, the tile size, and beyond. */
const LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 4095, 4096, 4097, 8191, 65536];

/** All remainders of m - k by 4, and k around multiples of the 16 sources read at once. */
const SHAPES: [k: number, m: number][] = [
  [1, 2],
  [1, 5],
  [2, 3],
  [3, 5],
  [5, 8],
  [10, 14],
  [15, 20],
  [16, 22],
  [17, 24],
  [33, 41],
];
const LARGE_SHAPES: [k: number, m: number][] = [[1, 256], [128, 256], [200, 256], [255, 256]];

Deno.test("this engine runs all kernels, and takes the fastest", () => {
  assert.deepEqual(KERNEL_NAMES.filter(isKernelSupported), ["relaxed-simd", "simd", "scalar"]);
  assert.equal(fastestKernel(), "relaxed-simd");
  assert.equal(ReedSolomon.create(2, 3).kernel, "relaxed-simd");
});

/** The reference's work is k·(m-k)·length; this keeps a shape's share of the grid bounded. */
function lengthsFor(k: number, m: number): number[] {
  return LENGTHS.filter((length) => k * (m - k) * length <= 4_000_000);
}

Deno.test("every kernel encodes as the reference does, and touches nothing else", () => {
  for (const [k, m] of [...SHAPES, ...LARGE_SHAPES]) {
    const matrix = parityMatrix(k, m);
    const codecs = KERNEL_NAMES.map((kernel) => ReedSolomon.create(k, m, { kernel }));
    for (const length of lengthsFor(k, m)) {
      for (const offset of length < 5000 ? [0, 1, 13] : [3]) {
        const capacity = offset + length + 21;
        const data = noise(k * capacity, k * 1000 + length);
        const sources = Array.from({ length: k }, (_, i) => data.subarray(i * capacity));
        const expected = Array.from({ length: m - k }, () => new Uint8Array(length));
        combineReference(matrix, sources.map((s) => s.subarray(offset, offset + length)), expected);
        for (const codec of codecs) {
          const batch = codec.allocateBatch(capacity);
          for (let i = 0; i < k; i++) batch.shard(i).set(sources[i].subarray(0, capacity));
          for (let i = k; i < m; i++) batch.shard(i).fill(0xa5);
          codec.encode(batch, length, offset);
          const where = `${codec.kernel} k=${k} m=${m} length=${length} offset=${offset}`;
          for (let i = 0; i < m; i++) {
            const wanted = i < k
              ? sources[i].subarray(0, capacity)
              : new Uint8Array(capacity).fill(0xa5);
            if (i >= k) wanted.set(expected[i - k], offset);
            assert.ok(sameBytes(batch.shard(i), wanted), `${where} shard ${i}`);
          }
          batch.free();
        }
      }
    }
  }
});

Deno.test("every kernel reconstructs any lost shards, data and parity, at any offset", () => {
  const random = seededRandom(31);
  for (const kernel of KERNEL_NAMES) {
    for (const [k, m] of [...SHAPES, ...LARGE_SHAPES]) {
      for (const length of m > 50 ? [65, 1000] : [1, 17, 64, 4097, 10000]) {
        const { codec, batch, shards } = encodedBatch(k, m, length, m + length, kernel);
        for (let round = 0; round < 4; round++) {
          const lost = sample(m, 1 + random(m - k), random);
          const offset = random(length);
          const size = random(length - offset + 1);
          for (const i of lost) batch.shard(i).fill(0x5a, offset, offset + size);
          const rest = sample(m, m, random).filter((i) => !lost.includes(i));
          codec.reconstruct(batch, rest, lost, size, offset);
          for (let i = 0; i < m; i++) {
            assert.ok(
              sameBytes(batch.shard(i), shards[i]),
              `${kernel} k=${k} m=${m} length=${length} lost ${lost} shard ${i}`,
            );
          }
        }
      }
    }
  }
});

Deno.test("every k-subset of m decodes, for all k < m ≤ 12", () => {
  const length = 48;
  let subsets = 0;
  for (let m = 2; m <= 12; m++) {
    for (let k = 1; k < m; k++) {
      const { codec, batch, shards } = encodedBatch(k, m, length, 100 * m + k);
      for (const present of kSubsets(m, k)) {
        const lost = shards.map((_, i) => i).filter((i) => !present.includes(i));
        for (const i of lost) batch.shard(i).fill(0);
        codec.reconstruct(batch, present, lost, length);
        for (const i of lost) {
          if (!sameBytes(batch.shard(i), shards[i])) assert.fail(`m=${m} from ${present}`);
        }
        subsets++;
      }
    }
  }
  assert.equal(subsets, 8166); // the sum of 2^m - 2 for m from 2 to 12
});

Deno.test("random k-subsets decode for m from 13 to 256", () => {
  const random = seededRandom(41);
  for (let m = 13; m <= 256; m += 1 + random(12)) {
    for (const k of new Set([1, 2, m >> 1, m - 4, m - 1, 1 + random(m - 1)])) {
      const { codec, batch, shards } = encodedBatch(k, m, 33, m * k);
      const present = sample(m, k, random);
      const lost = shards.map((_, i) => i).filter((i) => !present.includes(i));
      for (const i of lost) batch.shard(i).fill(0);
      codec.reconstruct(batch, present, lost, 33);
      for (const i of lost) {
        assert.ok(sameBytes(batch.shard(i), shards[i]), `m=${m} from ${present}`);
      }
    }
  }
});

Deno.test("whatever is encoded comes back from any k shards (property)", () => {
  const shape = fc.integer({ min: 1, max: 20 }).chain((k) =>
    fc.record({
      k: fc.constant(k),
      m: fc.integer({ min: k + 1, max: k + 20 }),
      length: fc.integer({ min: 0, max: 300 }),
      seed: fc.nat(),
      kernel: fc.constantFrom(...KERNEL_NAMES),
    })
  );
  fc.assert(
    fc.property(shape, ({ k, m, length, seed, kernel }) => {
      const { codec, batch, shards } = encodedBatch(k, m, length, seed, kernel);
      const present = sample(m, k, seededRandom(seed));
      const lost = shards.map((_, i) => i).filter((i) => !present.includes(i));
      for (const i of lost) batch.shard(i).fill(seed);
      codec.reconstruct(batch, present, lost, length);
      assert.ok(shards.every((shard, i) => sameBytes(shard, batch.shard(i))));
    }),
    { numRuns: 150 },
  );
});

Deno.test("the code is linear: the shards of a sum are the sum of the shards (property)", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 99 }), (a, b, length) => {
      const { codec, batch, shards } = encodedBatch(7, 12, length, a);
      const other = encodedBatch(7, 12, length, b).shards;
      for (let i = 0; i < 7; i++) batch.shard(i).set(shards[i].map((x, at) => x ^ other[i][at]));
      codec.encode(batch, length);
      for (let i = 0; i < 12; i++) {
        assert.ok(sameBytes(batch.shard(i), shards[i].map((x, at) => x ^ other[i][at])));
      }
    }),
    { numRuns: 40 },
  );
});
