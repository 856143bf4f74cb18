/**
 * Which shards are wrong where no checksum covers them: those that differ from what the proven bytes
 * encode to.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ByteRange } from "../shard/shard_io.ts";
import { CELL_BYTES } from "./layout.ts";
import type { Candidate } from "./read_chunk_shards.ts";
import { hashes } from "./read_evidence.ts";
import type { OpenedChunk } from "./read_opened.ts";
import { RangeSet } from "./read_ranges.ts";
import { RowReader } from "./read_rows.ts";
import { checkPieces, coverage, suspect } from "./recover_checksums.ts";
import type { Prover } from "./recover_proof.ts";
import { findTail, proveChunkEnds } from "./recover_ends.ts";
import { byReliability } from "./recover_plan.ts";

/** Bytes of all rows together that are compared at a time. */
const COMPARE_BYTES = 8 * 2 ** 20;

/** Each try leaves out a shard more, so few are needed. */
const MAX_TRIES = 8;

/**
 * Compares all shards where no checksum covers them, and where they are known to disagree. Nothing
 * is blamed unless everything there is proven right as the preferred shards give it.
 *
 * @param disputed payload ranges where shards disagree though their checksums pass
 */
export async function compareUncovered(
  opened: OpenedChunk,
  disputed: readonly ByteRange[] = [],
): Promise<void> {
  const { prover } = opened;
  const { shardBytes } = prover.layout;
  const covered = new RangeSet();
  for (const table of prover.tables) {
    const { start, end } = coverage(table, shardBytes);
    covered.add(start, end);
  }
  await checkGuesses(prover);
  const compared = new RangeSet();
  for (const { start, end } of [...complement(covered, shardBytes), ...disputed]) {
    compared.add(start, end);
  }
  const uncovered = compared.ranges;
  if (uncovered.length === 0) return prover.guesses.clear();
  if (!await preferredAreRight(opened, uncovered)) return noteUnproven(prover, uncovered);
  for (const range of uncovered) await compare(prover, range);
  prover.guesses.clear();
}

/**
 * Bytes that can be read and not proven: something there is wrong, and any of the shards may be it.
 * Where they cannot be read, that has been noted.
 */
function noteUnproven({ shards, damage }: Prover, uncovered: readonly ByteRange[]): void {
  const usable = (range: ByteRange) =>
    shards.candidates.filter(({ holes, suspect }) =>
      !holes.overlaps(range.start, range.end) && !suspect.overlaps(range.start, range.end)
    );
  for (const cell of cellsOf(uncovered)) {
    if (new Set(usable(cell).map(({ shard }) => shard)).size < shards.k) return;
  }
  const detail = "this shard or another is wrong where nothing proves which";
  for (const cell of cellsOf(uncovered)) {
    for (const { shard, source: { origin } } of usable(cell)) {
      damage.add({ chunk: shards.chunk, shard, origin }, "damaged", detail, cell);
    }
  }
}

function* cellsOf(ranges: readonly ByteRange[]): Generator<ByteRange> {
  for (const range of ranges) {
    for (let start = range.start; start < range.end;) {
      const end = Math.min(range.end, (Math.floor(start / CELL_BYTES) + 1) * CELL_BYTES);
      yield { start, end };
      start = end;
    }
  }
}

/** Shards that were doubted before their checksums were known have not been compared with them. */
async function checkGuesses({ guesses, shards, layout, tables, damage }: Prover): Promise<void> {
  for (const { ranges } of guesses.values()) {
    for (const range of ranges) await checkPieces(shards, layout.shardBytes, tables, range, damage);
  }
}

function complement(covered: RangeSet, end: number): ByteRange[] {
  const gaps: ByteRange[] = [];
  let at = 0;
  for (const range of covered.ranges) {
    if (range.start > at) gaps.push({ start: at, end: range.start });
    at = range.end;
  }
  if (at < end) gaps.push({ start: at, end });
  return gaps;
}

/** Whether every part of the chunk in these ranges is proven by the preferred shards alone. */
async function preferredAreRight(
  opened: OpenedChunk,
  uncovered: readonly ByteRange[],
): Promise<boolean> {
  const { prover, facts } = opened;
  const touched = facts.layout.data.flatMap((frame, index) => {
    const { start, end } = prover.payloadRange(frame);
    return uncovered.some((range) => range.start < end && range.end > start) ? [index] : [];
  });
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const faults = faultsOf(prover);
    const ends = await proveChunkEnds(opened);
    if (ends === undefined || !await findTail(opened, ends)) return false;
    for (const index of touched) {
      const frame = facts.layout.data[index];
      const proven = await prover.prove(frame, async (view) => {
        const bytes = await view(frame.start, frame.end);
        return bytes && hashes(bytes, facts.frameSha256, index) ? true : undefined;
      });
      if (proven === undefined) return false;
    }
    // Nobody was doubted on the way: one choice of shards served for all.
    if (faultsOf(prover) === faults) return true;
  }
  return false;
}

function faultsOf(prover: Prover): number {
  return prover.shards.candidates.reduce((sum, { faults }) => sum + faults, 0);
}

async function compare(prover: Prover, range: ByteRange): Promise<void> {
  const { shards, codec, damage } = prover;
  const cells = Math.max(1, Math.floor(COMPARE_BYTES / (shards.candidates.length * CELL_BYTES)));
  const reader = new RowReader(shards, codec, damage);
  const first = Math.floor(range.start / CELL_BYTES) * CELL_BYTES;
  for (let start = first; start < range.end; start += cells * CELL_BYTES) {
    reader.moveTo({ start, end: Math.min(range.end, start + cells * CELL_BYTES) });
    const right = await encodePreferred(prover, reader);
    if (right === undefined) continue;
    for (const candidate of shards.candidates) {
      const found = await reader.row(candidate);
      for (const cell of wrongCells(candidate, reader.range, right.get(candidate.shard)!, found)) {
        suspect(shards, candidate, cell, "differs from what the other shards prove", damage);
      }
    }
  }
}

/** All m rows as the preferred shards have them. */
async function encodePreferred(
  { shards, codec }: Prover,
  reader: RowReader,
): Promise<Map<number, Uint8Array> | undefined> {
  const order = byReliability(shards.candidates);
  const data = await reader.decode({ order, avoidSuspects: true });
  if (data === undefined) return undefined;
  const length = reader.range.end - reader.range.start;
  const rows = new Map<number, Uint8Array>(data.map((row, shard) => [shard, row.slice()]));
  const parity = new Map<number, Uint8Array>();
  for (let shard = codec.k; shard < codec.m; shard++) parity.set(shard, new Uint8Array(length));
  codec.rebuild(rows, parity, length);
  for (const [shard, row] of parity) rows.set(shard, row);
  return rows;
}

function* wrongCells(
  { holes }: Candidate,
  range: ByteRange,
  right: Uint8Array,
  found: Uint8Array,
): Generator<ByteRange> {
  for (let start = range.start; start < range.end; start += CELL_BYTES) {
    const end = Math.min(range.end, start + CELL_BYTES);
    if (holes.overlaps(start, end)) continue;
    const [from, to] = [start - range.start, end - range.start];
    if (Buffer.compare(right.subarray(from, to), found.subarray(from, to)) !== 0) {
      yield { start, end };
    }
  }
}
