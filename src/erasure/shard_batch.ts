/**
 * Buffers for one stretch of all m shards, in the codec's memory.
 *
 * @module
 */
import { type CodecMemory, roundUp } from "./codec_memory.ts";

/**
 * Shards start on multiples of 512 bytes (sectors), but never a multiple of 4096 apart: then the
 * same offset of all shards would compete for the same few ways of the processor's cache.
 */
const PAGE_BYTES = 4096;
const SKEW_BYTES = 512;

/** m buffers of `capacity` bytes, one a shard. Made by `ReedSolomon.allocateBatch`. */
export interface ShardBatch {
  /** Bytes that each shard's buffer holds. */
  readonly capacity: number;
  /**
   * The buffer of shard `shard`: `capacity` bytes of shared memory, of unknown content at first.
   * The same view at every call; it stays valid until `free`.
   *
   * @throws {RangeError} when there is no such shard
   */
  shard(shard: number): Uint8Array<SharedArrayBuffer>;
  /** Gives the memory back. No view of it may be used afterwards. */
  free(): void;
}

/** A batch in the memory of one codec. */
export class CodecBatch implements ShardBatch {
  readonly capacity: number;
  readonly #memory: CodecMemory;
  readonly #stride: number;
  readonly #size: number;
  readonly #address: number;
  readonly #shards: readonly Uint8Array<SharedArrayBuffer>[];
  #freed = false;

  constructor(memory: CodecMemory, m: number, capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 0) {
      throw new RangeError(`capacity must be a whole number of bytes, not ${capacity}`);
    }
    this.capacity = capacity;
    this.#memory = memory;
    this.#stride = roundUp(capacity, PAGE_BYTES) + SKEW_BYTES;
    this.#size = m * this.#stride;
    this.#address = memory.allocate(this.#size);
    this.#shards = Array.from(
      { length: m },
      (_, shard) => memory.bytes(this.#address + shard * this.#stride, capacity),
    );
  }

  shard(shard: number): Uint8Array<SharedArrayBuffer> {
    const view = this.#shards[shard];
    if (view === undefined) throw new RangeError(`there is no shard ${shard} in this batch`);
    return view;
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#memory.free(this.#address, this.#size);
  }

  /** Where shard `shard` starts in `memory`. */
  addressIn(memory: CodecMemory, shard: number): number {
    if (memory !== this.#memory) throw new TypeError("the batch belongs to another codec");
    if (this.#freed) throw new TypeError("the batch has been freed");
    return this.#address + shard * this.#stride;
  }
}
