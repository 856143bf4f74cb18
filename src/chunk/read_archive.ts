/**
 * The tar stream of an archive, as far as it can be proven: chunks in numeric order, whatever is
 * lost between them told as gaps, and the places where a member is known to start after a gap. Such
 * places come from chunk headers and the index only, never from looking at the bytes.
 *
 * @module
 */

import { ReedSolomon } from "../erasure/reed_solomon.ts";
import type { ChunkHeader } from "./header.ts";
import { EctarError, isHostLimit } from "../errors.ts";
import type { ByteRange, ShardSetReader } from "../shard/shard_io.ts";
import {
  checkAt,
  type CheckDepth,
  type ChunkCheck,
  type ChunkVisit,
  visitChunks,
} from "./read_check.ts";
import { ChunkReader } from "./read_chunk.ts";
import { type ContentItem, type FrameDecompressor, readContent } from "./read_content.ts";
import { DamageLog } from "./read_damage.ts";
import type { IndexChunk } from "./read_facts.ts";
import {
  type Identity,
  type IndexCandidate,
  type Opener,
  recordsOf,
  settleIdentity,
} from "./read_identity.ts";
import { type LostPart, type TarItem, Timeline } from "./read_timeline.ts";
import { RowCodec } from "./recover_codec.ts";

/** What opening an archive takes. */
export interface ReadArchiveOptions {
  /** Where the shards are. */
  shards: ShardSetReader;
  /** Indexes found, the likeliest first; those of other archives are told apart and ignored. */
  indexes: readonly IndexCandidate[];
  /** Decompresses frames and compares their SHA-256s. */
  decompressor: FrameDecompressor;
  /** Compare SHA-256s. Without, only zstd's own checksums catch wrong bytes. @default true */
  verify?: boolean;
  /** Read all shards and check every piece; `parity` compares all shards with each other, too. */
  audit?: "pieces" | "parity";
  /**
   * First tar offset from `tarOffset` on at which a member starts, as the index's file records say,
   * or undefined when they do not tell. Finer than what chunk headers know.
   */
  nextMember?: (tarOffset: number) => Promise<number | undefined>;
  /** Called before the first tar byte of each chunk that can be read. */
  onChunk?: (chunk: ChunkExtent) => void;
}

/** Which part of the tar stream a chunk is. */
export interface ChunkExtent {
  /** Chunk number, from 1. */
  chunk: number;
  /** Tar offset of its first byte. */
  tarOffset: number;
  /** Tar bytes in it. */
  tarBytes: number;
}

/** How chunks are checked. */
export interface CheckOptions {
  /** First chunk to check. @default 1 */
  from?: number | undefined;
  /** Called with the chunk bytes that were proven, as they come. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** An archive being read. One stream at a time. */
export class ArchiveReader {
  /** Damage found so far. */
  readonly damage: DamageLog = new DamageLog();
  /** What was noticed so far, one line each. */
  readonly remarks: string[] = [];
  /** What could not be read so far. */
  readonly lost: LostPart[] = [];
  readonly #options: ReadArchiveOptions;
  readonly #chunks: readonly number[];
  #codec: RowCodec | undefined;
  #identity: Identity = { hints: {}, indexes: [], header: undefined, opened: undefined };

  private constructor(options: ReadArchiveOptions, chunks: readonly number[]) {
    this.#options = options;
    this.#chunks = chunks;
  }

  /**
   * Finds out which archive this is.
   *
   * @throws {EctarError} `not-found` when there is no shard at all
   */
  static async open(options: ReadArchiveOptions): Promise<ArchiveReader> {
    const { shards, indexes } = options;
    const chunks = await shards.chunkNumbers();
    if (chunks.length === 0) {
      throw new EctarError("not-found", `no shards of ${shards.name} were found`, {
        archive: shards.name,
      });
    }
    const reader = new ArchiveReader(options, chunks);
    const open: Opener = (chunk, known) => reader.#open(chunk, known);
    const remark = (line: string) => reader.#remark(line);
    reader.#identity = await settleIdentity(shards.name, chunks, indexes, open, remark);
    return reader;
  }

  /** Archive UUID, or undefined when nothing proves any. */
  get archiveUuid(): string | undefined {
    return this.#identity.hints.archiveUuid;
  }

  /** Data and total shards, where known. */
  get shardCounts(): { k: number; m: number } | undefined {
    return this.#identity.hints.shardCounts;
  }

  /** The proven header of one of its chunks, where one could be read. */
  get header(): ChunkHeader | undefined {
    return this.#identity.header;
  }

  /** Indexes that are this archive's. */
  get indexes(): readonly IndexCandidate[] {
    return this.#identity.indexes;
  }

