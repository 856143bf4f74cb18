/**
 * Systematic Reed-Solomon coding over GF(2^8), compatible with zfec: k data shards give m - k
 * parity shards, and any k of the m give back all others.
 *
 * @module
 */
import { EctarError } from "../errors.ts";
import { CodecMemory } from "./codec_memory.ts";
import { CombinePlans } from "./combine_plans.ts";
import { FIELD_SIZE } from "./field.ts";
import { fastestKernel, instantiateKernel, type Kernel, type KernelName } from "./kernel/kernel.ts";
import { shardNumbers } from "./matrix.ts";
import { CodecBatch, type ShardBatch } from "./shard_batch.ts";

/** Most data shards. */
const K_MAX = 255;
/** Most shards in total. */
const M_MAX = FIELD_SIZE;

const POINTER_BYTES = 4;
/** Bytes of each shard that `firstInconsistency` recomputes at a time. */
const CHECK_BYTES = 4096;

/** Options of {@link ReedSolomon.create}. */
export interface ReedSolomonOptions {
  /**
   * Which kernel to run.
   *
   * @default the fastest one that the engine supports
   */
  kernel?: KernelName;
}

/**
 * A codec for one (k, m). It owns a memory of its own, at most 1 GiB, so make one for an archive
 * and reuse it, and its batches, for all chunks. All calls are synchronous.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ReedSolomon } from "@ectar/ectar";
 *
 * const codec = ReedSolomon.create(2, 3);
 * const batch = codec.allocateBatch(5);
 * new TextEncoder().encodeInto("hello", batch.shard(0));
 * new TextEncoder().encodeInto("world", batch.shard(1));
 * codec.encode(batch, 5);
 *
 * batch.shard(0).fill(0);
 * codec.reconstruct(batch, [1, 2], [0], 5);
 * assert(new TextDecoder().decode(batch.shard(0).slice()) === "hello");
 * ```
 */
export class ReedSolomon {
  /** Data shards. */
  readonly k: number;
  /** Total shards. */
  readonly m: number;
  /** The kernel that runs. */
  readonly kernel: KernelName;
  readonly #memory = new CodecMemory();
  readonly #plans = new CombinePlans(this.#memory);
  readonly #kernel: Kernel;
  readonly #dataShards: readonly number[];
  readonly #parityShards: readonly number[];
  /** Addresses of sources and targets for the kernel, at most m of both together. */
  readonly #pointers: Uint32Array<SharedArrayBuffer>;
  /** m - k stretches of `CHECK_BYTES`, allocated by the first check. */
  #checkAddress: number | undefined;

