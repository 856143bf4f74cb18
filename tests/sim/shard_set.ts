/** An archive in memory: its shards as they were written, its index, and what is true of both. */

import { archiveHead, producerOptions } from "../../src/archive/archive_content.ts";
import type { ArchivePlace } from "../../src/archive/archive_content.ts";
import { createArchive, type CreateSummary } from "../../src/archive/create.ts";
import { framesInFlight } from "../../src/archive/frames_ahead.ts";
import { openLocalSource } from "../../src/archive/tar_source.ts";
import { IndexReader } from "../../src/index/index_reader.ts";
import { MemorySpool } from "../../src/index/record_spool.ts";
import type { ChunkRecord, FileRecord, IndexHead } from "../../src/index/records.ts";
import type { IndexHandle, ShardPlacement, ShardSetWriter } from "../../src/shard/shard_io.ts";
import type { MemoryNode } from "../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../src/tree/memory_tree.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { concat } from "../bytes.ts";
import { MemoryShards } from "../unit/chunk/memory_shards.ts";
import type { Random } from "./random.ts";
import { TOP } from "./trees.ts";

/** How an archive is made. */
export interface Shape {
  name: string;
  uuid: string;
  created: string;
  k: number;
  m: number;
  blockSize: number;
  chunkSize: number;
  frameSize: number;
  level: number;
}

/** Shapes that make several chunks, frames and stripes of a small tree. */
export function randomShape(random: Random, name = "backup"): Shape {
  const k = random.pick([1, 1, 2, 2, 3, 4, 5, 10]);
  const m = k + random.pick([1, 1, 2, 2, 3, 4]);
  const chunkSize = random.magnitude(10_000, 600_000);
  return {
    name,
    uuid: random.uuid(),
    created: "2026-01-02T03:04:05Z",
    k,
    m,
    blockSize: random.pick([1, 1, 512, 4096, 65536]),
    chunkSize,
    frameSize: Math.max(Math.ceil(chunkSize / 1000), random.magnitude(512, chunkSize)),
    level: random.pick([0, 1, 3]),
  };
}

/** Takes the shards of an archive into memory. */
export class MemoryShardSet extends MemoryShards implements ShardSetWriter {
  readonly keepsIncomplete = false;
  index: Uint8Array = new Uint8Array(0);

  freeze(): Promise<ShardPlacement[][]> {
    const placed = (shard: number) => ({ shard, extents: [], missing: undefined });
    return Promise.resolve(this.chunks.map((shares) => shares.map((_, i) => placed(i))));
  }

  async writeIndex(index: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of index) parts.push(part.slice());
    this.index = concat(parts);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  abort(): Promise<string[]> {
    return Promise.resolve([]);
  }
}

/** Archives `root` of a tree through any writer. */
export async function archive(
  root: MemoryNode,
  shape: Shape,
  writer: ShardSetWriter,
  place: ArchivePlace = { layout: "files" },
): Promise<CreateSummary> {
  const content = { paths: [TOP] };
  const { name, uuid, created, chunkSize, frameSize, level: compressionLevel } = shape;
  const common = { name, uuid, created, chunkSize, compressionLevel };
  const head = archiveHead(common, writer, place);
  const compressor = new InProcessCompressor();
  const source = openLocalSource(
    new MemoryFileTree(root),
    { ...producerOptions(content, common), frameSize },
    framesInFlight(compressor) + 1,
  );
  return await createArchive({
    source,
    compressor,
    writer,
    newSpool: () => Promise.resolve(new MemorySpool()),
    head: { ...head, parameters: { ...head.parameters, frame_size: frameSize } },
  });
}

/** What an index says. */
export interface IndexContent {
  head: IndexHead;
  chunks: ChunkRecord[];
  files: FileRecord[];
}

/** Bytes as an index that a reader finds. */
export function indexHandle(bytes: Uint8Array, origin: string): IndexHandle {
  return {
    origin,
    async *read() {
      for (let at = 0; at < bytes.length; at += 5000) {
        await Promise.resolve();
        yield bytes.subarray(at, at + 5000);
      }
    },
  };
}

/** Reads a whole index. */
export async function readIndex(bytes: Uint8Array): Promise<IndexContent> {
  const reader = new IndexReader(indexHandle(bytes, "the index"));
  return {
    head: await reader.head(),
    chunks: await Array.fromAsync(reader.chunks()),
    files: await Array.fromAsync(reader.files()),
  };
}

/** An archive whose every byte is known. */
export interface KnownArchive {
  root: MemoryNode;
  shape: Shape;
  /** By chunk from 1 (index 0), then shard. */
  shares: Uint8Array[][];
  indexBytes: Uint8Array;
  index: IndexContent;
}

/** Archives a tree into memory. */
export async function knownArchive(root: MemoryNode, shape: Shape): Promise<KnownArchive> {
  const writer = new MemoryShardSet(shape.k, shape.m, shape.blockSize);
  await archive(root, shape, writer);
  const index = await readIndex(writer.index);
  return { root, shape, shares: writer.chunks, indexBytes: writer.index, index };
}
