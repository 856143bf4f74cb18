/**
 * An archive on tapes, ready to be read: the tapes of one set, and the positions on them from an
 * index, so that no tape is wound further than it must.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { IndexReader } from "../index/index_reader.ts";
import { MemorySpool, type RecordSpool } from "../index/record_spool.ts";
import type { IndexHead } from "../index/records.ts";
import { printablePath } from "../printable.ts";
import type { IndexHandle, ShardHandle, ShardSetReader } from "../shard/shard_io.ts";
import type { RaitDrive } from "../tape/rait_options.ts";
import type { ChunkPosition } from "../tape/archive_tape.ts";
import { type TapeReaderOptions, TapeShardReader } from "../tape/tape_shard_reader.ts";

/** How tapes are read. */
export interface TapeArchiveOptions extends TapeReaderOptions {
  /** Indexes found elsewhere: one of the set on the tapes spares winding to theirs. */
  indexes?: readonly IndexHandle[] | undefined;
  /**
   * Makes a place for the index of a tape: it is read once, for a tape cannot be at its end and at
   * the data at the same time.
   */
  newSpool: () => Promise<RecordSpool>;
}

/** Reads the shards of one archive from tapes, by the positions in its index where there is one. */
export class TapeArchive implements ShardSetReader {
  readonly #tapes: TapeShardReader;
  readonly #remarks: string[] = [];
  #index: IndexHandle | undefined;
  #volumes: IndexHead["volumes"];
  #tarBytes: number | undefined;
  #spool: RecordSpool | undefined;

  private constructor(tapes: TapeShardReader) {
    this.#tapes = tapes;
  }

  /**
   * Looks at the tapes in all drives and takes those of one archive.
   *
   * @param drives opened drives, or dead ones; closed at the end, and when this throws
   * @throws {EctarError} as `TapeShardReader.open`
   */
  static async open(
    drives: readonly RaitDrive[],
    options: TapeArchiveOptions,
  ): Promise<TapeArchive> {
    const archive = new TapeArchive(await TapeShardReader.open(drives, options));
    try {
      await archive.#findPositions(options);
      return archive;
    } catch (error) {
      await archive.close();
      throw error;
    }
  }

  get name(): string {
    return this.#tapes.name;
  }

  get remarks(): readonly string[] {
    return [...this.#tapes.remarks, ...this.#remarks];
  }

  /** UUID of the tape set, or undefined when no label of it can be read. */
  get setUuid(): string | undefined {
    return this.#tapes.set.setUuid;
  }

  /** Data shards: as many tapes are needed. */
  get dataShards(): number {
    return this.#tapes.set.k;
  }

  /** Tar bytes of the whole archive, where an index says it. */
  get tarBytes(): number | undefined {
    return this.#tarBytes;
  }

  /** Shards whose tapes are in the drives. */
  get presentShards(): number[] {
    const missing = new Set(this.#tapes.missingShards);
    const all = Array.from({ length: this.#tapes.set.m }, (_, shard) => shard);
    return all.filter((shard) => !missing.has(shard));
  }

  /** The tapes that are in no drive, in words: shard and, where an index tells it, volume. */
  get wanted(): string[] {
    return this.#tapes.missingShards.map((shard) => {
      const uuid = this.#volumes?.find((volume) => volume.shard === shard)?.uuid;
      return `shard ${shard}` + (uuid === undefined ? "" : ` (volume ${uuid})`);
    });
  }

  chunkNumbers(): Promise<readonly number[]> {
    return this.#tapes.chunkNumbers();
  }

  openChunk(chunk: number): Promise<ShardHandle[]> {
    return this.#tapes.openChunk(chunk);
  }

  indexes(): Promise<readonly IndexHandle[]> {
    return Promise.resolve(this.#index === undefined ? [] : [this.#index]);
  }

  async close(): Promise<void> {
    await this.#tapes.close();
    await this.#spool?.close();
  }

  async #findPositions({ indexes, newSpool }: TapeArchiveOptions): Promise<void> {
    for (const handle of indexes ?? []) {
      if (await this.#takePositions(handle)) return;
    }
    // Every tape holds the same index; another is only read where one cannot be.
    for (const onTape of await this.#tapes.indexes()) {
      let spool: RecordSpool | undefined;
      try {
        const kept = spool = await keep(onTape, newSpool);
        const read = () => kept.read(0, kept.size);
        const cached: IndexHandle = { origin: onTape.origin, read };
        if (await this.#takePositions(cached)) {
          this.#index = cached;
          this.#spool = spool;
          return;
        }
      } catch (error) {
        if (!(error instanceof EctarError)) throw error;
        this.#remarks.push(`${error.message}; this copy of the index is not used`);
      }
      await spool?.close();
    }
    const name = printablePath(this.name);
    this.#remarks.push(
      `no tape of ${name} in the drives has a readable index: reading takes longer`,
    );
  }

  /** Positions from an index, if it is one of these tapes and can be read. */
  async #takePositions(handle: IndexHandle): Promise<boolean> {
    const { set } = this.#tapes;
    const index = new IndexReader(handle);
    try {
      const head = await index.head();
      const isOurs = head.layout === "tapes" &&
        (set.setUuid === undefined || set.setUuid === head.tape_set_uuid);
      if (!isOurs) return false;
      const positions: ChunkPosition[] = [];
      let tarBytes = 0;
      for await (const record of index.chunks()) {
        const { chunk_number: chunk, shard_size: shardSize, extents } = record;
        positions.push({ chunk, shardSize, extents: extents?.map(toExtents) ?? [] });
        tarBytes += record.uncompressed_size;
      }
      this.#tapes.usePositions(positions);
      this.#tarBytes = tarBytes;
      this.#volumes = head.volumes;
      return true;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#remarks.push(`${error.message}; it gives no positions`);
      return false;
    }
  }
}

/** A copy of an index; in memory where the disk has no room, as that of a rescue system may. */
async function keep(
  index: IndexHandle,
  newSpool: () => Promise<RecordSpool>,
): Promise<RecordSpool> {
  const spool = await newSpool();
  try {
    for await (const bytes of index.read()) await spool.append(bytes);
    return spool;
  } catch (error) {
    await spool.close();
    if (!(error instanceof EctarError) || error.code !== "no-space") throw error;
  }
  return await keep(index, () => Promise.resolve(new MemorySpool()));
}

function toExtents(extents: readonly [number, number, number, number][]) {
  return extents.map(([volume, tapeFile, firstBlock, blocks]) => ({
    volume,
    tapeFile,
    firstBlock,
    blocks,
  }));
}
