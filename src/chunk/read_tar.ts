/**
 * The whole tar stream of an archive, as far as it can be proven: chunks in numeric order, whatever
 * is lost between them told as gaps, and the places where a member is known to start after a gap.
 * Such places come from chunk headers and the index only, never from looking at the bytes.
 *
 * @module
 */

import type { ArchiveChunks } from "./read_archive_chunks.ts";
import type { ChunkReader } from "./read_chunk.ts";
import { type FrameDecompressor, readContent } from "./read_content.ts";
import { type TarItem, Timeline } from "./read_timeline.ts";

/** How the tar stream is read. */
export interface ReadTarOptions {
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

/** Reads the whole tar stream in order. */
export function readTar(
  archive: ArchiveChunks,
  options: ReadTarOptions,
): AsyncGenerator<TarItem> {
  return new TarStream(archive, options).read();
}

class TarStream {
  readonly #archive: ArchiveChunks;
  readonly #options: ReadTarOptions;
  readonly #line: Timeline;

  constructor(archive: ArchiveChunks, options: ReadTarOptions) {
    this.#archive = archive;
    this.#options = options;
    this.#line = new Timeline(archive.lost);
  }

  async *read(): AsyncGenerator<TarItem> {
    const line = this.#line;
    for (const chunk of this.#archive.numbers) {
      if (line.ended) {
        this.#archive.remark(`chunk ${chunk} comes after the archive's last; ignored`);
        continue;
      }
      const before = chunk - 1;
      if (before >= line.nextChunk) line.miss(line.nextChunk, before, noShards(line, before));
      const reader = await this.#archive.openOrMiss(chunk, line);
      if (reader === undefined) continue;
      try {
        yield* this.#chunk(chunk, reader);
      } finally {
        await reader.close();
      }
    }
    if (!line.ended) yield* this.#end();
  }

  async *#chunk(chunk: number, reader: ChunkReader): AsyncGenerator<TarItem> {
    const line = this.#line;
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
    const { decompressor, verify, audit, onChunk } = this.#options;
    onChunk?.({ chunk, tarOffset, tarBytes });
    for await (const item of readContent(reader, decompressor, { verify, audit })) {
      if (item.kind === "lost") {
        const reason = `chunk ${chunk}: ${item.reason}`;
        yield* line.gap(item.contentBytes, { first: chunk, last: chunk }, reason);
        continue;
      }
      yield* this.#data(item.bytes, reader);
    }
    await reader.explain();
  }

  /** Data, cut where a member is known to start if there was a gap before. */
  async *#data(bytes: Uint8Array, reader: ChunkReader): AsyncGenerator<TarItem> {
    const line = this.#line;
    const tarOffset = line.at;
    line.at += bytes.length;
    const member = line.resync ? await this.#memberFrom(tarOffset, reader) : undefined;
    if (member === undefined || member >= line.at) {
      yield { kind: "data", tarOffset, bytes, own: true };
      return;
    }
    line.resync = false;
    const cut = member - tarOffset;
    if (cut > 0) yield { kind: "data", tarOffset, bytes: bytes.subarray(0, cut), own: false };
    yield { kind: "resync", tarOffset: member };
    yield { kind: "data", tarOffset: member, bytes: bytes.subarray(cut), own: false };
  }

  async #memberFrom(tarOffset: number, reader: ChunkReader): Promise<number | undefined> {
    const { nextMember } = reader.opened.facts;
    const recorded = await this.#options.nextMember?.(tarOffset);
    if (recorded !== undefined && recorded >= tarOffset) return recorded;
    return nextMember !== undefined && nextMember >= tarOffset ? nextMember : undefined;
  }

  /** What the index knows of chunks after the last one found. */
  async *#end(): AsyncGenerator<TarItem> {
    const { name, isUnfinished } = this.#archive;
    const line = this.#line;
    let tarEnd: number | undefined;
    let complete = false;
    for (let chunk = line.nextChunk;; chunk++) {
      const record = await this.#archive.recordOf(chunk);
      if (record === undefined) break;
      tarEnd = record.tar_offset + record.uncompressed_size;
      complete = record.last;
    }
    if (!complete && isUnfinished && !line.isInterrupted) {
      this.#archive.remark(`${name} was never finished: it ends after what was read`);
      tarEnd ??= line.at;
    }
    yield* line.finish(tarEnd);
  }
}

function noShards({ nextChunk }: Timeline, last: number): string {
  return nextChunk === last
    ? `chunk ${last}: no shards were found`
    : `chunks ${nextChunk} to ${last}: no shards were found`;
}
