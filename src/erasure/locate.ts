/**
 * Finds shards with wrong bytes where no checksum says which they are, from the redundancy alone.
 * What it finds is a proposal: only a checksum of the decoded chunk proves it right.
 *
 * @module
 */
import { evaluationPoint } from "./field.ts";
import { shardNumbers } from "./matrix.ts";
import {
  addProduct,
  degree,
  divideWithRemainder,
  evaluate,
  interpolate,
  type Polynomial,
  withRoots,
} from "./polynomial.ts";
import type { ReedSolomon } from "./reed_solomon.ts";
import type { ShardBatch } from "./shard_batch.ts";
import { locateBySpan } from "./syndrome_span.ts";

/** Columns looked at together: several times as many as there can be independent syndromes. */
const SPAN_COLUMNS = 1024;

/**
 * Shards that are wrong in one byte column, by Gao's decoding.
 *
 * With e shards erased, up to t = ⌊(m - e - k) / 2⌋ wrong ones are always found. Beyond t there is
 * mostly no answer, but a column may by chance be nearer to another code word: then shards come
 * back that are not the wrong ones. They are never more than t.
 *
 * @param k data shards
 * @param m total shards
 * @param column byte of each of the m shards; what stands at erased ones does not matter
 * @param erased shards known to be missing or wrong
 * @returns shard numbers in rising order, empty when the column is consistent, or null when no
 * code word differs in at most t shards
 */
export function locateErrors(
  k: number,
  m: number,
  column: Uint8Array,
  erased: readonly number[] = [],
): number[] | null {
  const shards = presentShards(m, erased);
  if (shards.length < k) return null;
  const xs = Uint8Array.from(shards, evaluationPoint);
  const ys = Uint8Array.from(shards, (shard) => column[shard]);

  const message = gaoDecode(k, xs, ys);
  if (message === null) return null;
  return shards.filter((_, i) => evaluate(message, xs[i]) !== ys[i]);
}

/**
 * Gao: with g1 the interpolation of the received values and g0 the polynomial that is zero at all
 * points, Euclid's algorithm on (g0, g1), stopped at degree below (n + k) / 2, gives the error
 * locator times the message, and the locator as the cofactor of g1. Values differ from the message
 * only at roots of the locator, whose degree is at most (n - k) / 2.
 */
function gaoDecode(k: number, xs: Uint8Array, ys: Uint8Array): Polynomial | null {
  let [before, now] = [withRoots(xs), interpolate(xs, ys)];
  let [cofactorBefore, cofactor]: [Polynomial, Polynomial] = [Uint8Array.of(0), Uint8Array.of(1)];
  while (2 * degree(now) >= xs.length + k) {
    const { quotient, remainder } = divideWithRemainder(before, now);
    [before, now] = [now, remainder];
    [cofactorBefore, cofactor] = [cofactor, addProduct(cofactorBefore, quotient, cofactor)];
  }
  const { quotient: message, remainder } = divideWithRemainder(now, cofactor);
  return degree(remainder) < 0 && degree(message) < k ? message : null;
}

/**
 * Shards with wrong bytes anywhere in a stretch: those left out, all others are consistent over
 * the whole stretch.
 *
 * With e shards erased, up to ⌊(m - e - k) / 2⌋ wrong shards are found, however they are wrong, and
 * up to m - e - k - 1 when their errors are independent, as those of overwritten, foreign or
 * randomly damaged shards are. Beyond that the answer is null or, by chance, a wrong set. With
 * only k shards beside the erased there is nothing to compare: the answer is empty and says
 * nothing.
 *
 * @param batch all m shards; what stands in erased ones does not matter
 * @param length bytes to look at
 * @param offset where they start
 * @param erased shards known to be missing or wrong
 * @returns shard numbers in rising order, without the erased; empty when all agree; null when the
 * wrong ones cannot be told
 */
export function locateBadShards(
  codec: ReedSolomon,
  batch: ShardBatch,
  length: number,
  offset = 0,
  erased: readonly number[] = [],
): number[] | null {
  const { k, m } = codec;
  const bad = new Set(erased);
  const end = offset + length;
  let at = offset;
  while (m - bad.size >= k) {
    const present = presentShards(m, [...bad]);
    const inconsistent = codec.firstInconsistency(batch, present, end - at, at);
    if (inconsistent === undefined) {
      return shardNumbers(0, m).filter((shard) => bad.has(shard) && !erased.includes(shard));
    }
    at = inconsistent;
    const wrong = locateFrom(k, m, batch, at, Math.min(end, at + SPAN_COLUMNS), present);
    if (wrong === null) return null;
    for (const shard of wrong) bad.add(shard);
  }
  return null;
}

/** Some wrong shards, from the columns `start ≤ i < end`, of which the first is inconsistent. */
function locateFrom(
  k: number,
  m: number,
  batch: ShardBatch,
  start: number,
  end: number,
  present: readonly number[],
): number[] | null {
  const stretches = present.map((shard) => batch.shard(shard).subarray(start, end));
  const spanned = locateBySpan(k, present, stretches);
  if (spanned === null || spanned.length > 0) return spanned;
  const column = Uint8Array.from({ length: m }, (_, shard) => batch.shard(shard)[start]);
  const absent = shardNumbers(0, m).filter((shard) => !present.includes(shard));
  return locateErrors(k, m, column, absent);
}

function presentShards(m: number, erased: readonly number[]): number[] {
  const missing = new Set(erased);
  return shardNumbers(0, m).filter((shard) => !missing.has(shard));
}
