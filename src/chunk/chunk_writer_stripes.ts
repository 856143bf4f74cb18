/**
 * Cuts a chunk's bytes into stripes, straight into the codec's buffers, and sends all m shards on
 * batch by batch: while one batch is being written, the next is filled and encoded.
 *
 * @module
 */

import type { ReedSolomon } from "../erasure/reed_solomon.ts";
import type { MediumState, ShardSetWriter } from "../shard/shard_io.ts";
import { MemoryCopier } from "../shared_memory.ts";
import { CELL_BYTES, StripeLayout } from "./layout.ts";

/** What writing chunks needs of a {@link ShardSetWriter}. */
export type ChunkShards = Pick<
  ShardSetWriter,
  "k" | "m" | "blockSize" | "beginChunk" | "write" | "endChunk" | "discardChunk"
>;

/** Bytes of one batch over all m shards, about; two batches are in use. */
const BATCH_BYTES = 16 * 2 ** 20;

/** Bytes over all m shards that are encoded and observed at a time, while a processor's cache holds them. */
const ENCODE_BYTES = 512 * 1024;

/** Fewest stripes in a batch that is not limited by the chunk size. */
const MIN_BATCH_STRIPES = 4;

const ZEROS = new Uint8Array(64 * 1024);

/** Stripes per batch for chunks of at most about `chunkBytes`. */
function batchStripes(k: number, m: number, chunkBytes: number): number {
  const affordable = Math.max(MIN_BATCH_STRIPES, Math.floor(BATCH_BYTES / (m * CELL_BYTES)));
  return Math.min(affordable, Math.ceil(chunkBytes / (k * CELL_BYTES)));
}

/** Takes the payload of all m shards right after it is encoded, before it is written. */
export type PayloadObserver = (shards: readonly Uint8Array[]) => void;

/** Writes the stripes of one chunk after another. */
export class StripeWriter {
  readonly #codec: ReedSolomon;
  readonly #shards: ChunkShards;
  readonly #batchStripes: number;
  /** Two batches that alternate; made once, reused for all chunks. */
  readonly #batches: ReturnType<ReedSolomon["allocateBatch"]>[];
  readonly #copier = new MemoryCopier();
  #observe: PayloadObserver = () => {};
  /** The write in flight; it never rejects, so that a failure surfaces only where it is awaited. */
  #pending: Promise<{ state: MediumState } | { error: unknown }> = Promise.resolve({ state: "ok" });
  #state: MediumState = "ok";
  /** Stripes already sent on. */
  #sentStripes = 0;
  /** Whole stripes in the batch being filled. */
  #filledStripes = 0;
  /** Bytes of each shard in that batch that are encoded and observed. */
  #encodedBytes = 0;
  /** Bytes in the running stripe. */
  #stripeFill = 0;
  /** Known once the chunk's length is. */
  #layout: StripeLayout | undefined;

  /**
   * @param chunkBytes about the most bytes of any chunk, to size the batches
   */
  constructor(codec: ReedSolomon, shards: ChunkShards, chunkBytes: number) {
    this.#codec = codec;
    this.#shards = shards;
    this.#batchStripes = batchStripes(codec.k, codec.m, chunkBytes);
    this.#batches = [0, 1].map(() => codec.allocateBatch(this.#batchStripes * CELL_BYTES));
  }

  /** The worst state any write of the running chunk has reported. */
  get state(): MediumState {
    return this.#state;
  }

  /** Starts a chunk; `observe` sees the payload of all its shards. */
  begin(observe: PayloadObserver): void {
    this.#observe = observe;
    this.#pending = Promise.resolve({ state: "ok" });
    this.#state = "ok";
    this.#sentStripes = 0;
    this.#filledStripes = 0;
    this.#encodedBytes = 0;
    this.#stripeFill = 0;
    this.#layout = undefined;
  }