  private constructor(k: number, m: number, kernel: KernelName) {
    this.k = k;
    this.m = m;
    this.kernel = kernel;
    this.#kernel = instantiateKernel(kernel, this.#memory.memory);
    this.#dataShards = shardNumbers(0, k);
    this.#parityShards = shardNumbers(k, m);
    const pointers = this.#memory.bytes(
      this.#memory.allocate(m * POINTER_BYTES),
      m * POINTER_BYTES,
    );
    this.#pointers = new Uint32Array(pointers.buffer, pointers.byteOffset, m);
  }

  /**
   * Makes a codec.
   *
   * @param k data shards, 1 to 255
   * @param m total shards, k + 1 to 256
   * @throws {EctarError} `usage` when k or m is out of range
   */
  static create(k: number, m: number, options: ReedSolomonOptions = {}): ReedSolomon {
    assertShardCounts(k, m);
    return new ReedSolomon(k, m, options.kernel ?? fastestKernel());
  }

  /**
   * m buffers of `capacity` bytes each, in shared memory. Several batches may be in use at a time.
   *
   * @throws {EctarError} `usage` when the codec's buffers would exceed 1 GiB together
   */
  allocateBatch(capacity: number): ShardBatch {
    return new CodecBatch(this.#memory, this.m, capacity);
  }

  /**
   * Computes the parity shards k to m - 1 from the data shards over the bytes
   * `offset ≤ i < offset + length` of each buffer. Any length will do; long ones are faster.
   *
   * @throws {RangeError} when the bytes do not lie in the batch
   * @throws {TypeError} when the batch is freed or another codec's
   */
  encode(batch: ShardBatch, length: number, offset = 0): void {
    assertStretch(batch, length, offset);
    this.#combine(batch, this.#dataShards, this.#parityShards, length, offset);
  }

  /**
   * Computes the shards `wanted` (data or parity) over `offset ≤ i < offset + length`.
   *
   * @param present good shards, at least k of them; the first k are used, so name data shards first
   * @param wanted shards to compute, none of them in `present`
   * @throws {EctarError} `too-few` when fewer than k shards are present
   * @throws {RangeError} when the bytes do not lie in the batch, or a shard number is wrong
   * @throws {TypeError} when the batch is freed or another codec's
   */
  reconstruct(
    batch: ShardBatch,
    present: readonly number[],
    wanted: readonly number[],
    length: number,
    offset = 0,
  ): void {
    this.#assertShards([...present, ...wanted]);
    this.#assertEnough(present);
    assertStretch(batch, length, offset);
    if (wanted.length === 0) return;
    // Copies: callers may change their arrays afterwards.
    this.#combine(batch, present.slice(0, this.k), [...wanted], length, offset);
  }

  /**
   * Offset of the first byte, from `offset` on, at which the shards `present` are not of one
   * code word, or undefined when all agree. With exactly k shards there is nothing to compare.
   *
   * @param present shards to compare, at least k of them
   * @throws {EctarError} `too-few` when fewer than k shards are present
   * @throws {RangeError} when the bytes do not lie in the batch, or a shard number is wrong
   * @throws {TypeError} when the batch is freed or another codec's
   */
  firstInconsistency(
    batch: ShardBatch,
    present: readonly number[],
    length: number,
    offset = 0,
  ): number | undefined {
    this.#assertShards(present);
    this.#assertEnough(present);
    assertStretch(batch, length, offset);
    const sources = present.slice(0, this.k);
    const checked = present.slice(this.k);
    if (checked.length === 0) return undefined;

    const end = offset + length;
    const address = this.#checkAddress ??= this.#memory.allocate((this.m - this.k) * CHECK_BYTES);
    const recomputed = checked.map((_, i) => address + i * CHECK_BYTES);
    const tables = this.#plans.get(sources, checked).tables;
    for (let start = offset; start < end; start += CHECK_BYTES) {
      const size = Math.min(CHECK_BYTES, end - start);
      this.#run(this.#addresses(batch, sources, start), recomputed, tables, size);
      const found = this.#addresses(batch, checked, start);
      const same = recomputed.map((at, i) => this.#kernel.firstDifference(at, found[i], size));
      const first = Math.min(...same);
      if (first < size) return start + first;
    }
    return undefined;
  }

  #combine(
    batch: ShardBatch,
    sources: readonly number[],
    targets: readonly number[],
    length: number,
    offset: number,
  ): void {
    this.#run(
      this.#addresses(batch, sources, offset),
      this.#addresses(batch, targets, offset),
      this.#plans.get(sources, targets).tables,
      length,
    );
  }

  #addresses(batch: ShardBatch, shards: readonly number[], offset: number): number[] {
    if (!(batch instanceof CodecBatch)) throw new TypeError("not a batch of this codec");
    return shards.map((shard) => batch.addressIn(this.#memory, shard) + offset);
  }

  #run(sources: number[], targets: number[], tables: number, length: number): void {
    const pointers = this.#pointers;
    pointers.set(sources, 0);
    pointers.set(targets, sources.length);
    this.#kernel.combine(
      pointers.byteOffset,
      sources.length,
      pointers.byteOffset + sources.length * POINTER_BYTES,
      targets.length,
      tables,
      length,
    );
  }

  #assertShards(shards: readonly number[]): void {
    const valid = shards.every((s) => Number.isInteger(s) && s >= 0 && s < this.m);
    if (!valid || new Set(shards).size !== shards.length) {
      throw new RangeError(
        `shards must be different numbers from 0 to ${this.m - 1}, not ${shards}`,
      );
    }
  }

  #assertEnough(present: readonly number[]): void {
    if (present.length >= this.k) return;
    throw new EctarError(
      "too-few",
      `only ${present.length} good shards where ${this.k} of ${this.m} are needed`,
    );
  }
}

function assertStretch(batch: ShardBatch, length: number, offset: number): void {
  const valid = Number.isInteger(length) && Number.isInteger(offset) && length >= 0 &&
    offset >= 0 && offset + length <= batch.capacity;
  if (!valid) {
    throw new RangeError(
      `${length} bytes from ${offset} do not lie in a batch of ${batch.capacity} bytes`,
    );
  }
}

/**
 * Refuses what is no erasure code.
 *
 * @throws {EctarError} `usage` unless k and m are whole numbers, 1 ≤ k ≤ 255 and k < m ≤ 256
 */
function assertShardCounts(k: number, m: number): void {
  if (!Number.isInteger(k) || k < 1 || k > K_MAX) {
    throw new EctarError("usage", `data shards must be 1 to ${K_MAX}, not ${k}`);
  }
  if (!Number.isInteger(m) || m <= k || m > M_MAX) {
    throw new EctarError(
      "usage",
      `data and parity shards together must be ${k + 1} to ${M_MAX}, not ${m}`,
    );
  }
}
