/**
 * From shards of which some may be wrong to bytes that are proven: ways of reading are tried one
 * after the other, from cheap to costly, until one gives bytes that the judge (a SHA-256) accepts.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import type { StripeLayout } from "./layout.ts";
import type { Candidate, ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
import { RangeSet } from "./read_ranges.ts";
import { RowReader } from "./read_rows.ts";
import { gather } from "./read_gather.ts";
import { checkPieces, type PieceTable, suspect } from "./recover_checksums.ts";
import type { RowCodec } from "./recover_codec.ts";
import { type Disagreements, locateDisagreements } from "./recover_locate.ts";
import { byReliability, type PlanOptions } from "./recover_plan.ts";
import { candidateSubsets } from "./recover_subsets.ts";

/**
 * One way of reading the chunk: bytes `start ≤ offset < end`, or undefined where it has too few
 * shards. What it returns is not proven.
 */
export type View = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Reads through a view and returns what it proves right; undefined when it is not. */
export type Judge<T> = (view: View) => Promise<T | undefined>;

/** Bytes decoded in searches that found nothing, after which a chunk is searched no more. */
const SEARCH_BUDGET_BYTES = 64 * 2 ** 30;

/** Proves parts of one chunk. */
export class Prover {
  readonly shards: ChunkShards;
  readonly layout: StripeLayout;
  readonly codec: RowCodec;
  readonly damage: DamageLog;
  /** Where candidates were doubted without a checksum that says so. */
  readonly guesses: Map<Candidate, RangeSet> = new Map();
  /** Called once when a part cannot be proven: may add tables; true when it did. */
  onStuck: (() => Promise<boolean>) | undefined;
  readonly #tables: PieceTable[] = [];
  #searched = 0;

  constructor(shards: ChunkShards, layout: StripeLayout, codec: RowCodec, damage: DamageLog) {
    this.shards = shards;
    this.layout = layout;
    this.codec = codec;
    this.damage = damage;
  }

  /** Piece checksums known so far. */
  get tables(): readonly PieceTable[] {
    return this.#tables;
  }

  /**
   * Proves a part of the chunk.
   *
   * @param focus chunk bytes that damage is looked for in; the judge may read others, too
   */
  async prove<T>(focus: ByteRange, judge: Judge<T>): Promise<T | undefined> {
    return await this.tryAsPlanned(judge) ??
      await this.#byChecksums(focus, judge) ??
      await this.#byDisagreement(judge) ??
      await this.#bySearch(focus, judge) ??
      await this.#byMoreChecksums(focus, judge);
  }

  /** As {@link prove}, with damage that checksums locate left out, and without a search. */
  async proveQuickly<T>(focus: ByteRange, judge: Judge<T>): Promise<T | undefined> {
    return await this.tryAsPlanned(judge) ?? await this.#byChecksums(focus, judge);
  }

  /** Takes further piece checksums; what coarser ones made suspect is looked at anew. */
  addTable(table: PieceTable): void {
    this.#tables.push(table);
    this.#forgetSuspects();
  }

  /** Drops all piece checksums: they were not this chunk's. */
  dropTables(): void {
    this.#tables.length = 0;
    this.#forgetSuspects();
  }

