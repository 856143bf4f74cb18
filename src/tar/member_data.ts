/**
 * Delivers a member's data with its place in the file: bytes as they come in the tar, stretch by
 * stretch for sparse files.
 *
 * @module
 */

import type { SparseSegment, TarEntry } from "./entry.ts";
import type { TarHandler } from "./tar_handler.ts";

/** Data of the member that is being read. */
export class MemberData {
  readonly #handler: TarHandler;
  #left = 0;
  #intact = true;
  #fileOffset = 0;
  #segments: readonly SparseSegment[] = [];
  #nextSegment = 0;
  #segmentLeft = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Bytes still to come in the tar, without padding. */
  get left(): number {
    return this.#left;
  }

  /** True while nothing of it was lost. */
  get intact(): boolean {
    return this.#intact;
  }

  /** `size` bytes of this entry's data follow. */
  begin(entry: TarEntry, size: number): void {
    this.#left = size;
    this.#intact = true;
    this.#fileOffset = 0;
    this.#segments = entry.sparse ?? [];
    this.#nextSegment = 0;
    this.#segmentLeft = entry.sparse === undefined ? size : 0;
  }

  /** Hands on what `bytes` from `at` on has of it, and returns how much that was. */
  deliver(bytes: Uint8Array, at: number): number {
    const total = Math.min(this.#left, bytes.length - at);
    for (let done = 0; done < total;) {
      const n = this.#nextRun(total - done);
      const from = at + done;
      const isAll = from === 0 && n === bytes.length;
      this.#handler.data(isAll ? bytes : bytes.subarray(from, from + n), this.#fileOffset);
      this.#advance(n);
      done += n;
    }
    return total;
  }

  /** The next `length` bytes of it are lost, at most {@link left}. */
  lose(length: number): void {
    this.#intact = false;
    for (let done = 0; done < length;) {
      const n = this.#nextRun(length - done);
      this.#handler.gapInData?.(n, this.#fileOffset);
      this.#advance(n);
      done += n;
    }
  }

  /** How many of the next `wanted` bytes lie together in the file; enters the next stretch. */
  #nextRun(wanted: number): number {
    if (this.#segmentLeft === 0) {
      const segment = this.#segments[this.#nextSegment++];
      this.#fileOffset = segment.offset;
      this.#segmentLeft = segment.length;
    }
    return Math.min(wanted, this.#segmentLeft);
  }

  #advance(n: number): void {
    this.#fileOffset += n;
    this.#segmentLeft -= n;
    this.#left -= n;
  }
}
