/**
 * Finds damaged pieces by the CRC-32s in trailers and the index. A CRC locates damage; it never
 * accepts anything.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { ByteRange } from "../shard/shard_io.ts";
import type { Candidate, ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
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
function coverage(table: PieceTable, payload: number): ByteRange {
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
  tables: readonly PieceTable[],
  range: ByteRange,
  damage: DamageLog,
): Promise<boolean> {
  const buffer = new Uint8Array(READ_BYTES);
  let found = false;
  for (const table of tables) {
    const covered = coverage(table, payload);
    const from = Math.max(range.start, covered.start);
    const to = Math.min(range.end, covered.end);
    const { pieceBytes } = table;
    for (let piece = Math.floor(from / pieceBytes); piece * pieceBytes < to; piece++) {
      const start = piece * pieceBytes;
      const end = Math.min(payload, start + pieceBytes);
      if (candidate.checked.covers(start, end)) continue;
      const stated = table.crc32[candidate.shard][piece - table.firstPiece];
      const crc = await pieceCrc(shards, candidate, start, end, buffer, damage);
      candidate.checked.add(start, end);
      if (crc === undefined || crc === stated) continue;
      found = suspect(shards, candidate, { start, end }, "fails its checksum", damage) || found;
    }
  }
  return found;
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
