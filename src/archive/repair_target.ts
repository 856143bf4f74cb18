/**
 * Takes the shards of a chunk as they must be: compares what is there with them, and writes what is
 * missing.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { CELL_BYTES } from "../chunk/layout.ts";
import type { ChunkShards } from "../chunk/chunk_writer_stripes.ts";
import type { MediumState, ShardHandle } from "../shard/shard_io.ts";
import { decodeZfecHeader, encodeZfecHeader } from "../shard/zfec_header.ts";

/** Takes the bytes of one shard. */
export interface ShardSink {
  /** Shard number, from 0. */
  shard: number;
  /** Appends. */
  write(bytes: Uint8Array): Promise<void>;
  /** All is there: makes sure of it. */
  finish(): Promise<void>;
  /** Nothing more comes. */
  abandon(): void;
}

/** What comparing a shard that was found came to. */
export interface ShardVerdict {
  /** Where it lies. */
  origin: string;
  /** Shard number its name or place claims. */
  shard: number;
  /** What is wrong with it, or undefined when it is the shard, byte for byte. */
  problem: string | undefined;
  /** Whether it may be something else than a shard of this chunk, which nothing else may hold. */
  isStrange: boolean;
  /**
   * Whether it looks like a shard of another archive with nearly the same content: chunks begin and
   * end with what tells archives apart.
   */
  isStranger: boolean;
}

/** Compares and writes the shards of one chunk. */
export class RepairTarget implements ChunkShards {
  readonly k: number;
  readonly m: number;
  readonly blockSize = 1;
  readonly #comparisons: Comparison[];
  readonly #sinks: readonly ShardSink[];

  /**
   * @param found shards to be compared with the number their names claim; all below m
   * @param sinks shards to be written
   */
  constructor(k: number, m: number, found: readonly ShardHandle[], sinks: readonly ShardSink[]) {
    this.k = k;
    this.m = m;
    this.#comparisons = found.map((handle) => new Comparison(handle, k, m));
    this.#sinks = sinks;
  }

  /** What the comparisons came to, after `endChunk`. */
  get verdicts(): ShardVerdict[] {
    return this.#comparisons.map((comparison) => comparison.verdict());
  }

  async beginChunk(): Promise<void> {
    const { k, m } = this;
    for (const comparison of this.#comparisons) await comparison.begin();
    for (const sink of this.#sinks) {
      await sink.write(encodeZfecHeader({ k, m, padlen: 0, sharenum: sink.shard }));
    }
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    const results = await Promise.allSettled([
      ...this.#comparisons.map((comparison) => comparison.compare(shards)),
      ...this.#sinks.map((sink) => sink.write(shards[sink.shard])),
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return "ok";
  }

  async endChunk(): Promise<void> {
    for (const comparison of this.#comparisons) await comparison.end();
    for (const sink of this.#sinks) await sink.finish();
  }

  discardChunk(): Promise<void> {
    for (const sink of this.#sinks) sink.abandon();
    return Promise.resolve();
  }
}

/** One shard that was found. */
class Comparison {
  readonly #handle: ShardHandle;
  readonly #k: number;
  readonly #m: number;
  /** Number its own header claims, where that is another of this chunk's. */
  #otherShard: number | undefined;
  #isOther = true;
  #problem: string | undefined;
  /** Whether more than a cell follows after its end. */
  #goesOn = false;
  #offset = 0;
  #cells = 0;
  #wrongCells = 0;
  #strangeCells = 0;
  /** Strange cells before the first that is not. */
  #strangeAtFirst = 0;
  #buffer = new Uint8Array(0);

  constructor(handle: ShardHandle, k: number, m: number) {
    this.#handle = handle;
    this.#k = k;
    this.#m = m;
  }

  async begin(): Promise<void> {
    const { shard } = this.#handle;
    const right = encodeZfecHeader({ k: this.#k, m: this.#m, padlen: 0, sharenum: shard });
    const found = await this.#read(right.length);
    if (found !== undefined && Buffer.compare(found, right) === 0) return;
    this.#problem = "its zfec header is wrong";
    this.#otherShard = found && otherShard(found, this.#k, this.#m);
  }

  async compare(shards: readonly Uint8Array[]): Promise<void> {
    const right = shards[this.#handle.shard];
    const found = await this.#read(right.length);
    if (found === undefined) return;
    if (this.#otherShard !== undefined) {
      this.#isOther &&= Buffer.compare(found, shards[this.#otherShard]) === 0;
    }
    const before = this.#cells;
    this.#cells += Math.ceil(right.length / CELL_BYTES);
    if (Buffer.compare(found, right) === 0) return;
    for (let at = 0; at < right.length; at += CELL_BYTES) {
      const cell = found.subarray(at, Math.min(right.length, at + CELL_BYTES));
      if (Buffer.compare(cell, right.subarray(at, at + cell.length)) === 0) continue;
      this.#wrongCells++;
      if (cell.every((byte) => byte === 0)) continue;
      this.#strangeCells++;
      if (before + at / CELL_BYTES === this.#strangeAtFirst) this.#strangeAtFirst++;
    }
  }

  async end(): Promise<void> {
    const { length } = await this.#handle.read(this.#offset, new Uint8Array(CELL_BYTES));
    if (length === 0) return;
    this.#problem ??= "bytes follow after its end";
    this.#goesOn = length === CELL_BYTES;
  }

  verdict(): ShardVerdict {
    const { origin, shard } = this.#handle;
    const isOther = this.#otherShard !== undefined && this.#isOther && this.#cells > 0;
    const wrong = this.#wrongCells === 0
      ? this.#problem
      : `${this.#wrongCells} of its ${this.#cells} cells of ${CELL_BYTES} bytes are wrong`;
    // One stretch at its beginning is damage as any; another archive's differs farther on as well.
    const isStranger = this.#strangeAtFirst > 0 && this.#strangeCells > this.#strangeAtFirst;
    return {
      origin,
      shard,
      isStranger: !isOther && isStranger,
      problem: isOther ? `it is shard ${this.#otherShard} under a wrong name` : wrong,
      isStrange: !isOther && (this.#goesOn || this.#strangeCells * 2 > this.#cells),
    };
  }

  /** The next bytes, or undefined where they cannot all be read, which is noted. */
  async #read(length: number): Promise<Uint8Array | undefined> {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const target = this.#buffer.subarray(0, length);
    try {
      const read = await this.#handle.read(this.#offset, target);
      if (read.length < length) {
        this.#problem ??= "it ends before it should";
        target.fill(0, read.length);
      }
      if (read.holes.length > 0) this.#problem ??= "the medium does not give all of it back";
      return target;
    } catch (error) {
      this.#problem ??= error instanceof Error ? error.message : String(error);
      return undefined;
    } finally {
      this.#offset += length;
    }
  }
}

function otherShard(header: Uint8Array, k: number, m: number): number | undefined {
  try {
    const found = decodeZfecHeader(header);
    return found.k === k && found.m === m && found.padlen === 0 ? found.sharenum : undefined;
  } catch {
    return undefined;
  }
}
