import assert from "node:assert/strict";
import { interpolationMatrix, parityMatrix } from "../../../src/erasure/matrix.ts";
import { multiply } from "../../../src/erasure/field.ts";
import { sample, seededRandom } from "./helpers.ts";

function apply(matrix: readonly Uint8Array[], values: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, c, i) => sum ^ multiply(c, values[i]), 0));
}

Deno.test("a target that is a source gets a unit row", () => {
  const matrix = interpolationMatrix([4, 0, 7], [7, 4, 0]);
  assert.deepEqual(matrix.map((row) => [...row]), [[0, 0, 1], [1, 0, 0], [0, 1, 0]]);
});

Deno.test("with k = 1 every shard is a copy", () => {
  assert.ok(parityMatrix(1, 256).every((row) => row.length === 1 && row[0] === 1));
});

Deno.test("any k shards give any other shard, for random k of m up to 256", () => {
  const random = seededRandom(21);
  for (let round = 0; round < 60; round++) {
    const m = 2 + random(255);
    const k = 1 + random(m - 1);
    const data = Array.from({ length: k }, () => random(256));
    const codeword = [...data, ...apply(parityMatrix(k, m), data)];
    const sources = sample(m, k, random);
    const targets = sample(m, Math.min(m, 20), random);
    const values = apply(interpolationMatrix(sources, targets), sources.map((s) => codeword[s]));
    assert.deepEqual(values, targets.map((t) => codeword[t]), `k=${k} m=${m}`);
  }
});
