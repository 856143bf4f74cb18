/**
 * Reading an index along with the archive: chunk records by number and starts of members by offset,
 * without reading the index anew for each.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { IndexReader } from "../index/index_reader.ts";
import type { ChunkRecord, FileRecord } from "../index/records.ts";

/** Chunk records by number, in rising order without reading twice, in any order by starting anew. */
export class ChunkCursor {
  readonly #reader: IndexReader;
  #records: AsyncGenerator<ChunkRecord> | undefined;
  #current: ChunkRecord | undefined;
  #failed = false;

  constructor(reader: IndexReader) {
    this.#reader = reader;
  }

  /** The record, or undefined when the index has none or is damaged before it. */
  async record(chunk: number): Promise<ChunkRecord | undefined> {
    if (this.#current !== undefined && this.#current.chunk_number > chunk) {
      await this.#records?.return(undefined);
      this.#records = undefined;
    }
    if (this.#records === undefined) {
      this.#records = this.#reader.chunks();
      this.#current = undefined;
      this.#failed = false;
    }
    while (!this.#failed && (this.#current?.chunk_number ?? 0) < chunk) {
      try {
        const { value, done } = await this.#records.next();
        if (done) return undefined;
        this.#current = value;
      } catch (error) {
        if (!(error instanceof EctarError)) throw error;
        this.#failed = true;
      }
    }
    return this.#current?.chunk_number === chunk ? this.#current : undefined;
  }

  /** Lets go of the index. */
  async close(): Promise<void> {
    await this.#records?.return(undefined);
    this.#records = undefined;
  }
}

/** Starts of members by rising tar offset, as the index's file records give them. */
export class MemberCursor {
  readonly #reader: IndexReader;
  #files: AsyncGenerator<FileRecord> | undefined;
  #offsets: ReadonlyMap<number, number> | undefined;
  #current: number | undefined;
  #ended = false;

  constructor(reader: IndexReader) {
    this.#reader = reader;
  }

  /** Tar offset of the first member that starts at or after `tarOffset`. */
  async nextFrom(tarOffset: number): Promise<number | undefined> {
    try {
      this.#offsets ??= await chunkOffsetsOf(this.#reader);
      this.#files ??= this.#reader.files();
      while (!this.#ended && (this.#current ?? -1) < tarOffset) {
        const { value, done } = await this.#files.next();
        if (done) this.#ended = true;
        else this.#current = memberOffset(value, this.#offsets);
      }
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#ended = true;
    }
    return this.#current !== undefined && this.#current >= tarOffset ? this.#current : undefined;
  }

  /** Lets go of the index. */
  async close(): Promise<void> {
    await this.#files?.return(undefined);
    this.#ended = true;
  }
}

/** Tar offset of each chunk, by chunk number. */
export async function chunkOffsetsOf(reader: IndexReader): Promise<Map<number, number>> {
  const offsets = new Map<number, number>();
  for await (const chunk of reader.chunks()) offsets.set(chunk.chunk_number, chunk.tar_offset);
  return offsets;
}

/** Tar offset of a member, or undefined when its chunk is not known. */
export function memberOffset(
  file: FileRecord,
  chunkOffsets: ReadonlyMap<number, number>,
): number | undefined {
  const chunk = chunkOffsets.get(file.chunk);
  return chunk === undefined ? undefined : chunk + file.offset;
}
