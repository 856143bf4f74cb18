/**
 * A set of byte ranges, kept merged and in rising order, and kept small: damage can be anywhere, but
 * what is remembered about it must stay bounded.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";

/** Beyond this many ranges the two closest neighbours are joined. */
const MAX_RANGES = 4096;

/** Merged byte ranges. */
export class RangeSet {
  #ranges: ByteRange[] = [];

  /** The ranges in rising order. */
  get ranges(): readonly ByteRange[] {
    return this.#ranges;
  }

  /** Sum of the ranges' lengths in bytes. */
  get bytes(): number {
    return this.#ranges.reduce((sum, range) => sum + range.end - range.start, 0);
  }

  /** Forgets everything. */
  clear(): void {
    this.#ranges = [];
  }

  /** Index of the first range that ends at or after `offset`. */
  #firstEndingFrom(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle].end < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds a range; empty ones are ignored. Returns whether the set grew. */
  add(start: number, end: number): boolean {
    if (start >= end || this.covers(start, end)) return false;
    const first = this.#firstEndingFrom(start);
    let last = first;
    let merged: ByteRange = { start, end };
    while (last < this.#ranges.length && this.#ranges[last].start <= end) {
      const range = this.#ranges[last++];
      merged = { start: Math.min(merged.start, range.start), end: Math.max(merged.end, range.end) };
    }
    this.#ranges.splice(first, last - first, merged);
    if (this.#ranges.length > MAX_RANGES) this.#joinClosest();
    return true;
  }

  #joinClosest(): void {
    let closest = 1;
    const gap = (i: number) => this.#ranges[i].start - this.#ranges[i - 1].end;
    for (let i = 2; i < this.#ranges.length; i++) if (gap(i) < gap(closest)) closest = i;
    const joined = { start: this.#ranges[closest - 1].start, end: this.#ranges[closest].end };
    this.#ranges.splice(closest - 1, 2, joined);
  }

  /** Whether any byte of `start ≤ offset < end` is in the set. */
  overlaps(start: number, end: number): boolean {
    if (start >= end) return false;
    const range = this.#ranges[this.#firstEndingFrom(start + 1)];
    return range !== undefined && range.start < end;
  }

  /** Whether every byte of `start ≤ offset < end` is in the set. */
  covers(start: number, end: number): boolean {
    if (start >= end) return true;
    const range = this.#ranges[this.#firstEndingFrom(start + 1)];
    return range !== undefined && range.start <= start && range.end >= end;
  }

  /** The parts of `start ≤ offset < end` that are in the set. */
  *within(start: number, end: number): Iterable<ByteRange> {
    for (let i = this.#firstEndingFrom(start + 1); i < this.#ranges.length; i++) {
      const range = this.#ranges[i];
      if (range.start >= end) return;
      yield { start: Math.max(start, range.start), end: Math.min(end, range.end) };
    }
  }
}
