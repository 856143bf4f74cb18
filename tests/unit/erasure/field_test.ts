import assert from "node:assert/strict";
import { divide, evaluationPoint, multiply } from "../../../src/erasure/field.ts";

/** Carry-less product modulo x^8 + x^4 + x^3 + x^2 + 1, bit by bit. */
function slowProduct(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) if (b & (1 << bit)) product ^= a << bit;
  for (let bit = 15; bit >= 8; bit--) if (product & (1 << bit)) product ^= 0x11d << (bit - 8);
  return product;
}

Deno.test("all 65,536 products are those of the polynomial 0x11d", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      if (multiply(a, b) !== slowProduct(a, b)) assert.fail(`${a} * ${b}`);
    }
  }
});

Deno.test("division undoes multiplication", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 1; b < 256; b++) {
      if (divide(multiply(a, b), b) !== a) assert.fail(`${a} * ${b} / ${b}`);
    }
  }
});

Deno.test("the evaluation points are 0, 1, 2, 4, ... and all different", () => {
  const points = Array.from({ length: 256 }, (_, shard) => evaluationPoint(shard));
  assert.deepEqual(points.slice(0, 10), [0, 1, 2, 4, 8, 16, 32, 64, 128, 0x1d]);
  assert.equal(new Set(points).size, 256);
});
