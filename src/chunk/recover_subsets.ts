/**
 * Choices of k shards to try when nothing tells which are wrong: those nearest to the preferred
 * choice first, because few are wrong more often than many.
 *
 * @module
 */

import { binomial, kSubsets } from "../erasure/subsets.ts";
import type { Candidate } from "./read_chunk_shards.ts";

/** All choices are tried when there are no more than this. */
export const MAX_SUBSETS = 10_000;

/** Choices tried where there are more: all of them would take too long, and few help little. */
const FEW_SUBSETS = 256;

/**
 * Choices of k candidates with different shard numbers, the preferred one (the first k) first: all
 * of them up to {@link MAX_SUBSETS}, else only the nearest few.
 *
 * @param order candidates, the preferred first
 */
export function* candidateSubsets(
  k: number,
  order: readonly Candidate[],
): Generator<Candidate[]> {
  const { preferred, others } = splitPreferred(k, order);
  const all = binomial(order.length, k);
  let left = all <= MAX_SUBSETS ? all : FEW_SUBSETS;
  for (let swaps = 0; swaps <= Math.min(k, others.length); swaps++) {
    for (const added of kSubsets(others.length, swaps)) {
      const newcomers = added.map((i) => others[i]);
      for (const dropped of kSubsets(k, swaps)) {
        if (left-- === 0) return;
        const gone = new Set(dropped);
        const subset = [...preferred.filter((_, i) => !gone.has(i)), ...newcomers];
        if (new Set(subset.map((candidate) => candidate.shard)).size === k) yield subset;
      }
    }
  }
}

function splitPreferred(
  k: number,
  order: readonly Candidate[],
): { preferred: Candidate[]; others: Candidate[] } {
  const preferred: Candidate[] = [];
  const others: Candidate[] = [];
  const numbers = new Set<number>();
  for (const candidate of order) {
    if (preferred.length < k && !numbers.has(candidate.shard)) preferred.push(candidate);
    else others.push(candidate);
    numbers.add(candidate.shard);
  }
  return { preferred, others };
}
