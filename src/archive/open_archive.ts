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
import type { IndexHead } from "../index/records.ts";
import type { IndexHandle, ShardSetReader } from "../shard/shard_io.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";
import { ChunkCursor, chunkOffsetsOf, MemberCursor } from "./index_cursors.ts";

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

/** Something that reads an index along with the archive. */
type Cursor = ChunkCursor | MemberCursor;

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
  readonly #cursors: readonly Cursor[];

  private constructor(
    shards: ShardSetReader,
    reader: ArchiveReader | undefined,
    index: OpenIndex | undefined,
    remarks: string[],
    chunkExtents: readonly ChunkExtent[] = [],
    cursors: readonly Cursor[] = [],
  ) {
    this.#cursors = cursors;
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
          hint: "if its writing was interrupted early on, nothing of it was kept",
        });
      }
      return new OpenArchive(shards, undefined, indexes[0], remarks);
    }
    // Settled below, before anything of the archive is read.
    let members: MemberCursor | undefined;
    const cursors: Cursor[] = [];
    const chunkExtents: ChunkExtent[] = [];
    const reader = await ArchiveReader.open({
      ...options,
      onChunk: (extent) => chunkExtents.push(extent),
      indexes: indexes.map((index) => candidate(index, cursors)),
      nextMember: (tarOffset) => members?.nextFrom(tarOffset) ?? Promise.resolve(undefined),
    }).catch(async (error) => {
      await closeAll(cursors);
      throw error;
    });
    const own = indexes.find((index) =>
      reader.indexes.some(({ origin }) => origin === index.origin)
    );
    if (own !== undefined) {
      members = new MemberCursor(own.reader);
      cursors.push(members);
    }
    return new OpenArchive(shards, reader, own, remarks, chunkExtents, cursors);
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
   * Notes what else was noticed.
   *
   * @internal
   */
  remark(line: string): void {
    if (!this.#remarks.includes(line)) this.#remarks.push(line);
  }

  /**
   * The proven tar bytes.
   *
   * @internal
   * @throws {EctarError} `not-found` when there are no shards
   */
  requireShards(): ArchiveReader {
    if (this.reader !== undefined) return this.reader;
    // Drives that were named, and what is in them, are worth more than the advice to name some.
    const { remarks } = this.#shards;
    const seen = remarks.length === 0 ? "" : `: ${remarks.join("; ")}`;
    const where = this.index?.head.layout === "tapes"
      ? "its shards are on tapes: name the drives with --tape-devices"
      : "name all directories or drives that hold its shards";
    throw new EctarError(
      "not-found",
      `no shards of ${this.name} were found, only its index${seen}`,
      { archive: this.name, ...seen === "" ? { hint: where } : {} },
    );
  }

  /** Tar offset of each chunk, by chunk number, as the index says. */
  async chunkOffsets(): Promise<ReadonlyMap<number, number>> {
    return this.index === undefined ? new Map() : await chunkOffsetsOf(this.index.reader);
  }

  /** Every index found, whatever it holds. */
  indexHandles(): Promise<readonly IndexHandle[]> {
    return this.#shards.indexes();
  }

  /** Which shards of which chunks were found and can be opened, as their places call them. */
  async presence(): Promise<{ chunk: number; shards: number[] }[]> {
    const found: { chunk: number; shards: number[] }[] = [];
    for (const chunk of await this.#shards.chunkNumbers()) {
      const shards = new Set<number>();
      for (const handle of await this.#shards.openChunk(chunk)) {
        if (handle.failure === undefined) shards.add(handle.shard);
        await handle.close();
      }
      found.push({ chunk, shards: [...shards].sort((a, b) => a - b) });
    }
    return found;
  }

  /** Lets go of what was opened here. */
  async close(): Promise<void> {
    await this.reader?.close();
    await closeAll(this.#cursors);
  }
}

async function closeAll(cursors: readonly Cursor[]): Promise<void> {
  for (const cursor of cursors) await cursor.close();
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

function candidate({ origin, head, reader }: OpenIndex, cursors: Cursor[]): IndexCandidate {
  const cursor = new ChunkCursor(reader);
  cursors.push(cursor);
  return { origin, head, record: (chunk) => cursor.record(chunk) };
}
