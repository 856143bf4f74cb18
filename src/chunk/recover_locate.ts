/**
 * Finds wrong shards from the redundancy alone, stripe by stripe: a proposal, which only a SHA-256
 * of what is decoded with it proves right.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import { byReliability } from "./recover_plan.ts";
import type { Candidate, ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
import { CELL_BYTES } from "./layout.ts";
import { RangeSet } from "./read_ranges.ts";
import { RowReader } from "./read_rows.ts";
import type { RowCodec } from "./recover_codec.ts";

/** Bytes of all rows together that are looked at in one go. */
const BATCH_BYTES = 16 * 2 ** 20;

/** Payload ranges of candidates that disagree with the rest. */
export type Disagreements = Map<Candidate, RangeSet>;

/**
 * Locates shards that disagree in a payload range (whole cells). Stripes where too many disagree to
 * tell which are left out.
 *
 * @param found takes them
 */
export async function locateDisagreements(
  shards: ChunkShards,
  range: ByteRange,
  codec: RowCodec,
  damage: DamageLog,
  found: Disagreements,
): Promise<void> {
  const candidates = onePerNumber(byReliability(shards.candidates));
  const cells = Math.max(1, Math.floor(BATCH_BYTES / (candidates.length * CELL_BYTES)));
  const reader = new RowReader(shards, codec, damage);
  for (let start = range.start; start < range.end; start += cells * CELL_BYTES) {
    const part = { start, end: Math.min(range.end, start + cells * CELL_BYTES) };
    reader.moveTo(part);
    const rows = await Promise.all(candidates.map((candidate) => reader.row(candidate)));
    for (let at = part.start; at < part.end; at += CELL_BYTES) {
      const end = Math.min(part.end, at + CELL_BYTES);
      for (const candidate of locateInStripe(candidates, rows, part.start, at, end, codec)) {
        const ranges = found.get(candidate) ?? new RangeSet();
        ranges.add(at, end);
        found.set(candidate, ranges);
      }
    }
  }
}

function locateInStripe(
  candidates: readonly Candidate[],
  rows: readonly Uint8Array[],
  rowsStart: number,
  start: number,
  end: number,
  codec: RowCodec,
): Candidate[] {
  const tell = (usable: (candidate: Candidate) => boolean): Candidate[] | null => {
    const present = new Map<number, Uint8Array>();
    candidates.forEach((candidate, i) => {
      if (usable(candidate)) present.set(candidate.shard, rows[i]);
    });
    if (present.size <= codec.k) return null;
    const bad = codec.locate(present, start - rowsStart, end - rowsStart);
    return bad && candidates.filter((candidate) => bad.includes(candidate.shard));
  };
  const readable = (candidate: Candidate) => !candidate.holes.overlaps(start, end);
  const trusted = (candidate: Candidate) =>
    readable(candidate) && !candidate.suspect.overlaps(start, end);
  // A piece that fails its CRC is mostly right elsewhere: first all, then without those.
  const told = tell(readable) ?? tell(trusted);
  if (told !== null) return told;
  // Compressed data have no cells of zeros: those were probably wiped.
  const wiped = candidates.filter((candidate, i) =>
    readable(candidate) && isZero(rows[i].subarray(start - rowsStart, end - rowsStart))
  );
  return [...wiped, ...tell((c) => readable(c) && !wiped.includes(c)) ?? []];
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function onePerNumber(order: readonly Candidate[]): Candidate[] {
  const numbers = new Set<number>();
  return order.filter(({ shard }) => !numbers.has(shard) && numbers.add(shard));
}
