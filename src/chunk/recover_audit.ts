/**
 * Reads every shard of a chunk, also those that nobody needs, and notes each piece that is not as it
 * was written. For verifying.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { ByteRange } from "../shard/shard_io.ts";
import { pieceRange } from "./layout.ts";
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
  readonly #compareParity: boolean;
  readonly #disputed = new RangeSet();
  /** Buffers for parity, by shard. */
  readonly #parity = new Map<number, Uint8Array>();

  /** @param compareParity whether to compare all shards with each other where checksums pass, too */
  constructor(prover: Prover, compareParity: boolean) {
    this.#prover = prover;
    this.#compareParity = compareParity;
    const { shards, tables, layout } = prover;
    for (const table of tables) {
      const { start } = coverage(table, layout.shardBytes);
      for (const candidate of shards.candidates) {
        this.#running.push({ candidate, table, crc: 0, at: start });
      }
    }
  }

  /** Payload ranges where shards that pass their checksums disagree. */
  get disputed(): readonly ByteRange[] {
    return this.#disputed.ranges;
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
      const { start, end } = pieceRange(piece, pieceBytes, shardBytes);
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

  /**
   * Notes where shards differ from what the data rows of the same range encode to, though their
   * checksums pass; which of them is wrong is found out later (see recover_compare.ts).
   *
   * @param data the k data rows of the reader's range, or undefined where they cannot be had
   */
  async compare(reader: RowReader, data: readonly Uint8Array[] | undefined): Promise<void> {
    if (!this.#compareParity || data === undefined) return;
    const { start, end } = reader.range;
    const { codec, shards } = this.#prover;
    const length = end - start;
    const expected = new Map<number, Uint8Array>(data.map((row, shard) => [shard, row]));
    const parity = new Map<number, Uint8Array>();
    for (let shard = codec.k; shard < codec.m; shard++) parity.set(shard, this.#row(shard, length));
    codec.rebuild(expected, parity, length);
    for (const [shard, row] of parity) expected.set(shard, row);
    for (const candidate of shards.candidates) {
      const found = await reader.row(candidate);
      if (found !== expected.get(candidate.shard)) {
        this.#note(candidate, start, found, expected.get(candidate.shard)!);
      }
    }
  }

  #note({ holes, suspect }: Candidate, start: number, found: Uint8Array, right: Uint8Array): void {
    for (let at = 0; at < found.length; at += BLOCK_BYTES) {
      const to = Math.min(found.length, at + BLOCK_BYTES);
      if (Buffer.compare(found.subarray(at, to), right.subarray(at, to)) === 0) continue;
      const [from, end] = [start + at, start + to];
      if (holes.covers(from, end) || suspect.covers(from, end)) continue;
      this.#disputed.add(from, end);
    }
  }

  #row(shard: number, length: number): Uint8Array {
    const kept = this.#parity.get(shard);
    const row = kept !== undefined && kept.buffer.byteLength >= length
      ? new Uint8Array(kept.buffer, 0, length)
      : new Uint8Array(length);
    this.#parity.set(shard, row);
    return row;
  }
}
