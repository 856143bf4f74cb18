/**
 * Locates wrong shards by what many byte columns have in common (Metzner and Kapturowski).
 *
 * The syndrome of a column (recomputed ⊕ present check bytes) is a combination of the parity-check
 * columns of the shards that are wrong in it. Any c = n - k of those columns are independent. So
 * when at most c - 1 shards are wrong and their errors are independent (as random ones are), the
 * syndromes span exactly their columns' space, and no other shard's column lies in it: twice what
 * any decoder of single columns can find.
 *
 * @module
 */
import { divide, multiply } from "./field.ts";
import { interpolationMatrix } from "./matrix.ts";
import { combineReference } from "./reference.ts";

/**
 * Shards whose parity-check columns lie in the span of the syndromes. All of them are wrong if at
 * most n - k - 1 are; shards with dependent errors (two that were swapped, say) may be missed.
 *
 * @param k data shards
 * @param shards the n ≥ k present shard numbers
 * @param stretches the same byte columns of each of them, some hundred
 * @returns null when the syndromes span everything: n - k shards or more are wrong
 */
export function locateBySpan(
  k: number,
  shards: readonly number[],
  stretches: readonly Uint8Array[],
): number[] | null {
  const checks = shards.length - k;
  const matrix = interpolationMatrix(shards.slice(0, k), shards.slice(k));
  const span = new Span(checks);
  for (const syndrome of syndromes(matrix, stretches.slice(0, k), stretches.slice(k))) {
    span.add(syndrome);
    if (span.rank === checks) return null;
  }
  return shards.filter((_, i) => span.contains(parityCheckColumn(matrix, k, i)));
}

/** The syndrome of each byte column. */
function* syndromes(
  matrix: readonly Uint8Array[],
  sources: readonly Uint8Array[],
  checks: readonly Uint8Array[],
): Generator<Uint8Array> {
  const recomputed = checks.map((check) => new Uint8Array(check.length));
  combineReference(matrix, sources, recomputed);
  for (let at = 0; at < checks[0].length; at++) {
    yield Uint8Array.from(checks, (check, i) => check[at] ^ recomputed[i][at]);
  }
}

/** What an error of 1 in the i-th shard adds to the syndrome. */
function parityCheckColumn(matrix: readonly Uint8Array[], k: number, i: number): Uint8Array {
  return Uint8Array.from(matrix, (row, check) => i < k ? row[i] : check === i - k ? 1 : 0);
}

/** A vector space over GF(2^8), as a basis in echelon form. */
class Span {
  /** Basis vector whose first coefficient other than 0 is a 1 at that place. */
  readonly #basis: (Uint8Array | undefined)[];
  rank = 0;

  constructor(dimensions: number) {
    this.#basis = new Array(dimensions).fill(undefined);
  }

  add(vector: Uint8Array): void {
    const rest = this.#reduce(vector);
    const pivot = rest.findIndex((x) => x !== 0);
    if (pivot < 0) return;
    this.#basis[pivot] = rest.map((x) => divide(x, rest[pivot]));
    this.rank++;
  }

  contains(vector: Uint8Array): boolean {
    return this.#reduce(vector).every((x) => x === 0);
  }

  #reduce(vector: Uint8Array): Uint8Array {
    const rest = vector.slice();
    for (const [pivot, basis] of this.#basis.entries()) {
      const factor = rest[pivot];
      if (factor === 0 || basis === undefined) continue;
      for (let i = pivot; i < rest.length; i++) rest[i] ^= multiply(factor, basis[i]);
    }
    return rest;
  }
}
