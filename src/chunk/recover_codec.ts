/**
 * Reed-Solomon over rows that lie anywhere: stretches small enough for the processor's cache are
 * copied into the codec's memory, computed there, and copied out.
 *
 * @module
 */

import { locateBadShards } from "../erasure/locate.ts";
import type { ReedSolomon } from "../erasure/reed_solomon.ts";
import type { ShardBatch } from "../erasure/shard_batch.ts";

/** Columns computed at a time. */
export const BLOCK_BYTES = 16 * 1024;

/** Rows of known shard numbers, all of one length. */
export type Rows = ReadonlyMap<number, Uint8Array>;

/** A codec for one (k, m), reused for all chunks of an archive. */
export class RowCodec {
  readonly k: number;
  readonly m: number;
  readonly #codec: ReedSolomon;
  readonly #batch: ShardBatch;

  constructor(codec: ReedSolomon) {
    this.k = codec.k;
    this.m = codec.m;
    this.#codec = codec;
    this.#batch = codec.allocateBatch(BLOCK_BYTES);
  }

  /** Computes the rows `wanted` from k rows of `present`. */
  rebuild(present: Rows, wanted: Rows, length: number): void {
    const sources = [...present.keys()].slice(0, this.k);
    const targets = [...wanted.keys()];
    for (let start = 0; start < length; start += BLOCK_BYTES) {
      const size = Math.min(BLOCK_BYTES, length - start);
      this.#load(present, sources, start, size);
      this.#codec.reconstruct(this.#batch, sources, targets, size);
      for (const [shard, row] of wanted) {
        row.set(this.#batch.shard(shard).subarray(0, size), start);
      }
    }
  }

  /**
   * Shards whose rows do not agree with the others somewhere in the columns `from` to `to` (at most
   * {@link BLOCK_BYTES} of them), or null when they cannot be told.
   */
  locate(rows: Rows, from: number, to: number): number[] | null {
    const shards = [...rows.keys()];
    const erased = Array.from({ length: this.m }, (_, i) => i).filter((i) => !rows.has(i));
    this.#load(rows, shards, from, to - from);
    return locateBadShards(this.#codec, this.#batch, to - from, 0, erased);
  }

  #load(rows: Rows, shards: readonly number[], start: number, size: number): void {
    for (const shard of shards) {
      this.#batch.shard(shard).set(rows.get(shard)!.subarray(start, start + size));
    }
  }
}
