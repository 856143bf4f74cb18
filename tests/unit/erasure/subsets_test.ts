import assert from "node:assert/strict";
import { binomial, kSubsets } from "../../../src/erasure/subsets.ts";

Deno.test("subsets come all, once, rising, in lexicographic order", () => {
  assert.deepEqual([...kSubsets(4, 2)], [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
  for (let n = 0; n <= 10; n++) {
    for (let k = 0; k <= n; k++) {
      const subsets = [...kSubsets(n, k)];
      assert.equal(subsets.length, binomial(n, k));
      assert.equal(new Set(subsets.map(String)).size, subsets.length);
      for (const subset of subsets) {
        assert.equal(subset.length, k);
        assert.ok(subset.every((x, i) => x < n && x > (subset[i - 1] ?? -1)));
      }
    }
  }
});

Deno.test("there is one empty subset, and none larger than the set", () => {
  assert.deepEqual([...kSubsets(3, 0)], [[]]);
  assert.deepEqual([...kSubsets(3, 4)], []);
  assert.deepEqual([...kSubsets(3, -1)], []);
});

Deno.test("subsets are made one at a time, and are the caller's to keep", () => {
  const subsets = kSubsets(256, 128);
  const first = subsets.next().value!;
  const second = subsets.next().value!;
  assert.deepEqual([first.at(-1), second.at(-1)], [127, 128]);
});

Deno.test("binomials are exact while they fit, and saturate above", () => {
  assert.equal(binomial(14, 10), 1001);
  assert.equal(binomial(15, 10), 3003);
  assert.equal(binomial(5, 0), 1);
  assert.equal(binomial(5, 5), 1);
  assert.equal(binomial(5, 6), 0);
  assert.equal(binomial(5, -1), 0);
  assert.equal(binomial(52, 26), 495918532948104);
  assert.equal(binomial(256, 255), 256);
  assert.equal(binomial(256, 200), Number.MAX_SAFE_INTEGER);
});
