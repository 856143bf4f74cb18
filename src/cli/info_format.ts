/**
 * How `ectar info` shows an archive.
 *
 * @module
 */

import type { ArchiveInfo, ChunkInfo } from "../archive/info.ts";
import { printablePath } from "../printable.ts";
import { formatSize } from "./sizes.ts";

/** Chunks that are shown one by one before the rest is only counted. */
const MAX_CHUNK_LINES = 20;

/** Lines for people. */
export function infoLines(info: ArchiveInfo, everyChunk: boolean): string[] {
  const { k, m, chunks } = info;
  const rows: [string, string | undefined][] = [
    ["archive", printablePath(info.name)],
    ["UUID", info.uuid],
    ["created", info.created],
    ["written by", info.toolVersion === undefined ? undefined : `ectar ${info.toolVersion}`],
    ["state", stateText(info)],
    ["layout", info.layout],
    ["shards", shardsText(k, m)],
    ["chunk size", sizeText(info.chunkSize)],
    ["compression", compressionText(info.compressionLevel)],
    ["block size", info.blockSize === 1 ? "none" : sizeText(info.blockSize)],
    ["members", info.members === undefined ? undefined : String(info.members)],
    ["file content", sizeText(info.fileBytes)],
    ["index", info.index ?? "none found (everything works without, more slowly)"],
    ["tape set", info.tapeSet?.uuid],
  ];
  const line = ([name, value]: [string, string | undefined]) =>
    value === undefined ? [] : [`${name}:`.padEnd(14) + value];
  const lines = rows.flatMap(line);
  for (const { shard, uuid } of info.tapeSet?.volumes ?? []) {
    lines.push(`  shard ${shard} on volume ${uuid}`);
  }
  const isIndexAlone = info.index !== undefined && chunks.every(({ found }) => found.length === 0);
  lines.push(...line(["chunks", chunkCount(info, isIndexAlone)]));
  const shown = everyChunk ? chunks : chunks.slice(0, MAX_CHUNK_LINES);
  lines.push(...shown.map((chunk) => `  ${chunkText(chunk, m, isIndexAlone)}`));
  if (shown.length < chunks.length) {
    lines.push(`  … and ${chunks.length - shown.length} more (see -v)`);
  }
  return lines;
}

function chunkCount({ chunks, index }: ArchiveInfo, isIndexAlone: boolean): string {
  if (isIndexAlone) return `${chunks.length}, as the index says; no shard was found`;
  return `${chunks.length}${index === undefined ? ", going by what was found" : ""}`;
}

function shardsText(k: number | undefined, m: number | undefined): string | undefined {
  if (k === undefined || m === undefined) return undefined;
  return `${k} data + ${m - k} parity; any ${k} of the ${m} restore everything`;
}

function stateText({ complete }: ArchiveInfo): string | undefined {
  if (complete === undefined) return undefined;
  return complete ? "complete" : "INCOMPLETE: its writing was stopped early";
}

function sizeText(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : formatSize(bytes);
}

function compressionText(level: number | undefined): string | undefined {
  if (level === undefined) return undefined;
  return level === 0 ? "stored" : `zstd level ${level}`;
}

function chunkText(chunk: ChunkInfo, m: number | undefined, isIndexAlone: boolean): string {
  const facts: string[] = [];
  const found = chunk.found.length;
  if (!isIndexAlone) facts.push(`${m === undefined ? found : `${found} of ${m}`} shards found`);
  if (chunk.tarBytes !== undefined) facts.push(`tar ${formatSize(chunk.tarBytes)}`);
  if (chunk.chunkBytes !== undefined) facts.push(`compressed ${formatSize(chunk.chunkBytes)}`);
  if (chunk.notWritten.length > 0) {
    facts.push(`never written: ${chunk.notWritten.map(({ shard }) => shard).join(", ")}`);
  }
  return `chunk ${chunk.chunk}: ${facts.join(", ")}`;
}

/** The same for scripts. Sizes in bytes. */
export function infoJson(info: ArchiveInfo): Record<string, unknown> {
  const orNull = <T>(value: T | undefined) => value ?? null;
  return {
    archive_name: info.name,
    archive_uuid: orNull(info.uuid),
    created: orNull(info.created),
    tool_version: orNull(info.toolVersion),
    complete: orNull(info.complete),
    layout: orNull(info.layout),
    data_shards: orNull(info.k),
    total_shards: orNull(info.m),
    chunk_size: orNull(info.chunkSize),
    compression_level: orNull(info.compressionLevel),
    block_size: orNull(info.blockSize),
    members: orNull(info.members),
    file_bytes: orNull(info.fileBytes),
    index: orNull(info.index),
    tape_set: orNull(info.tapeSet),
    chunks: info.chunks.map((chunk) => ({
      chunk_number: chunk.chunk,
      uncompressed_size: orNull(chunk.tarBytes),
      compressed_size: orNull(chunk.chunkBytes),
      shard_size: orNull(chunk.shardBytes),
      shards_found: chunk.found,
      not_written: chunk.notWritten,
    })),
    remarks: info.remarks,
  };
}
