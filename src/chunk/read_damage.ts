/**
 * What was found wrong with shards while reading, merged so that it stays small whatever the damage.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import { RangeSet } from "./read_ranges.ts";

/** What is wrong with a shard. */
export type DamageKind =
  /** No such shard was found. */
  | "missing"
  /** It ends before it should. */
  | "truncated"
  /** Its zfec header speaks of another k or m, or its bytes belong to another archive or chunk. */
  | "foreign"
  /** Its place or name and its own header disagree about the shard number. */
  | "misnamed"
  /** Bytes differ from what was written. */
  | "damaged"
  /** The medium does not give the bytes back. */
  | "unreadable";

/** One thing wrong with one shard. */
export interface ShardDamage {
  /** Chunk number, from 1. */
  chunk: number;
  /** Shard number, from 0, that the shard counts as. */
  shard: number;
  /** Where it lies; empty for missing ones. */
  origin: string;
  /** What is wrong. */
  what: DamageKind;
  /** Payload bytes of the shard (after its zfec header) concerned; empty for the whole shard. */
  ranges: readonly ByteRange[];
  /** Whether everything that was to be read could be read in spite of it. */
  repaired: boolean;
  /** One line for people: what was noticed. */
  detail: string;
}

interface Entry {
  chunk: number;
  shard: number;
  origin: string;
  what: DamageKind;
  ranges: RangeSet;
  detail: string;
}

const KINDS: readonly DamageKind[] = [
  "missing",
  "truncated",
  "foreign",
  "misnamed",
  "damaged",
  "unreadable",
];

/** Collects damage of a whole archive. */
export class DamageLog {
  readonly #entries = new Map<string, Entry>();
  /** Payload ranges that could not be rebuilt, by chunk. */
  readonly #lost = new Map<number, RangeSet>();
  readonly #lostChunks = new Set<number>();
  #joined: DamageLog | undefined;

  /** Hands everything noted here, and whatever will be, to another log. */
  joinInto(other: DamageLog): void {
    this.#joined = other;
    for (const { ranges, what, detail, ...at } of this.#entries.values()) {
      if (ranges.ranges.length === 0) other.add(at, what, detail);
      for (const range of ranges.ranges) other.add(at, what, detail, range);
    }
    for (const [chunk, lost] of this.#lost) {
      for (const range of lost.ranges) other.lose(chunk, range);
    }
    for (const chunk of this.#lostChunks) other.loseChunk(chunk);
  }

  /** Notes damage; ranges of the same kind on the same shard merge. */
  add(
    at: { chunk: number; shard: number; origin: string },
    what: DamageKind,
    detail: string,
    range?: ByteRange,
  ): void {
    if (this.#joined !== undefined) return this.#joined.add(at, what, detail, range);
    const key = `${at.chunk}/${at.shard}/${what}/${at.origin}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const { chunk, shard, origin } = at;
      entry = { chunk, shard, origin, what, detail, ranges: new RangeSet() };
      this.#entries.set(key, entry);
    } else if (!entry.detail.includes(detail)) entry.detail += `; ${detail}`;
    if (range !== undefined) entry.ranges.add(range.start, range.end);
  }

  /**
   * Remembers what is noted by now; calling the result takes back what checksums have shown since:
   * they were not the chunk's own. What a medium did not give stays.
   */
  remember(): () => void {
    const before = new Map<string, Entry>();
    for (const [key, entry] of this.#entries) {
      if (entry.what !== "damaged") continue;
      const ranges = new RangeSet();
      for (const { start, end } of entry.ranges.ranges) ranges.add(start, end);
      before.set(key, { ...entry, ranges });
    }
    return () => {
      for (const [key, { what }] of this.#entries) {
        if (what === "damaged") this.#entries.delete(key);
      }
      for (const [key, entry] of before) this.#entries.set(key, entry);
    };
  }

  /** Takes back what was noted of one kind in a chunk: the checksums were not the chunk's own. */
  retract(chunk: number, what: DamageKind): void {
    if (this.#joined !== undefined) return this.#joined.retract(chunk, what);
    for (const [key, entry] of this.#entries) {
      if (entry.chunk === chunk && entry.what === what) this.#entries.delete(key);
    }
  }

  /** Takes back what was noted of one shard at one place, but for one kind. */
  forget(chunk: number, shard: number, origin: string, but?: DamageKind): void {
    if (this.#joined !== undefined) return this.#joined.forget(chunk, shard, origin, but);
    for (const what of KINDS) {
      if (what !== but) this.#entries.delete(`${chunk}/${shard}/${what}/${origin}`);
    }
  }

  /** Notes that payload bytes of a chunk (the same in all its shards) could not be rebuilt. */
  lose(chunk: number, range: ByteRange): void {
    if (this.#joined !== undefined) return this.#joined.lose(chunk, range);
    const lost = this.#lost.get(chunk) ?? new RangeSet();
    lost.add(range.start, range.end);
    this.#lost.set(chunk, lost);
  }

  /** Notes that nothing of a chunk could be rebuilt. */
  loseChunk(chunk: number): void {
    if (this.#joined !== undefined) return this.#joined.loseChunk(chunk);
    this.#lostChunks.add(chunk);
  }

  /** Everything noted, by chunk, then shard. */
  report(): ShardDamage[] {
    const report = [...this.#entries.values()].map((entry) => ({
      chunk: entry.chunk,
      shard: entry.shard,
      origin: entry.origin,
      what: entry.what,
      detail: entry.detail,
      ranges: entry.ranges.ranges,
      repaired: this.#isRepaired(entry),
    }));
    return report.sort((a, b) => a.chunk - b.chunk || a.shard - b.shard);
  }

  #isRepaired(entry: Entry): boolean {
    if (this.#lostChunks.has(entry.chunk)) return false;
    const lost = this.#lost.get(entry.chunk);
    if (lost === undefined) return true;
    if (entry.ranges.ranges.length === 0) return false;
    return !entry.ranges.ranges.some((range) => lost.overlaps(range.start, range.end));
  }
}
