/**
 * Rows of one payload range: what candidates hold there, each read at most once, and the k data rows
 * decoded from them. Buffers are kept for the next range.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import type { Candidate, ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
import { RangeSet } from "./read_ranges.ts";
import type { RowCodec } from "./recover_codec.ts";
import { type PlanOptions, planSegments, type Segment } from "./recover_plan.ts";

/** Bytes of rows kept at a time beyond those that a decoding needs. */
const KEEP_BYTES = 48 * 2 ** 20;

interface Row {
  bytes: Uint8Array;
  have: RangeSet;
}

/** Reads and decodes one payload range after the other. */
export class RowReader {
  readonly #shards: ChunkShards;
  readonly #codec: RowCodec;
  readonly #damage: DamageLog;
  readonly #rows = new Map<Candidate, Row>();
  readonly #decoded = new Map<number, Uint8Array>();
  #range: ByteRange = { start: 0, end: 0 };

  constructor(shards: ChunkShards, codec: RowCodec, damage: DamageLog) {
    this.#shards = shards;
    this.#codec = codec;
    this.#damage = damage;
  }

  /** Turns to a payload range (cell boundaries, or the payload's end). */
  moveTo(range: ByteRange): void {
    if (range.start === this.#range.start && range.end === this.#range.end) return;
    this.#range = { ...range };
    for (const row of this.#rows.values()) row.have = new RangeSet();
  }

  /** The payload range it stands at. */
  get range(): ByteRange {
    return this.#range;
  }

  /**
   * The k data rows of the whole range, or undefined where fewer than k candidates are usable.
   * They stay valid until the next call.
   */
  async decode(options: PlanOptions): Promise<Uint8Array[] | undefined> {
    const { k } = this.#shards;
    for (;;) {
      const segments = planSegments(k, this.#range, options);
      if (segments.some((segment) => segment.chosen === undefined)) return undefined;
      if (await this.#load(segments)) return this.#dataRows(segments);
    }
  }

  /** The candidate's bytes in the range; holes that turn up are noted in it. */
  async row(candidate: Candidate): Promise<Uint8Array> {
    await this.#read(candidate, this.#range);
    return this.#rows.get(candidate)!.bytes;
  }

  /** Reads what the segments need; false when holes came to light, so that another plan is due. */
  async #load(segments: readonly Segment[]): Promise<boolean> {
    const wanted = new Map<Candidate, ByteRange>();
    for (const { start, end, chosen } of segments) {
      for (const candidate of chosen!) {
        const before = wanted.get(candidate);
        wanted.set(candidate, { start: before?.start ?? start, end });
      }
    }
    this.#makeRoom(wanted.keys());
    const clean = await Promise.all(
      [...wanted].map(([candidate, range]) => this.#read(candidate, range)),
    );
    if (clean.every((ok) => ok)) return true;
    // A hole between two segments that the candidate serves does not matter.
    return segments.every(({ start, end, chosen }) =>
      chosen!.every((candidate) => !candidate.holes.overlaps(start, end))
    );
  }

  #makeRoom(needed: Iterable<Candidate>): void {
    const length = this.#range.end - this.#range.start;
    const keep = new Set(needed);
    let bytes = keep.size * length;
    for (const [candidate, row] of this.#rows) {
      if (keep.has(candidate)) continue;
      bytes += row.bytes.length;
      if (bytes > KEEP_BYTES) this.#rows.delete(candidate);
    }
  }

  #rowFor(candidate: Candidate): Row {
    const length = this.#range.end - this.#range.start;
    let row = this.#rows.get(candidate);
    if (row === undefined || row.bytes.buffer.byteLength < length) {
      row = { bytes: new Uint8Array(length), have: new RangeSet() };
      this.#rows.set(candidate, row);
    }
    if (row.bytes.length !== length) row.bytes = new Uint8Array(row.bytes.buffer, 0, length);
    return row;
  }

  /** Reads a part of the range; false when it has holes that were not known. */
  async #read(candidate: Candidate, range: ByteRange): Promise<boolean> {
    const row = this.#rowFor(candidate);
    if (row.have.covers(range.start, range.end)) return true;
    const offset = range.start - this.#range.start;
    const target = row.bytes.subarray(offset, offset + range.end - range.start);
    const found = await readPayload(this.#shards, candidate, range.start, target, this.#damage);
    row.have.add(range.start, range.end);
    return found;
  }

  #dataRows(segments: readonly Segment[]): Uint8Array[] {
    const direct = (shard: number) => {
      const serving = segments.map(({ chosen }) => chosen!.find((c) => c.shard === shard));
      return serving.every((candidate) => candidate === serving[0]) ? serving[0] : undefined;
    };
    const rows: Uint8Array[] = [];
    const assembled = new Map<number, Uint8Array>();
    for (let shard = 0; shard < this.#shards.k; shard++) {
      const candidate = direct(shard);
      if (candidate === undefined) assembled.set(shard, this.#decodedRow(shard));
      rows.push(candidate ? this.#rows.get(candidate)!.bytes : assembled.get(shard)!);
    }
    if (assembled.size > 0) { for (const segment of segments) this.#assemble(assembled, segment); }
    return rows;
  }

  #decodedRow(shard: number): Uint8Array {
    const length = this.#range.end - this.#range.start;
    let row = this.#decoded.get(shard);
    if (row === undefined || row.buffer.byteLength < length) row = new Uint8Array(length);
    row = new Uint8Array(row.buffer, 0, length);
    this.#decoded.set(shard, row);
    return row;
  }

  /** Fills a segment of data rows: copied where a candidate serves them, else computed. */
  #assemble(rows: ReadonlyMap<number, Uint8Array>, { start, end, chosen }: Segment): void {
    const [from, to] = [start - this.#range.start, end - this.#range.start];
    const present = new Map(
      chosen!.map((c) => [c.shard, this.#rows.get(c)!.bytes.subarray(from, to)]),
    );
    const wanted = new Map<number, Uint8Array>();
    for (const [shard, row] of rows) {
      const served = present.get(shard);
      if (served !== undefined) row.set(served, from);
      else wanted.set(shard, row.subarray(from, to));
    }
    if (wanted.size > 0) this.#codec.rebuild(present, wanted, to - from);
  }
}

/**
 * Reads payload bytes of a candidate and notes in it what could not be read.
 *
 * @returns false when holes came to light that were not known before
 */
export async function readPayload(
  shards: ChunkShards,
  candidate: Candidate,
  start: number,
  target: Uint8Array,
  damage: DamageLog,
): Promise<boolean> {
  const { headerBytes, chunk } = shards;
  const { source } = candidate;
  const { length, holes } = await source.read(headerBytes + start, target);
  const at = { chunk, shard: candidate.shard, origin: source.origin };
  let clean = true;
  const note = (what: "truncated" | "unreadable", detail: string, from: number, to: number) => {
    if (!candidate.holes.add(from, to)) return;
    clean = false;
    candidate.faults++;
    damage.add(at, what, detail, { start: from, end: to });
  };
  if (length < target.length) {
    target.fill(0, length);
    note("truncated", "ends before it should", start + length, start + target.length);
  }
  for (const hole of holes) {
    const detail = source.failure ?? "the medium does not give it back";
    note("unreadable", detail, hole.start - headerBytes, hole.end - headerBytes);
  }
  return clean;
}
