/**
 * targets = matrix · sources, as plainly as it can be said. Every kernel is tested against it.
 *
 * @module
 */
import { multiply } from "./field.ts";
import type { Matrix } from "./matrix.ts";

/**
 * @param matrix one row a target, one coefficient a source
 * @param sources stretches of one length
 * @param targets filled; of the same length, overlapping no source
 */
export function combineReference(
  matrix: Matrix,
  sources: readonly Uint8Array[],
  targets: readonly Uint8Array[],
): void {
  for (const [t, target] of targets.entries()) {
    for (let at = 0; at < target.length; at++) {
      let sum = 0;
      for (const [s, source] of sources.entries()) sum ^= multiply(matrix[t][s], source[at]);
      target[at] = sum;
    }
  }
}
