/**
 * Opening an archive to read it: its shards, and those of the indexes found that are its own.
 *
 * @module
 */

import { ArchiveReader, type ChunkExtent } from "../chunk/read_archive.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";
import type { IndexCandidate } from "../chunk/read_identity.ts";
import { EctarError } from "../errors.ts";
import { IndexReader } from "../index/index_reader.ts";
import type { ChunkRecord, FileRecord, IndexHead } from "../index/records.ts";
import type { IndexHandle, ShardSetReader } from "../shard/shard_io.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";

/** How to open an archive. */
export interface OpenArchiveOptions {
  /** Compare SHA-256s. Without, only zstd's own checksums catch wrong bytes. @default true */
  verify?: boolean;
  /** Read all shards and check every piece; `parity` compares all shards with each other, too. */
  audit?: "pieces" | "parity";
  /** Where the shards are; the caller closes it. */
  shards: ShardSetReader;
  /** Decompresses frames; the caller closes it. */
  decompressor: FrameCompressor;
}

/** An index that could be read. */
export interface OpenIndex {
  /** Where it is, for messages. */
  origin: string;
  /** What stands before its chunks. */
  head: IndexHead;
  /** Its records. */
  reader: IndexReader;
}

/** An archive being read. */
export class OpenArchive {
  /** Archive name as its places call it. */
  readonly name: string;
  /**
   * Proven tar bytes and damage; undefined where only indexes were found.
   *
   * @internal
   */
  readonly reader: ArchiveReader | undefined;
  /** The index that is believed to be this archive's, if any. */
  readonly index: OpenIndex | undefined;
  /** The chunks whose tar bytes have been begun, in order. */
  readonly chunkExtents: readonly ChunkExtent[];
  readonly #shards: ShardSetReader;
  readonly #remarks: string[];

  private constructor(
    shards: ShardSetReader,
    reader: ArchiveReader | undefined,
    index: OpenIndex | undefined,
    remarks: string[],
    chunkExtents: readonly ChunkExtent[] = [],
  ) {
    this.chunkExtents = chunkExtents;
    this.name = shards.name;
    this.reader = reader;
    this.index = index;
    this.#shards = shards;
    this.#remarks = remarks;
  }

  /**
   * Opens what was found.
   *
   * @throws {EctarError} `not-found` when there are neither shards nor a readable index
   */
  static async open(options: OpenArchiveOptions): Promise<OpenArchive> {
    const { shards } = options;
    const remarks: string[] = [];
    const indexes = await readableIndexes(shards, remarks);
    const hasShards = (await shards.chunkNumbers()).length > 0;
    if (!hasShards) {
      if (indexes.length === 0) {
        throw new EctarError("not-found", `no shards and no index of ${shards.name} can be read`, {
          archive: shards.name,
        });
      }
      return new OpenArchive(shards, undefined, indexes[0], remarks);
    }
    // Settled below, before anything of the archive is read.
    let members: MemberCursor | undefined;
    const chunkExtents: ChunkExtent[] = [];
    const reader = await ArchiveReader.open({
      ...options,
      onChunk: (extent) => chunkExtents.push(extent),
      indexes: indexes.map(candidate),
      nextMember: (tarOffset) => members?.nextFrom(tarOffset) ?? Promise.resolve(undefined),
    });
    const own = indexes.find((index) =>
      reader.indexes.some(({ origin }) => origin === index.origin)
    );
    if (own !== undefined) members = new MemberCursor(own.reader);
    return new OpenArchive(shards, reader, own, remarks, chunkExtents);
  }

  /** Archive UUID: as chunks prove it, else as the index says; undefined where neither is there. */
  get uuid(): string | undefined {
    return this.reader?.archiveUuid ?? this.index?.head.archive_uuid;
  }

  /** What was found wrong so far with which shard. */
  get damage(): ShardDamage[] {
    return this.reader?.damage.report() ?? [];
  }

  /** What was noticed so far, one line each. */
  get remarks(): string[] {
    return [...this.#shards.remarks, ...this.#remarks, ...this.reader?.remarks ?? []];
  }

  /**
   * The proven tar bytes.
   *
   * @internal
   * @throws {EctarError} `not-found` when there are no shards
   */
  requireShards(): ArchiveReader {
    if (this.reader !== undefined) return this.reader;
    throw new EctarError("not-found", `no shards of ${this.name} were found, only its index`, {
      archive: this.name,
      hint: this.index?.head.layout === "tapes"
        ? "its shards are on tapes: name the drives with --tape-devices"
        : "name all directories or drives that hold its shards",
    });
  }

  /** Tar offset of each chunk, by chunk number, as the index says. */
  async chunkOffsets(): Promise<ReadonlyMap<number, number>> {
    return this.index === undefined ? new Map() : await chunkOffsetsOf(this.index.reader);
  }

  /** Every index found, whatever it holds. */
  indexHandles(): Promise<readonly IndexHandle[]> {
    return this.#shards.indexes();
  }

  /** Which shards of which chunks were found, as their places call them. */
  async presence(): Promise<{ chunk: number; shards: number[] }[]> {
    const found: { chunk: number; shards: number[] }[] = [];
    for (const chunk of await this.#shards.chunkNumbers()) {
      const shards = new Set<number>();
      for (const handle of await this.#shards.openChunk(chunk)) {
        shards.add(handle.shard);
        await handle.close();
      }
      found.push({ chunk, shards: [...shards].sort((a, b) => a - b) });
    }
    return found;
  }

  /** Lets go of what was opened here. */
  async close(): Promise<void> {
    await this.reader?.close();
  }
}

/** Indexes whose head can be read; a remark for each of the others. */
async function readableIndexes(shards: ShardSetReader, remarks: string[]): Promise<OpenIndex[]> {
  const readable: OpenIndex[] = [];
  for (const handle of await shards.indexes()) {
    const reader = new IndexReader(handle);
    try {
      readable.push({ origin: handle.origin, head: await reader.head(), reader });
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      remarks.push(`${error.message}; it is not used`);
    }
  }
  return readable;
}

function candidate({ origin, head, reader }: OpenIndex): IndexCandidate {
  const cursor = new ChunkCursor(reader);
  return { origin, head, record: (chunk) => cursor.record(chunk) };
}

/** Chunk records by number, in rising order without reading twice, in any order by starting anew. */
class ChunkCursor {
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
}

/** Starts of members by rising tar offset, as the index's file records give them. */
class MemberCursor {
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
}

async function chunkOffsetsOf(reader: IndexReader): Promise<Map<number, number>> {
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
