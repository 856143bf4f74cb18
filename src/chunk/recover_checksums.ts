/**
 * Finds damaged pieces by the CRC-32s in trailers and the index. A CRC locates damage; it never
 * accepts anything.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { ByteRange } from "../shard/shard_io.ts";
import { pieceRange } from "./layout.ts";
import type { Candidate, ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
import { RangeSet } from "./read_ranges.ts";
import { readPayload } from "./read_rows.ts";

/** CRC-32s of consecutive pieces of all shards of one chunk. */
export interface PieceTable {
  /** Payload bytes of a piece; the payload's last may be shorter. */
  pieceBytes: number;
  /** Number of the first piece covered. */
  firstPiece: number;
  /** By shard: the CRC-32s of piece `firstPiece` and those after it. */
  crc32: readonly Uint32Array[];
}

/** Bytes read at a time, for each shard. */
const READ_BYTES = 64 * 1024;

/** Payload range a table covers. */
export function coverage(table: PieceTable, payload: number): ByteRange {
  const pieces = table.crc32[0]?.length ?? 0;
  return {
    start: Math.min(payload, table.firstPiece * table.pieceBytes),
    end: Math.min(payload, (table.firstPiece + pieces) * table.pieceBytes),
  };
}

/**
 * Compares every piece that touches `range` with its checksum, the finest table first; what fails
 * becomes suspect.
 *
 * @returns whether anything new became suspect
 */
export async function checkPieces(
  shards: ChunkShards,
  payload: number,
  tables: readonly PieceTable[],
  range: ByteRange,
  damage: DamageLog,
): Promise<boolean> {
  const finestFirst = [...tables].sort((a, b) => a.pieceBytes - b.pieceBytes);
  const found = await Promise.all(
    shards.candidates.map((candidate) =>
      checkCandidate(shards, candidate, payload, finestFirst, range, damage)
    ),
  );
  return found.some((some) => some);
}

async function checkCandidate(
  shards: ChunkShards,
  candidate: Candidate,
  payload: number,
  finestFirst: readonly PieceTable[],
  range: ByteRange,
  damage: DamageLog,
): Promise<boolean> {
  const buffer = new Uint8Array(READ_BYTES);
  const finer = new RangeSet();
  let found = false;
  for (const [i, table] of finestFirst.entries()) {
    for (const piece of piecesIn(table, range, payload)) {
      const { start, end } = piece;
      if (candidate.checked.covers(start, end) || finer.covers(start, end)) continue;
      // What finer tables find in the piece explains its failure better.
      const finerTables = finestFirst.slice(0, i).filter((other) =>
        !piecesIn(other, piece, payload).next().done
      );
      if (finerTables.length > 0) {
        found = await checkCandidate(shards, candidate, payload, finerTables, piece, damage) ||
          found;
        if (candidate.suspect.overlaps(start, end)) continue;
      }
      const crc = await pieceCrc(shards, candidate, start, end, buffer, damage);
      candidate.checked.add(start, end);
      if (crc === undefined || crc === piece.stated[candidate.shard]) continue;
      found = suspect(shards, candidate, { start, end }, "fails its checksum", damage) || found;
    }
    const { start, end } = coverage(table, payload);
    finer.add(start, end);
  }
  return found;
}

/** Pieces of a table that touch a payload range, with their checksums by shard. */
function* piecesIn(
  table: PieceTable,
  range: ByteRange,
  payload: number,
): Generator<ByteRange & { stated: number[] }> {
  const { pieceBytes, firstPiece, crc32: lists } = table;
  const covered = coverage(table, payload);
  const from = Math.max(range.start, covered.start);
  const to = Math.min(range.end, covered.end);
  for (let piece = Math.floor(from / pieceBytes); piece * pieceBytes < to; piece++) {
    const stated = lists.map((list) => list[piece - firstPiece]);
    yield { ...pieceRange(piece, pieceBytes, payload), stated };
  }
}

/** CRC-32 of a piece, or undefined when it has holes. */
async function pieceCrc(
  shards: ChunkShards,
  candidate: Candidate,
  start: number,
  end: number,
  buffer: Uint8Array,
  damage: DamageLog,
): Promise<number | undefined> {
  let crc = 0;
  for (let at = start; at < end; at += buffer.length) {
    const target = buffer.subarray(0, Math.min(buffer.length, end - at));
    await readPayload(shards, candidate, at, target, damage);
    if (candidate.holes.overlaps(at, at + target.length)) return undefined;
    crc = crc32(target, crc);
  }
  return crc;
}

/** Marks a payload range of a candidate as wrong; false when that was known. */
export function suspect(
  { chunk }: ChunkShards,
  candidate: Candidate,
  range: ByteRange,
  detail: string,
  damage: DamageLog,
): boolean {
  if (!candidate.suspect.add(range.start, range.end)) return false;
  candidate.faults++;
  const at = { chunk, shard: candidate.shard, origin: candidate.source.origin };
  damage.add(at, "damaged", detail, range);
  return true;
}
