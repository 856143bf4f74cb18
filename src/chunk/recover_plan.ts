/**
 * Which k shards to read where. Different shards may be bad at different places, so a range falls
 * into segments, each with k shards of its own.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import type { Candidate } from "./read_chunk_shards.ts";
import { CELL_BYTES } from "./layout.ts";
import type { RangeSet } from "./read_ranges.ts";

/** Part of a payload range that one choice of shards serves. */
export interface Segment {
  /** First payload byte. */
  start: number;
  /** Payload byte after the last. */
  end: number;
  /** k candidates of different shard numbers, or undefined when there are too few. */
  chosen: readonly Candidate[] | undefined;
}

/** What a plan keeps away from, besides holes. */
export interface PlanOptions {
  /** Candidates in the order they are to be chosen. */
  order: readonly Candidate[];
  /** Whether ranges that failed a checksum are avoided. */
  avoidSuspects: boolean;
  /** Further ranges to avoid. */
  avoid?: ReadonlyMap<Candidate, RangeSet>;
}

/** The most reliable first, data shards before parity: they need no decoding. */
export function byReliability(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) =>
    a.faults - b.faults || a.trust - b.trust || a.shard - b.shard
  );
}

/** Splits `range` where the usable shards change and chooses k for each part. */
export function planSegments(k: number, range: ByteRange, options: PlanOptions): Segment[] {
  const edges = new Set([range.start, range.end]);
  const setsOf = (candidate: Candidate): RangeSet[] => {
    const sets = [candidate.holes];
    if (options.avoidSuspects) sets.push(candidate.suspect);
    const more = options.avoid?.get(candidate);
    if (more !== undefined) sets.push(more);
    return sets;
  };
  const avoided = options.order.map((candidate) => ({ candidate, sets: setsOf(candidate) }));
  for (const { sets } of avoided) {
    for (const set of sets) {
      for (const bad of set.within(range.start, range.end)) {
        edges.add(cellFloor(bad.start, range.start));
        edges.add(Math.min(range.end, cellCeil(bad.end, range.start)));
      }
    }
  }
  const sorted = [...edges].sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (let i = 1; i < sorted.length; i++) {
    const [start, end] = [sorted[i - 1], sorted[i]];
    const usable = avoided.filter(({ sets }) => !sets.some((set) => set.overlaps(start, end)));
    const chosen = chooseDistinct(k, usable.map(({ candidate }) => candidate));
    const last = segments.at(-1);
    if (last !== undefined && sameChoice(last.chosen, chosen)) last.end = end;
    else segments.push({ start, end, chosen });
  }
  return segments;
}

function cellFloor(offset: number, lowest: number): number {
  return Math.max(lowest, Math.floor(offset / CELL_BYTES) * CELL_BYTES);
}

function cellCeil(offset: number, lowest: number): number {
  return Math.max(lowest, Math.ceil(offset / CELL_BYTES) * CELL_BYTES);
}

/** The first k candidates with different shard numbers. */
function chooseDistinct(k: number, order: readonly Candidate[]): Candidate[] | undefined {
  const chosen: Candidate[] = [];
  const numbers = new Set<number>();
  for (const candidate of order) {
    if (numbers.has(candidate.shard)) continue;
    numbers.add(candidate.shard);
    chosen.push(candidate);
    if (chosen.length === k) return chosen;
  }
  return undefined;
}

function sameChoice(
  a: readonly Candidate[] | undefined,
  b: readonly Candidate[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.every((candidate, i) => candidate === b[i]);
}
