/**
 * One shard that was found, read by payload offset. Reads of one shard are put in line (a file or a
 * tape has one position), and a shard whose medium is gone reads as one long hole.
 *
 * @module
 */

import type { ByteRange, ShardHandle } from "../shard/shard_io.ts";

/** Payload bytes that were read. */
export interface PayloadRead {
  /** Bytes that exist; fewer than asked for where the shard ends. */
  length: number;
  /** Stretches of the payload (absolute offsets) that could not be read. */
  holes: readonly ByteRange[];
}

/** A shard's payload. */
export class ShardSource {
  /** Where it lies. */
  readonly origin: string;
  /** Shard number its name or place claims. */
  readonly named: number;
  readonly #handle: ShardHandle;
  #tail: Promise<unknown> = Promise.resolve();
  #size: number | undefined;
  #failure: string | undefined;

  constructor(handle: ShardHandle) {
    this.#handle = handle;
    this.origin = handle.origin;
    this.named = handle.shard;
    this.#size = handle.size;
    this.#failure = handle.failure;
  }

  /** Why the whole shard became unreachable, or undefined. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Reads from `offset` of the shard file, header included. Never throws. */
  read(offset: number, target: Uint8Array): Promise<PayloadRead> {
    const result = this.#tail.then(() => this.#readNow(offset, target));
    this.#tail = result;
    return result;
  }

  async #readNow(offset: number, target: Uint8Array): Promise<PayloadRead> {
    const whole = { start: offset, end: offset + target.length };
    if (this.#failure !== undefined) return { length: target.length, holes: [whole] };
    try {
      const { length, holes } = await this.#handle.read(offset, target);
      const absolute = holes.map(({ start, end }) => ({
        start: offset + start,
        end: offset + end,
      }));
      return { length, holes: absolute };
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      return { length: target.length, holes: [whole] };
    }
  }

  /** The shard may be longer than its size: the medium cannot be read to its end. */
  get endUnknown(): boolean {
    return this.#handle.endUnknown ?? false;
  }

  /** Bytes at the end of the size that may be none of the shard's. */
  get doubtfulBytes(): number {
    return this.#handle.doubtfulBytes ?? 0;
  }

  /** Bytes of the shard file, found out by reading where the medium does not say. */
  async size(): Promise<number> {
    this.#size ??= await (this.#handle.measure === undefined ? this.#findEnd() : this.#measure());
    return this.#size;
  }

  async #measure(): Promise<number> {
    try {
      return await this.#handle.measure!();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      return 0;
    }
  }

  /** Gallops past the end, then halves the distance: a few dozen reads of one byte. */
  async #findEnd(): Promise<number> {
    const probe = new Uint8Array(1);
    const exists = async (offset: number) => (await this.read(offset, probe)).length > 0;
    if (!(await exists(0))) return 0;
    let low = 0;
    let high = 1 << 16;
    while (await exists(high)) {
      if (this.#failure !== undefined) return high;
      low = high;
      high *= 2;
      if (high > Number.MAX_SAFE_INTEGER / 4) return low;
    }
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2);
      if (await exists(middle)) low = middle;
      else high = middle;
    }
    return high;
  }
}
