/**
 * Reading an archive from its shards: its tar stream, whole or in parts, and checks of its chunks.
 *
 * @module
 */

import type { ByteRange, ShardSetReader } from "../shard/shard_io.ts";
import type { ChunkHeader } from "./header.ts";
import { ArchiveChunks } from "./read_archive_chunks.ts";
import { type ChunkCheck, type ChunkVisit, visitChunks } from "./read_check.ts";
import type { DamageLog } from "./read_damage.ts";
import type { IndexCandidate } from "./read_identity.ts";
import { readTar, type ReadTarOptions } from "./read_tar.ts";
import { readTarRanges } from "./read_tar_ranges.ts";
import type { LostPart, TarItem } from "./read_timeline.ts";

export type { ChunkExtent } from "./read_tar.ts";

/** What opening an archive takes. */
export interface ReadArchiveOptions extends ReadTarOptions {
  /** Where the shards are. */
  shards: ShardSetReader;
  /** Indexes found, the likeliest first; those of other archives are told apart and ignored. */
  indexes: readonly IndexCandidate[];
}

/** An archive being read. One stream at a time. */
export class ArchiveReader {
  readonly #chunks: ArchiveChunks;
  readonly #options: ReadTarOptions;

  private constructor(chunks: ArchiveChunks, options: ReadTarOptions) {
    this.#chunks = chunks;
    this.#options = options;
  }

  /**
   * Finds out which archive this is.
   *
   * @throws {EctarError} `not-found` when there is no shard at all
   */
  static async open(options: ReadArchiveOptions): Promise<ArchiveReader> {
    const { shards, indexes } = options;
    return new ArchiveReader(await ArchiveChunks.open(shards, indexes), options);
  }

  /** Damage found so far. */
  get damage(): DamageLog {
    return this.#chunks.damage;
  }

  /** What was noticed so far, one line each. */
  get remarks(): readonly string[] {
    return this.#chunks.remarks;
  }

  /** What could not be read so far. */
  get lost(): readonly LostPart[] {
    return this.#chunks.lost;
  }

  /** Archive UUID, or undefined when nothing proves any. */
  get archiveUuid(): string | undefined {
    return this.#chunks.identity.hints.archiveUuid;
  }

  /** Data and total shards, where known. */
  get shardCounts(): { k: number; m: number } | undefined {
    return this.#chunks.identity.hints.shardCounts;
  }

  /** The proven header of one of its chunks, where one could be read. */
  get header(): ChunkHeader | undefined {
    return this.#chunks.identity.header;
  }

  /** Indexes that are this archive's. */
  get indexes(): readonly IndexCandidate[] {
    return this.#chunks.identity.indexes;
  }

  /**
   * Tar bytes of the whole archive where they are known already, because it has one chunk; else
   * infinity.
   */
  get knownTarBytes(): number {
    return this.#chunks.knownTarBytes;
  }

  /** The whole tar stream in order. */
  tar(): AsyncGenerator<TarItem> {
    return readTar(this.#chunks, this.#options);
  }

  /**
   * Parts of the tar stream, for reading single members: only the chunks and frames needed are read.
   *
   * @param ranges tar offsets in rising order, not overlapping
   * @throws {EctarError} `not-found` without an index of this archive
   */
  ranges(ranges: readonly ByteRange[]): AsyncGenerator<TarItem> {
    return readTarRanges(this.#chunks, ranges, this.#options);
  }

  /**
   * Looks at chunk after chunk; those that cannot be opened come as lost.
   *
   * @param from first chunk to look at
   */
  visit(visit: ChunkVisit, from = 1): AsyncGenerator<ChunkCheck> {
    return visitChunks(this.#chunks, visit, from);
  }

  /** Lets go of the shards; the shard set itself is the caller's. */
  async close(): Promise<void> {
    await this.#chunks.close();
  }
}
