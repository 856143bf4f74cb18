/** Shards of small archives in memory, to be damaged at will and read back. */

import type { ArchiveDescription } from "../../../src/chunk/chunk_writer.ts";
import type { IndexChunk } from "../../../src/chunk/read_facts.ts";
import type { ChunkRecord } from "../../../src/index/records.ts";
import type {
  ByteRange,
  IndexHandle,
  ShardHandle,
  ShardRead,
  ShardSetReader,
} from "../../../src/shard/shard_io.ts";
import { MemoryShards } from "../chunk/memory_shards.ts";
import { description, writeArchive } from "../chunk/sample_archives.ts";

/** One shard file of a pile. */
export interface PileShard {
  /** Chunk number it is found under. */
  chunk: number;
  /** Shard number it is found under. */
  shard: number;
  bytes: Uint8Array;
  /** Unreadable ranges of the file. */
  holes: ByteRange[];
  /** Reads throw. */
  gone: boolean;
  /** Where it is said to lie. */
  origin: string;
}

/** An archive written into memory. */
export interface SampleArchive {
  tar: Uint8Array;
  archive: ArchiveDescription;
  k: number;
  m: number;
  records: ChunkRecord[];
  /** By chunk from 1 (index 0), then shard. */
  shares: Uint8Array[][];
}

/** Writes an archive into memory. */
export async function sampleArchive(
  k: number,
  m: number,
  tar: Uint8Array,
  changes: Partial<ArchiveDescription> = {},
  blockSize = 1,
): Promise<SampleArchive> {
  const shards = new MemoryShards(k, m, blockSize);
  const archive = description(changes);
  const records = await writeArchive(shards, tar, archive);
  return { tar, archive, k, m, records, shares: shards.chunks };
}

/** The records of one chunk as an index would give them. */
export function indexOf(sample: SampleArchive, chunk: number): IndexChunk {
  return {
    origin: `${sample.archive.name}.index.zst`,
    archiveUuid: sample.archive.archiveUuid,
    frameSize: sample.archive.frameSize,
    pieceSize: 1024 * 1024,
    k: sample.k,
    m: sample.m,
    record: sample.records[chunk - 1],
  };
}

/** Shards lying about, as a `ShardSetReader` finds them. */
export class Pile implements ShardSetReader {
  readonly name: string;
  readonly remarks: string[] = [];
  readonly shards: PileShard[] = [];
  indexHandles: IndexHandle[] = [];
  /** Whether handles tell their size. */
  sizesKnown = true;
  /** Handles not yet closed. */
  open = 0;
  /** Bytes read so far. */
  bytesRead = 0;

  constructor(name = "backup") {
    this.name = name;
  }

  /** All shards of an archive, copied. */
  static of(sample: SampleArchive): Pile {
    const pile = new Pile(sample.archive.name);
    sample.shares.forEach((shares, index) => {
      shares.forEach((bytes, shard) => pile.add(index + 1, shard, bytes));
    });
    return pile;
  }

  /** Adds a copy of a shard. */
  add(chunk: number, shard: number, bytes: Uint8Array): PileShard {
    const origin = `c${chunk}.s${shard}`;
    const added = { chunk, shard, bytes: bytes.slice(), holes: [], gone: false, origin };
    this.shards.push(added);
    return added;
  }

  /** The first shard found under these numbers. */
  at(chunk: number, shard: number): PileShard {
    return this.shards.find((found) => found.chunk === chunk && found.shard === shard)!;
  }

  /** Takes away all shards for which `which` holds. */
  remove(which: (shard: PileShard) => boolean): void {
    const kept = this.shards.filter((shard) => !which(shard));
    this.shards.splice(0, this.shards.length, ...kept);
  }

  chunkNumbers(): Promise<readonly number[]> {
    const numbers = [...new Set(this.shards.map(({ chunk }) => chunk))];
    return Promise.resolve(numbers.sort((a, b) => a - b));
  }

  openChunk(chunk: number): Promise<ShardHandle[]> {
    return Promise.resolve(this.handles(chunk));
  }

  /** Handles of one chunk. */
  handles(chunk: number): ShardHandle[] {
    const found = this.shards.filter((shard) => shard.chunk === chunk);
    this.open += found.length;
    return found.map((shard) => this.#handle(shard));
  }

  #handle(shard: PileShard): ShardHandle {
    return {
      origin: shard.origin,
      chunk: shard.chunk,
      shard: shard.shard,
      size: this.sizesKnown ? shard.bytes.length : undefined,
      read: (offset, target) => this.#read(shard, offset, target),
      close: () => {
        this.open--;
        return Promise.resolve();
      },
    };
  }

  async #read(shard: PileShard, offset: number, target: Uint8Array): Promise<ShardRead> {
    await Promise.resolve();
    if (shard.gone) throw new Error(`${shard.origin} is gone`);
    const part = shard.bytes.subarray(offset, offset + target.length);
    this.bytesRead += part.length;
    target.set(part);
    const holes = shard.holes
      .map(({ start, end }) => ({
        start: Math.max(0, start - offset),
        end: Math.min(part.length, end - offset),
      }))
      .filter(({ start, end }) => start < end);
    for (const { start, end } of holes) target.fill(0, start, end);
    return { length: part.length, holes };
  }

  indexes(): Promise<readonly IndexHandle[]> {
    return Promise.resolve(this.indexHandles);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
