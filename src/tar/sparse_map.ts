/**
 * Sparse files as GNU PAX sparse format 1.0 stores them: a map in decimal lines, padded to whole
 * blocks, then the stored stretches one after the other.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { SparseSegment } from "./entry.ts";
import { BLOCK_SIZE, paddingAfter } from "./ustar_layout.ts";

/** Most stretches that are written, and read unless the decoder is told otherwise. */
export const MAX_SPARSE_SEGMENTS = 1 << 20;

/** Sum of the lengths of all stretches in bytes. */
export function storedLength(segments: readonly SparseSegment[]): number {
  let sum = 0;
  for (const segment of segments) sum += segment.length;
  return sum;
}

/**
 * Makes any rising list of stretches fit to be written: GNU tar reads every stretch from a block
 * boundary, so they are rounded outwards to whole blocks (not past `size`), touching ones are joined,
 * and when too many remain the holes between neighbours are given up evenly.
 *
 * @param segments stretches in rising order, such as SEEK_DATA and SEEK_HOLE give them
 * @param size bytes of the file
 */
export function normalizeSegments(
  segments: readonly SparseSegment[],
  size: number,
  maxSegments: number = MAX_SPARSE_SEGMENTS,
): SparseSegment[] {
  const joined: SparseSegment[] = [];
  for (const { offset, length } of segments) {
    if (length === 0) continue;
    const from = offset - offset % BLOCK_SIZE;
    const to = Math.min(size, offset + length + paddingAfter(offset + length));
    const last = joined.at(-1);
    if (last !== undefined && from <= last.offset + last.length) {
      last.length = Math.max(last.length, to - last.offset);
    } else {
      joined.push({ offset: from, length: to - from });
    }
  }
  if (joined.length <= maxSegments) return joined;

  const run = Math.ceil(joined.length / maxSegments);
  const coarse: SparseSegment[] = [];
  for (let i = 0; i < joined.length; i += run) {
    const last = joined[Math.min(i + run, joined.length) - 1];
    coarse.push({ offset: joined[i].offset, length: last.offset + last.length - joined[i].offset });
  }
  return coarse;
}

/**
 * Throws unless the stretches rise, do not overlap and lie within the file.
 *
 * @param wholeBlocks also demand that all but the last are whole blocks long
 * @throws {EctarError} "format"
 */
export function checkSegments(
  segments: readonly SparseSegment[],
  size: number,
  where: string,
  wholeBlocks: boolean,
): void {
  let end = 0;
  for (let i = 0; i < segments.length; i++) {
    const { offset, length } = segments[i];
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || length < 0) {
      throw new EctarError("format", `sparse map of ${where} holds a number out of range`);
    }
    if (offset < end || offset + length > size) {
      throw new EctarError("format", `sparse map of ${where} overlaps or leaves the file`);
    }
    if (wholeBlocks && i < segments.length - 1 && length % BLOCK_SIZE !== 0) {
      throw new EctarError("format", `sparse map of ${where} is not made of whole blocks`);
    }
    end = offset + length;
  }
}

const MAX_NUMBER_DIGITS = 16;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/**
 * The map as it stands before the data, padded to whole blocks. A file that ends in a hole gets an
 * empty stretch at its end, without which GNU tar would cut it short.
 */
export function encodeSparseMap(segments: readonly SparseSegment[], size: number): Uint8Array {
  const last = segments.at(-1);
  const endsInHole = last === undefined || last.offset + last.length < size;
  const count = segments.length + (endsInHole ? 1 : 0);
  const scratch = new Uint8Array((MAX_NUMBER_DIGITS + 1) * (1 + 2 * count));
  let at = putDecimalLine(scratch, 0, count);
  for (const { offset, length } of segments) {
    at = putDecimalLine(scratch, at, offset);
    at = putDecimalLine(scratch, at, length);
  }
  if (endsInHole) {
    at = putDecimalLine(scratch, at, size);
    at = putDecimalLine(scratch, at, 0);
  }
  const map = new Uint8Array(at + paddingAfter(at));
  map.set(scratch.subarray(0, at));
  return map;
}

function putDecimalLine(out: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  out[at + digits] = NEWLINE;
  return at + digits + 1;
}

/** Reads a sparse 1.0 map with its padding, in pieces of any size. */
export class SparseMapParser {
  /** Stretches read so far, empty ones left out. */
  readonly segments: SparseSegment[] = [];
  readonly #where: string;
  readonly #maxSegments: number;
  #consumed = 0;
  #value = 0;
  #digits = 0;
  #numbersLeft = -1;
  #offset = 0;

  constructor(where: string, maxSegments: number) {
    this.#where = where;
    this.#maxSegments = maxSegments;
  }

  /** True when the last line has been read; padding may follow. */
  get complete(): boolean {
    return this.#numbersLeft === 0;
  }

  /** True when the padding behind the last line has been read, too. */
  get done(): boolean {
    return this.complete && this.#consumed % BLOCK_SIZE === 0;
  }

  /** Passes over up to `available` bytes of padding; returns how many. */
  skipPadding(available: number): number {
    const n = Math.min(paddingAfter(this.#consumed), available);
    this.#consumed += n;
    return n;
  }

  /**
   * Takes bytes from `from` on, until the map is done or `to` is reached.
   *
   * @returns where it stopped
   * @throws {EctarError} "format"
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && this.#numbersLeft !== 0) {
      const byte = bytes[at++];
      if (byte === NEWLINE && this.#digits > 0) {
        this.#number(this.#value);
        this.#value = 0;
        this.#digits = 0;
      } else if (byte >= ZERO && byte <= ZERO + 9 && this.#digits < MAX_NUMBER_DIGITS) {
        this.#value = this.#value * 10 + (byte - ZERO);
        this.#digits++;
      } else {
        throw new EctarError("format", `sparse map of ${this.#where} is not made of numbers`);
      }
    }
    this.#consumed += at - from;
    return this.complete ? at + this.skipPadding(to - at) : at;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new EctarError("format", `sparse map of ${this.#where} holds a number out of range`);
    }
    if (this.#numbersLeft < 0) {
      // One more for the empty stretch at the end of a file that ends in a hole.
      if (value > this.#maxSegments + 1) {
        throw new EctarError(
          "format",
          `sparse map of ${this.#where} has ${value} stretches, more than ${this.#maxSegments}`,
        );
      }
      this.#numbersLeft = 2 * value;
      return;
    }
    if (this.#numbersLeft % 2 === 0) this.#offset = value;
    else if (value > 0) this.segments.push({ offset: this.#offset, length: value });
    this.#numbersLeft--;
  }
}
