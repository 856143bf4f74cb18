/**
 * The matrices of the code. k data bytes are the values of a polynomial of degree below k at the
 * points of shards 0 to k-1, and shard i is its value at point i. So any k shards fix the
 * polynomial, and every other shard is a fixed combination of them (Lagrange's formula): encoding
 * and decoding are the same operation with other sources and targets, and nothing depends on m.
 *
 * @module
 */
import { divide, evaluationPoint, multiply } from "./field.ts";

/** One row a target, one coefficient a source. */
export type Matrix = readonly Uint8Array[];

/**
 * Coefficients that make target shards from source shards:
 * row t, column s is Π_{i≠s} (x_t ⊕ x_i) / (x_s ⊕ x_i), i over the sources.
 *
 * @param sources different shard numbers
 * @param targets shard numbers; one that is a source gets a unit row
 */
export function interpolationMatrix(
  sources: readonly number[],
  targets: readonly number[],
): Matrix {
  const points = Uint8Array.from(sources, evaluationPoint);
  const denominators = points.map((xs, s) => productOfDifferences(xs, points, s));
  return targets.map((target) => {
    const xt = evaluationPoint(target);
    const unit = sources.indexOf(target);
    if (unit >= 0) return points.map((_, s) => s === unit ? 1 : 0);
    const all = productOfDifferences(xt, points, -1);
    return points.map((xs, s) => divide(divide(all, xt ^ xs), denominators[s]));
  });
}

function productOfDifferences(x: number, points: Uint8Array, except: number): number {
  return points.reduce((product, xi, i) => i === except ? product : multiply(product, x ^ xi), 1);
}

/** The matrix that makes shards k to m-1 from shards 0 to k-1. */
export function parityMatrix(k: number, m: number): Matrix {
  return interpolationMatrix(shardNumbers(0, k), shardNumbers(k, m));
}

/** `start`, `start + 1`, ..., `end - 1`. */
export function shardNumbers(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
