/**
 * The books of an archive being written: its chunk records wait in a spool (an archive of many
 * terabytes has more of them than memory should hold) until it is known where each shard ended up.
 *
 * @module
 */

import type { RecordSpool } from "../index/record_spool.ts";
import type { ChunkRecord } from "../index/records.ts";
import type { ShardPlacement } from "../shard/shard_io.ts";

/** A shard that was not committed. */
export interface MissingShard {
  /** Chunk number, from 1. */
  chunk: number;
  /** Shard number, from 0. */
  shard: number;
  /** Why, in words. */
  reason: string;
}

/** Collects chunk records. */
export class ChunkBooks {
  readonly #spool: RecordSpool;
  readonly #lengths: number[] = [];
  #placements: readonly (readonly ShardPlacement[])[] = [];
  /** Tar bytes of all chunks. */
  tarBytes = 0;
  /** Bytes of all chunks, padding included. */
  chunkBytes = 0;
  /** Bytes of one share file of each chunk, added up. */
  shardBytes = 0;

  constructor(spool: RecordSpool) {
    this.#spool = spool;
  }

  /** Number of chunks. */
  get chunks(): number {
    return this.#lengths.length;
  }

  /** Shards that were not committed; known after `place`. */
  get missing(): MissingShard[] {
    return this.#placements.flatMap((shards, i) =>
      shards.flatMap(({ shard, missing }) =>
        missing === undefined ? [] : [{ chunk: i + 1, shard, reason: missing }]
      )
    );
  }

  /** Adds the next chunk. */
  async add(record: ChunkRecord): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    await this.#spool.append(bytes);
    this.#lengths.push(bytes.length);
    this.tarBytes += record.uncompressed_size;
    this.chunkBytes += record.compressed_size;
    this.shardBytes += record.shard_size;
  }

  /** Forgets all chunks behind the first `count`: they were taken back. */
  async keep(count: number): Promise<void> {
    let start = 0;
    for (const [i, length] of this.#lengths.entries()) {
      if (i >= count) {
        const record: ChunkRecord = JSON.parse(await this.#text(start, start + length));
        this.tarBytes -= record.uncompressed_size;
        this.chunkBytes -= record.compressed_size;
        this.shardBytes -= record.shard_size;
      }
      start += length;
    }
    this.#lengths.length = Math.min(this.#lengths.length, count);
  }

  /** Says where all shards are. */
  place(placements: readonly (readonly ShardPlacement[])[]): void {
    this.#placements = placements;
  }

  /** The chunk records with their shards' places, in order. */
  async *records(): AsyncGenerator<ChunkRecord> {
    let start = 0;
    for (const [i, length] of this.#lengths.entries()) {
      const record: ChunkRecord = JSON.parse(await this.#text(start, start + length));
      start += length;
      yield withPlacements(record, this.#placements[i] ?? []);
    }
  }

  /** Lets go of the spool. */
  async close(): Promise<void> {
    await this.#spool.close();
  }

  async #text(start: number, end: number): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of this.#spool.read(start, end)) {
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }
}

function withPlacements(record: ChunkRecord, shards: readonly ShardPlacement[]): ChunkRecord {
  const missing = shards.flatMap(({ shard, missing }) =>
    missing === undefined ? [] : [{ shard, reason: missing }]
  );
  if (shards.some((shard) => shard.extents.length > 0)) {
    record.extents = shards.map(({ extents }) =>
      extents.map((extent) => [extent.volume, extent.tapeFile, extent.firstBlock, extent.blocks])
    );
  }
  if (missing.length > 0) record.missing = missing;
  return record;
}