  #forgetSuspects(): void {
    for (const candidate of this.shards.candidates) {
      candidate.checked.clear();
      candidate.suspect.clear();
    }
  }

  /** Proves with the shards that are preferred now, without looking for damage. */
  tryAsPlanned<T>(judge: Judge<T>): Promise<T | undefined> {
    const order = byReliability(this.shards.candidates);
    return judge(this.#view({ order, avoidSuspects: true }));
  }

  async #byChecksums<T>(focus: ByteRange, judge: Judge<T>): Promise<T | undefined> {
    const { shards, layout, damage } = this;
    const range = this.payloadRange(focus);
    if (!await checkPieces(shards, layout.shardBytes, this.tables, range, damage)) return undefined;
    return this.tryAsPlanned(judge);
  }

  /** With shards that disagree left out, stripe by stripe, wherever the judge reads. */
  async #byDisagreement<T>(judge: Judge<T>): Promise<T | undefined> {
    const { shards, codec, damage } = this;
    if (shards.candidates.length <= codec.k) return undefined;
    const avoid: Disagreements = new Map();
    const located = new RangeSet();
    const locate = async (range: ByteRange) => {
      if (located.covers(range.start, range.end)) return;
      located.add(range.start, range.end);
      await locateDisagreements(shards, range, codec, damage, avoid);
    };
    const order = byReliability(shards.candidates);
    for (const avoidSuspects of [false, true]) {
      const proven = await judge(this.#view({ order, avoidSuspects, avoid }, locate));
      if (proven === undefined) continue;
      for (const [candidate, ranges] of avoid) {
        for (const wrong of ranges.ranges) this.#doubt(candidate, wrong);
      }
      return proven;
    }
    return undefined;
  }

  /** With one choice of k shards after the other. */
  async #bySearch<T>(focus: ByteRange, judge: Judge<T>): Promise<T | undefined> {
    const { shards, codec: { k } } = this;
    const range = this.payloadRange(focus);
    const usable = byReliability(shards.candidates)
      .filter((candidate) => !candidate.holes.covers(range.start, range.end));
    const preferred = usable.slice(0, k);
    const readers = new Map<string, RowReader>();
    for (const subset of candidateSubsets(k, usable)) {
      if (this.#searched > SEARCH_BUDGET_BYTES) return undefined;
      const rest = usable.filter((candidate) => !subset.includes(candidate));
      const order = [...subset, ...rest];
      const view = this.#view({ order, avoidSuspects: false }, undefined, readers);
      const proven = await judge((start, end) => {
        this.#searched += end - start;
        return view(start, end);
      });
      if (proven === undefined) continue;
      for (const candidate of preferred) {
        if (!subset.includes(candidate)) this.#doubt(candidate, range);
      }
      this.#searched = 0;
      return proven;
    }
    return undefined;
  }

  async #byMoreChecksums<T>(focus: ByteRange, judge: Judge<T>): Promise<T | undefined> {
    const stuck = this.onStuck;
    this.onStuck = undefined;
    if (stuck === undefined || !await stuck()) return undefined;
    return await this.#byChecksums(focus, judge) ?? await this.#byDisagreement(judge);
  }

  /** It was better without this one; that proves nothing about each of its bytes. */
  #doubt(candidate: Candidate, range: ByteRange): void {
    candidate.faults++;
    const ranges = this.guesses.get(candidate) ?? new RangeSet();
    ranges.add(range.start, range.end);
    this.guesses.set(candidate, ranges);
  }

  /** Puts what could not be explained better into the damage found. */
  reportGuesses(): void {
    for (const [candidate, ranges] of this.guesses) {
      for (const range of ranges.ranges) {
        suspect(this.shards, candidate, range, "does not go with the other shards", this.damage);
      }
    }
    this.guesses.clear();
  }

  /** Whole cells of payload that hold a chunk range. */
  payloadRange(range: ByteRange): ByteRange {
    return this.layout.shardRangeOf(this.layout.stripesOf(range));
  }

  /** A view that keeps what it read of the last few ranges. */
  #view(
    options: PlanOptions,
    prepare?: (range: ByteRange) => Promise<void>,
    readers: Map<string, RowReader> = new Map(),
  ): View {
    return async (start, end) => {
      const range = this.payloadRange({ start, end });
      await prepare?.(range);
      const key = `${range.start}-${range.end}`;
      let reader = readers.get(key);
      if (reader === undefined) {
        if (readers.size >= 4) readers.clear();
        reader = new RowReader(this.shards, this.codec, this.damage);
        reader.moveTo(range);
        readers.set(key, reader);
      }
      const rows = await reader.decode(options);
      if (rows === undefined) return undefined;
      const bytes = new Uint8Array(end - start);
      gather(this.layout, rows, range.start, { start, end }, bytes);
      return bytes;
    };
  }
}