  /** Appends to the chunk. */
  async append(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      offset += this.#fillStripe(bytes, offset);
      await this.#sendIfFull();
    }
  }

  /** Appends zero bytes to the chunk. */
  async appendZeros(count: number): Promise<void> {
    for (let left = count; left > 0; left -= ZEROS.length) {
      await this.append(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
    }
  }

  /** Sends on all whole stripes, so that they have been observed. */
  async sendWholeStripes(): Promise<void> {
    if (this.#filledStripes === 0) return;
    const running = this.#runningStripe();
    await this.#send(this.#filledStripes * CELL_BYTES);
    this.#stripeFill = 0;
    await this.append(running);
  }

  /**
   * Tells the length the chunk will have, from which the last stripe's cells follow. To be called
   * before bytes of that stripe's end are appended.
   *
   * @param chunkBytes a multiple of k
   */
  async setLength(chunkBytes: number): Promise<void> {
    const running = this.#runningStripe();
    this.#layout = new StripeLayout(chunkBytes, this.#codec.k);
    this.#stripeFill = 0;
    await this.append(running);
  }

  /** Waits for the write in flight. Throws what it threw. */
  async settle(): Promise<void> {
    const result = await this.#pending;
    if ("error" in result) throw result.error;
    this.#state = worseState(this.#state, result.state);
  }

  /** Waits for the write in flight, whatever becomes of it. */
  async abandon(): Promise<void> {
    await this.#pending;
  }

  /** Gives the batches back to the codec. */
  free(): void {
    for (const batch of this.#batches) batch.free();
  }

  /** Copies bytes from `offset` on, up to the end of the running stripe; returns how many. */
  #fillStripe(bytes: Uint8Array, offset: number): number {
    const batch = this.#batches[0];
    const cellBytes = this.#cellBytes();
    const stripeOffset = this.#filledStripes * CELL_BYTES;
    const end = Math.min(bytes.length, offset + cellBytes * this.#codec.k - this.#stripeFill);
    let position = offset;
    while (position < end) {
      const shard = Math.floor(this.#stripeFill / cellBytes);
      const inCell = this.#stripeFill - shard * cellBytes;
      const count = Math.min(end - position, cellBytes - inCell);
      const next = position + count;
      this.#copier.copy(batch.shard(shard), stripeOffset + inCell, bytes, position, next);
      position = next;
      this.#stripeFill += count;
    }
    return end - offset;
  }

  async #sendIfFull(): Promise<void> {
    const cellBytes = this.#cellBytes();
    if (this.#stripeFill < cellBytes * this.#codec.k) return;
    const length = this.#filledStripes * CELL_BYTES + cellBytes;
    this.#filledStripes++;
    this.#stripeFill = 0;
    const stripes = this.#sentStripes + this.#filledStripes;
    if (this.#filledStripes === this.#batchStripes || stripes === this.#layout?.stripes) {
      await this.#send(length);
    } else if ((length - this.#encodedBytes) * this.#codec.m >= ENCODE_BYTES) {
      this.#encodeUpTo(length);
    }
  }

  /** Encodes the rest of the batch, and starts to write it as soon as the one before is written. */
  async #send(length: number): Promise<void> {
    this.#encodeUpTo(length);
    await this.settle();
    const views = this.#views(0, length);
    this.#pending = this.#shards.write(views).then((state) => ({ state }), (error) => ({ error }));
    this.#batches.reverse();
    this.#sentStripes += this.#filledStripes;
    this.#filledStripes = 0;
    this.#encodedBytes = 0;
  }

  #encodeUpTo(length: number): void {
    const start = this.#encodedBytes;
    if (length === start) return;
    this.#codec.encode(this.#batches[0], length - start, start);
    this.#observe(this.#views(start, length));
    this.#encodedBytes = length;
  }

  /** A stretch of all m shards in the batch being filled. */
  #views(start: number, end: number): Uint8Array[] {
    const batch = this.#batches[0];
    return Array.from(
      { length: this.#codec.m },
      (_, shard) => batch.shard(shard).subarray(start, end),
    );
  }

  /** A copy of what the running stripe holds. */
  #runningStripe(): Uint8Array {
    const copy = new Uint8Array(this.#stripeFill);
    const stripeOffset = this.#filledStripes * CELL_BYTES;
    for (let position = 0; position < copy.length; position += CELL_BYTES) {
      const cell = this.#batches[0].shard(position / CELL_BYTES);
      const count = Math.min(CELL_BYTES, copy.length - position);
      copy.set(cell.subarray(stripeOffset, stripeOffset + count), position);
    }
    return copy;
  }

  #cellBytes(): number {
    return this.#layout?.cellBytes(this.#sentStripes + this.#filledStripes) ?? CELL_BYTES;
  }
}

const STATES: readonly MediumState[] = ["ok", "near-end", "full"];

function worseState(one: MediumState, other: MediumState): MediumState {
  return STATES[Math.max(STATES.indexOf(one), STATES.indexOf(other))];
}
