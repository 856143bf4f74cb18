/**
 * What an archive is: from its index, else from its chunk headers.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { OpenArchive } from "./open_archive.ts";

/** One chunk in an overview. */
export interface ChunkInfo {
  /** Chunk number, from 1. */
  chunk: number;
  /** Tar bytes in it; undefined where only its shards' presence is known. */
  tarBytes: number | undefined;
  /** Bytes of the chunk; likewise. */
  chunkBytes: number | undefined;
  /** Bytes of each of its shards; likewise. */
  shardBytes: number | undefined;
  /** Numbers of the shards found. */
  found: number[];
  /** Shards that were never committed, as the index says. */
  notWritten: { shard: number; reason: string }[];
}

/** What an archive is. Sizes in bytes. */
export interface ArchiveInfo {
  /** Archive name. */
  name: string;
  /** Archive UUID, where known. */
  uuid: string | undefined;
  /** When it was begun, RFC 3339. */
  created: string | undefined;
  /** Version of ectar that wrote it. */
  toolVersion: string | undefined;
  /** Whether it was finished; undefined where no index tells. */
  complete: boolean | undefined;
  /** Where it was written. */
  layout: string | undefined;
  /** Data shards. */
  k: number | undefined;
  /** Total shards. */
  m: number | undefined;
  /** Tar bytes per chunk. */
  chunkSize: number | undefined;
  /** zstd level, 0 for stored. */
  compressionLevel: number | undefined;
  /** Bytes every shard is a multiple of. */
  blockSize: number | undefined;
  /** Members; undefined where no index tells. */
  members: number | undefined;
  /** Bytes of all files, holes included; likewise. */
  fileBytes: number | undefined;
  /** Tape set, for archives on tape. */
  tapeSet: { uuid: string; volumes: { shard: number; volume: number; uuid: string }[] } | undefined;
  /** Chunks in order. */
  chunks: ChunkInfo[];
  /** Where the index is, if one was found. */
  index: string | undefined;
  /** What was noticed, one line each. */
  remarks: string[];
}

/** Collects what is known of an archive, reading as little as possible. */
export async function archiveInfo(archive: OpenArchive): Promise<ArchiveInfo> {
  const { index, reader } = archive;
  const head = index?.head;
  const parameters = head?.parameters;
  const counts = reader?.shardCounts;
  const header = reader?.header;
  const files = await countFiles(archive);
  return {
    name: head?.archive_name ?? header?.name ?? archive.name,
    uuid: head?.archive_uuid ?? reader?.archiveUuid,
    created: head?.created ?? header?.created,
    toolVersion: head?.tool_version,
    complete: head?.complete,
    layout: head?.layout,
    k: parameters?.data_shards ?? counts?.k,
    m: parameters === undefined ? counts?.m : parameters.data_shards + parameters.parity_shards,
    chunkSize: parameters?.chunk_size ?? header?.chunkSize,
    compressionLevel: parameters?.compression_level ?? header?.compressionLevel,
    blockSize: parameters?.block_size ?? header?.blockSize,
    members: files?.members,
    fileBytes: files?.bytes,
    tapeSet: head?.tape_set_uuid === undefined
      ? undefined
      : { uuid: head.tape_set_uuid, volumes: head.volumes ?? [] },
    chunks: await chunkInfos(archive),
    index: index?.origin,
    remarks: archive.remarks,
  };
}

async function countFiles(
  archive: OpenArchive,
): Promise<{ members: number; bytes: number } | undefined> {
  const { index } = archive;
  if (index === undefined) return undefined;
  const count = { members: 0, bytes: 0 };
  try {
    for await (const file of index.reader.files()) {
      count.members++;
      if (file.entry_type === "file") count.bytes += file.size;
    }
    return count;
  } catch (error) {
    remarkOrThrow(archive, error);
    return undefined;
  }
}

/** What an index does not tell is not known, where there is more than the index. */
function remarkOrThrow(archive: OpenArchive, error: unknown): void {
  if (!(error instanceof EctarError) || archive.reader === undefined) throw error;
  archive.remark(error.message);
}

async function chunkInfos(archive: OpenArchive): Promise<ChunkInfo[]> {
  const byNumber = new Map<number, ChunkInfo>();
  const infoOf = (chunk: number): ChunkInfo => {
    const known = byNumber.get(chunk);
    if (known !== undefined) return known;
    const info: ChunkInfo = {
      chunk,
      tarBytes: undefined,
      chunkBytes: undefined,
      shardBytes: undefined,
      found: [],
      notWritten: [],
    };
    byNumber.set(chunk, info);
    return info;
  };
  try {
    for await (const record of archive.index?.reader.chunks() ?? []) {
      Object.assign(infoOf(record.chunk_number), {
        tarBytes: record.uncompressed_size,
        chunkBytes: record.compressed_size,
        shardBytes: record.shard_size,
        notWritten: record.missing ?? [],
      });
    }
  } catch (error) {
    remarkOrThrow(archive, error);
  }
  for (const { chunk, shards } of await archive.presence()) infoOf(chunk).found = shards;
  return [...byNumber.values()].sort((a, b) => a.chunk - b.chunk);
}
