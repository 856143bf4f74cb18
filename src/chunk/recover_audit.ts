/**
 * Reads every shard of a chunk, also those that nobody needs, and notes each piece that is not as it
 * was written. For verifying.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import type { ByteRange } from "../shard/shard_io.ts";
import { BLOCK_BYTES } from "./recover_codec.ts";
import type { Candidate } from "./read_chunk_shards.ts";
import { RangeSet } from "./read_ranges.ts";
import type { RowReader } from "./read_rows.ts";
import { coverage, type PieceTable, suspect } from "./recover_checksums.ts";
import type { Prover } from "./recover_proof.ts";

/** A piece whose checksum is being computed. */
interface Running {
  candidate: Candidate;
  table: PieceTable;
  crc: number;
  /** Payload offset up to which `crc` reaches. */
  at: number;
}

/** Checks windows that follow each other from the payload's start. */
export class Auditor {
  readonly #prover: Prover;
  readonly #running: Running[] = [];
  readonly #covered = new RangeSet();
  readonly #compareParity: boolean;

  /** @param compareParity whether to compare all shards with each other where checksums pass, too */
  constructor(prover: Prover, compareParity: boolean) {
    this.#prover = prover;
    this.#compareParity = compareParity;
    const { shards, tables, layout } = prover;
    for (const table of tables) {
      const { start, end } = coverage(table, layout.shardBytes);
      this.#covered.add(start, end);
      for (const candidate of shards.candidates) {
        this.#running.push({ candidate, table, crc: 0, at: start });
      }
    }
  }

  /** Reads all candidates at the reader's range and checks them. */
  async window(reader: RowReader): Promise<void> {
    const { shards } = this.#prover;
    const rows = new Map<Candidate, Uint8Array>();
    await Promise.all(shards.candidates.map(async (candidate) => {
      rows.set(candidate, await reader.row(candidate));
    }));
    for (const running of this.#running) {
      this.#advance(running, rows.get(running.candidate)!, reader.range);
    }
    this.#compare(rows, reader.range);
  }

  /** Takes the checksum further, piece by piece. */
  #advance(running: Running, row: Uint8Array, range: ByteRange): void {
    const { candidate, table } = running;
    const { shardBytes } = this.#prover.layout;
    const { pieceBytes, firstPiece } = table;
    while (running.at >= range.start && running.at < range.end) {
      const piece = Math.floor(running.at / pieceBytes);
      const stated = table.crc32[candidate.shard][piece - firstPiece];
      if (stated === undefined) return;
      const start = piece * pieceBytes;
      const end = Math.min(shardBytes, start + pieceBytes);
      const upTo = Math.min(end, range.end);
      const part = row.subarray(running.at - range.start, upTo - range.start);
      running.crc = crc32(part, running.crc);
      running.at = upTo;
      if (upTo < end) return;
      if (running.crc !== stated && !candidate.holes.overlaps(start, end)) {
        const { shards, damage } = this.#prover;
        suspect(shards, candidate, { start, end }, "fails its checksum", damage);
      }
      candidate.checked.add(start, end);
      running.crc = 0;
    }
  }

  /** Compares shards with each other though their checksums pass. */
  #compare(rows: ReadonlyMap<Candidate, Uint8Array>, range: ByteRange): void {
    if (!this.#compareParity) return;
    for (let start = range.start; start < range.end; start += BLOCK_BYTES) {
      const end = Math.min(range.end, start + BLOCK_BYTES);
      if (this.#covered.covers(start, end)) this.#locate(rows, range.start, start, end);
    }
  }

  #locate(
    rows: ReadonlyMap<Candidate, Uint8Array>,
    rowsStart: number,
    start: number,
    end: number,
  ): void {
    const { shards, codec, damage } = this.#prover;
    const present = new Map<number, Uint8Array>();
    const candidates: Candidate[] = [];
    for (const [candidate, row] of rows) {
      const usable = !candidate.holes.overlaps(start, end) &&
        !candidate.suspect.overlaps(start, end);
      if (!usable || present.has(candidate.shard)) continue;
      present.set(candidate.shard, row);
      candidates.push(candidate);
    }
    if (present.size <= codec.k) return;
    const bad = codec.locate(present, start - rowsStart, end - rowsStart) ?? [];
    for (const candidate of candidates.filter(({ shard }) => bad.includes(shard))) {
      suspect(shards, candidate, { start, end }, "disagrees with the other shards", damage);
    }
  }
}