  /** The whole tar stream in order. */
  async *tar(): AsyncGenerator<TarItem> {
    const line = new Timeline(this.lost);
    for (const chunk of this.#chunks) {
      if (line.ended) {
        this.#remark(`chunk ${chunk} comes after the archive's last; ignored`);
        continue;
      }
      const before = chunk - 1;
      if (before >= line.nextChunk) line.miss(line.nextChunk, before, noShards(line, before));
      const reader = await this.#openOrMiss(chunk, line);
      if (reader === undefined) continue;
      try {
        yield* this.#chunkTar(chunk, reader, line);
      } finally {
        await reader.close();
      }
    }
    if (!line.ended) yield* this.#end(line);
  }

  /**
   * Checks chunk after chunk without decompressing anything; what is wrong with which shard goes to
   * {@link damage}.
   *
   * @param depth `ends`: presence, sizes, identity, header and trailer; `pieces`: all bytes of all
   *   shards against their checksums; `parity`: besides, all shards against each other
   */
  check(depth: CheckDepth, options: CheckOptions = {}): AsyncGenerator<ChunkCheck> {
    return this.visit(checkAt(depth, options.onBytes), options.from);
  }

  /**
   * Looks at chunk after chunk; those that cannot be opened come as lost.
   *
   * @param from first chunk to look at
   */
  visit(visit: ChunkVisit, from = 1): AsyncGenerator<ChunkCheck> {
    const archive = {
      name: this.#options.shards.name,
      chunks: this.#chunks,
      open: (chunk: number) => this.#openChunk(chunk),
      isLast: async (chunk: number) => {
        const [index] = await recordsOf(chunk, this.indexes);
        return index?.record.last;
      },
      isUnfinished: this.indexes.some(({ head }) => !head.complete),
      damage: this.damage,
      lost: this.lost,
      remark: (line: string) => this.#remark(line),
    };
    return visitChunks(archive, visit, from);
  }

  /**
   * Parts of the tar stream, for reading single members: only the chunks and frames needed are read.
   *
   * @param ranges tar offsets in rising order, not overlapping
   * @throws {EctarError} `not-found` without an index of this archive
   */
  async *ranges(ranges: readonly ByteRange[]): AsyncGenerator<TarItem> {
    if (this.indexes.length === 0) {
      throw new EctarError("not-found", `no index of ${this.#options.shards.name} was found`);
    }
    const last = ranges.at(-1)?.end ?? 0;
    for (let chunk = 1;; chunk++) {
      const [index] = await recordsOf(chunk, this.indexes);
      if (index === undefined || index.record.tar_offset >= last) return;
      const { tar_offset: start, uncompressed_size: size } = index.record;
      const parts = ranges
        .map((range) => ({
          start: Math.max(range.start, start),
          end: Math.min(range.end, start + size),
        }))
        .filter((part) => part.start < part.end);
      if (parts.length > 0) yield* this.#chunkParts(chunk, start, parts);
    }
  }

  /** Lets go of the shards; the shard set itself is the caller's. */
  async close(): Promise<void> {
    await this.#identity.opened?.reader.close();
    this.#identity.opened = undefined;
  }

  async *#chunkTar(chunk: number, reader: ChunkReader, line: Timeline): AsyncGenerator<TarItem> {
    const { layout, last, tarOffset = line.isInterrupted ? undefined : line.at } = reader
      .opened.facts;
    if (tarOffset === undefined || tarOffset < line.at) {
      const problem = tarOffset === undefined ? "is not known" : "overlaps the chunk before";
      line.miss(chunk, chunk, `chunk ${chunk}: its place in the tar ${problem}`);
      return;
    }
    yield* line.arriveAt(chunk, tarOffset);
    line.ended = last;
    const tarBytes = layout.data.reduce((sum, frame) => sum + frame.contentBytes, 0);
    this.#options.onChunk?.({ chunk, tarOffset, tarBytes });
    for await (const item of this.#content(reader)) {
      if (item.kind === "lost") {
        const reason = `chunk ${chunk}: ${item.reason}`;
        yield* line.gap(item.contentBytes, { first: chunk, last: chunk }, reason);
        continue;
      }
      yield* this.#data(item.bytes, reader, line);
    }
    await reader.explain();
  }

