import assert from "node:assert/strict";
import type { ArchiveInfo, ChunkInfo } from "../../../src/archive/info.ts";
import { infoLines } from "../../../src/cli/info_format.ts";

function chunk(number: number, found: number[]): ChunkInfo {
  const sizes = { tarBytes: undefined, chunkBytes: undefined, shardBytes: undefined };
  return { chunk: number, ...sizes, found, notWritten: [] };
}

function info(index: string | undefined, chunks: ChunkInfo[]): ArchiveInfo {
  return {
    name: "backup",
    uuid: undefined,
    created: undefined,
    toolVersion: undefined,
    complete: undefined,
    layout: undefined,
    k: 2,
    m: 3,
    chunkSize: undefined,
    compressionLevel: undefined,
    blockSize: undefined,
    members: undefined,
    fileBytes: undefined,
    tapeSet: undefined,
    chunks,
    index,
    remarks: [],
  };
}

function chunkLines(index: string | undefined, chunks: ChunkInfo[]): string[] {
  const lines = infoLines(info(index, chunks), false);
  return lines.slice(lines.findIndex((line) => line.startsWith("chunks:")))
    .map((line) => line.replace(/^chunks: +/, ""));
}

Deno.test("info says where it has the number of chunks from", () => {
  assert.deepEqual(chunkLines("b.index.zst", [chunk(1, []), chunk(2, [])]).slice(0, 1), [
    "2, as the index says; no shard was found",
  ]);
  assert.deepEqual(chunkLines("b.index.zst", [chunk(1, [0, 2])]), [
    "1",
    "  chunk 1: 2 of 3 shards found",
  ]);
  assert.deepEqual(chunkLines(undefined, [chunk(1, [0]), chunk(2, [])]), [
    "2, going by what was found",
    "  chunk 1: 1 of 3 shards found",
    "  chunk 2: 0 of 3 shards found",
  ]);
});

Deno.test("info without an index and without shards does not speak for an index", () => {
  assert.deepEqual(chunkLines(undefined, [chunk(1, [])]), [
    "1, going by what was found",
    "  chunk 1: 0 of 3 shards found",
  ]);
  assert.deepEqual(chunkLines(undefined, []), ["0, going by what was found"]);
});
