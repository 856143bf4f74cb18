/** Small archives for tests: frames through a ChunkWriter into share files in memory. */

import { createHash } from "node:crypto";
import { type ArchiveDescription, ChunkWriter } from "../../../src/chunk/chunk_writer.ts";
import { encodeJsonFrame } from "../../../src/chunk/format.ts";
import { type ChunkTrailer, trailerJson } from "../../../src/chunk/trailer.ts";
import type { ChunkRecord } from "../../../src/index/records.ts";
import { compressFrame, storeFrame } from "../../../src/zstd/frame.ts";
import type { MemoryShards } from "./memory_shards.ts";

/** A description with small frames and chunks. */
export function description(changes: Partial<ArchiveDescription> = {}): ArchiveDescription {
  return {
    archiveUuid: "01234567-89ab-4def-8123-456789abcdef",
    name: "backup",
    created: "2024-05-06T07:08:09Z",
    frameSize: 64 * 1024,
    chunkSize: 1024 * 1024,
    compressionLevel: 3,
    ...changes,
  };
}

/** Compresses as the archive's level says. */
export function frameOf(
  data: Uint8Array,
  level: number,
): { bytes: Uint8Array; sha256: Uint8Array } {
  const bytes = level === 0 ? storeFrame(data) : compressFrame(data, level);
  return { bytes, sha256: createHash("sha256").update(bytes).digest() };
}

/** A trailer frame up to its padding of `paddingBytes`, which is not included. */
export function encodeTrailer(trailer: ChunkTrailer, paddingBytes: number): Uint8Array {
  return encodeJsonFrame(trailerJson(trailer), paddingBytes);
}

/** Writes `tar` as an archive into memory. */
export async function writeArchive(
  shards: MemoryShards,
  tar: Uint8Array,
  archive: ArchiveDescription,
): Promise<ChunkRecord[]> {
  const writer = new ChunkWriter(shards, archive);
  const records: ChunkRecord[] = [];
  const chunks = Math.max(1, Math.ceil(tar.length / archive.chunkSize));
  for (let chunk = 0; chunk < chunks; chunk++) {
    const start = chunk * archive.chunkSize;
    const end = Math.min(tar.length, start + archive.chunkSize);
    await writer.beginChunk(start, start);
    for (let offset = start; offset < end; offset += archive.frameSize) {
      const data = tar.subarray(offset, Math.min(end, offset + archive.frameSize));
      const { bytes, sha256 } = frameOf(data, archive.compressionLevel);
      await writer.addFrame([bytes], sha256, data.length);
    }
    records.push(await writer.endChunk(chunk === chunks - 1));
  }
  await writer.close();
  return records;
}