  /** Data, cut where a member is known to start if there was a gap before. */
  async *#data(bytes: Uint8Array, reader: ChunkReader, line: Timeline): AsyncGenerator<TarItem> {
    const tarOffset = line.at;
    line.at += bytes.length;
    const member = line.resync ? await this.#memberFrom(tarOffset, reader) : undefined;
    if (member === undefined || member >= line.at) {
      yield { kind: "data", tarOffset, bytes };
      return;
    }
    line.resync = false;
    const cut = member - tarOffset;
    if (cut > 0) yield { kind: "data", tarOffset, bytes: bytes.subarray(0, cut) };
    yield { kind: "resync", tarOffset: member };
    yield { kind: "data", tarOffset: member, bytes: bytes.subarray(cut) };
  }

  async #memberFrom(tarOffset: number, reader: ChunkReader): Promise<number | undefined> {
    const { nextMember } = reader.opened.facts;
    const recorded = await this.#options.nextMember?.(tarOffset);
    if (recorded !== undefined && recorded >= tarOffset) return recorded;
    return nextMember !== undefined && nextMember >= tarOffset ? nextMember : undefined;
  }

  #content(reader: ChunkReader, wanted?: readonly number[]): AsyncGenerator<ContentItem> {
    const { decompressor, verify = true, audit } = this.#options;
    return readContent(reader, decompressor, {
      verify,
      ...(wanted === undefined ? {} : { wanted }),
      ...(audit === undefined || wanted !== undefined ? {} : { audit }),
    });
  }

  /** Parts of one chunk's tar bytes. */
  async *#chunkParts(
    chunk: number,
    start: number,
    parts: readonly ByteRange[],
  ): AsyncGenerator<TarItem> {
    const line = new Timeline(this.lost);
    const reader = await this.#openOrMiss(chunk, line);
    if (reader === undefined) {
      for (const part of parts) {
        line.at = part.start;
        yield* line.arriveAt(chunk, part.end);
      }
      return;
    }
    try {
      const { data } = reader.opened.facts.layout;
      const wanted = data.flatMap(({ contentOffset, contentBytes }, index) => {
        const from = start + contentOffset;
        return parts.some((part) => part.start < from + contentBytes && part.end > from)
          ? [index]
          : [];
      });
      for await (const item of this.#content(reader, wanted)) {
        const from = start + item.contentOffset;
        const size = item.kind === "data" ? item.bytes.length : item.contentBytes;
        for (const part of parts) {
          const tarOffset = Math.max(part.start, from);
          const end = Math.min(part.end, from + size);
          if (tarOffset >= end) continue;
          line.at = tarOffset;
          if (item.kind === "data") {
            yield {
              kind: "data",
              tarOffset,
              bytes: item.bytes.subarray(tarOffset - from, end - from),
            };
          } else {
            const reason = `chunk ${chunk}: ${item.reason}`;
            yield* line.gap(end - tarOffset, { first: chunk, last: chunk }, reason);
          }
        }
      }
    } finally {
      await reader.close();
    }
  }

  /** What the index knows of chunks after the last one found. */
  async *#end(line: Timeline): AsyncGenerator<TarItem> {
    let tarEnd: number | undefined;
    let complete = false;
    for (let chunk = line.nextChunk;; chunk++) {
      const [index] = await recordsOf(chunk, this.indexes);
      if (index === undefined) break;
      tarEnd = index.record.tar_offset + index.record.uncompressed_size;
      complete = index.record.last;
    }
    const unfinished = this.indexes.some(({ head }) => !head.complete);
    if (!complete && unfinished && !line.isInterrupted) {
      this.#remark(`${this.#options.shards.name} was never finished: it ends after what was read`);
      tarEnd ??= line.at;
    }
    yield* line.finish(tarEnd);
  }

  async #openOrMiss(chunk: number, line: Timeline): Promise<ChunkReader | undefined> {
    try {
      return await this.#openChunk(chunk);
    } catch (error) {
      if (!(error instanceof EctarError) || isHostLimit(error)) throw error;
      line.miss(chunk, chunk, error.message);
      return undefined;
    }
  }

  async #openChunk(chunk: number): Promise<ChunkReader> {
    const { opened, hints, indexes } = this.#identity;
    if (opened !== undefined && opened.chunk === chunk) {
      this.#identity.opened = undefined;
      return opened.reader;
    }
    return await this.#open(chunk, { hints, indexes: await recordsOf(chunk, indexes) });
  }

  async #open(
    chunk: number,
    known: { hints: Identity["hints"]; indexes: readonly IndexChunk[] },
  ): Promise<ChunkReader> {
    const { shards } = this.#options;
    return await ChunkReader.open({
      archive: shards.name,
      chunk,
      handles: await shards.openChunk(chunk),
      ...known,
      codecFor: (k, m) => this.#codecFor(k, m),
      damage: this.damage,
      remark: (line) => this.#remark(line),
    });
  }

  /** One codec at a time: an archive has one k and m. */
  #codecFor(k: number, m: number): RowCodec {
    if (this.#codec?.k !== k || this.#codec.m !== m) {
      this.#codec = new RowCodec(ReedSolomon.create(k, m));
    }
    return this.#codec;
  }

  #remark(line: string): void {
    if (!this.remarks.includes(line)) this.remarks.push(line);
  }
}

function noShards({ nextChunk }: Timeline, last: number): string {
  return nextChunk === last
    ? `chunk ${last}: no shards were found`
    : `chunks ${nextChunk} to ${last}: no shards were found`;
}
