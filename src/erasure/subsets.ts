/**
 * Choices of k shards, for trying them one by one.
 *
 * @module
 */

/** Number of k-subsets of n things, or `Number.MAX_SAFE_INTEGER` when it is larger. */
export function binomial(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let count = 1n;
  const steps = Math.min(k, n - k);
  for (let i = 1; i <= steps; i++) count = count * BigInt(n - steps + i) / BigInt(i);
  return Number(count < Number.MAX_SAFE_INTEGER ? count : Number.MAX_SAFE_INTEGER);
}

/**
 * All k-subsets of 0, 1, ..., n - 1, in lexicographic order and one at a time, each rising.
 */
export function* kSubsets(n: number, k: number): Generator<number[]> {
  if (k < 0 || k > n) return;
  const subset = Array.from({ length: k }, (_, i) => i);
  while (true) {
    yield subset.slice();
    let last = k - 1;
    while (last >= 0 && subset[last] === n - k + last) last--;
    if (last < 0) return;
    subset[last]++;
    for (let i = last + 1; i < k; i++) subset[i] = subset[i - 1] + 1;
  }
}
