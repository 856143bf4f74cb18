/**
 * What the records of an index must look like to be believed. Unknown fields are ignored.
 *
 * @module
 */

import * as v from "valibot";
import { EctarError } from "../errors.ts";
import { MAX_BLOCK_SIZE, MAX_CHUNK_SIZE, MAX_DATA_FRAMES } from "../format_limits.ts";
import {
  archiveName,
  base64,
  decodedBase64Bytes,
  firstIssue,
  integer,
  sha256Hex,
  timestamp,
  uuid,
} from "../json_fields.ts";
import { MAX_FRAME_CONTENT } from "../zstd/frame.ts";
import { seekTableBytes } from "../zstd/seek_table.ts";
import type { ChunkRecord, FileRecord, IndexHead } from "./records.ts";

const shardNumber = integer(0, 255);

const headSchema = v.object({
  version: v.literal("2.0"),
  created: timestamp,
  tool_version: v.string(),
  archive_name: archiveName,
  archive_uuid: uuid,
  complete: v.boolean(),
  layout: v.picklist(["files", "tapes"]),
  parameters: v.object({
    data_shards: integer(1, 255),
    parity_shards: integer(1, 255),
    chunk_size: integer(1, MAX_CHUNK_SIZE),
    compression_level: integer(0, 22),
    frame_size: integer(1, MAX_FRAME_CONTENT),
    block_size: integer(1, MAX_BLOCK_SIZE),
    piece_size: v.pipe(integer(4096, 2 ** 40), v.multipleOf(4096)),
  }),
  tape_set_uuid: v.exactOptional(uuid),
  volumes: v.exactOptional(
    v.array(v.object({ shard: shardNumber, volume: integer(0), uuid })),
  ),
});

const chunkSchema = v.object({
  chunk_number: integer(1),
  compressed_size: integer(1),
  uncompressed_size: integer(0, MAX_CHUNK_SIZE),
  shard_size: integer(1),
  checksum: sha256Hex,
  tar_offset: integer(0),
  next_member: integer(0),
  last: v.boolean(),
  frame_sizes: v.pipe(
    v.array(integer(1, 0xffff_ffff + 8)),
    v.minLength(2),
    v.maxLength(MAX_DATA_FRAMES + 2),
  ),
  frame_sha256: base64(32),
  piece_crc32: v.pipe(v.array(base64(4)), v.maxLength(256)),
  extents: v.exactOptional(
    v.pipe(
      v.array(v.array(v.strictTuple([integer(0), integer(0), integer(0), integer(1)]))),
      v.maxLength(256),
    ),
  ),
  missing: v.exactOptional(v.array(v.object({ shard: shardNumber, reason: v.string() }))),
});

const fileSchema = v.object({
  path: v.pipe(v.string(), v.minLength(1)),
  path_b64: v.exactOptional(base64(1)),
  chunk: integer(1),
  offset: integer(0),
  member_size: integer(0),
  size: integer(0),
  checksum: v.union([v.literal(""), sha256Hex]),
  mode: integer(0, 0o7777),
  mtime: integer(Number.MIN_SAFE_INTEGER),
  mtime_ns: integer(0, 999_999_999),
  uid: integer(0),
  gid: integer(0),
  user: v.nullable(v.string()),
  group: v.nullable(v.string()),
  entry_type: v.string(),
  target: v.nullable(v.string()),
  target_b64: v.exactOptional(base64(1)),
  spans_chunks: v.boolean(),
  device: v.exactOptional(v.strictTuple([integer(0), integer(0)])),
});

/** @throws {EctarError} `format` naming the first thing wrong */
export function validateHead(json: unknown): IndexHead {
  const head: IndexHead = validate(headSchema, json, "head");
  const m = head.parameters.data_shards + head.parameters.parity_shards;
  if (m > 256) throw new EctarError("format", `head: ${m} shards are more than 256`);
  return head;
}

/**
 * Checks a chunk record for itself and against the head.
 *
 * @param number the chunk's expected number
 * @throws {EctarError} `format` naming the first thing wrong
 */
export function validateChunk(json: unknown, head: IndexHead, number: number): ChunkRecord {
  const chunk: ChunkRecord = validate(chunkSchema, json, `chunk ${number}`);
  const problem = firstInconsistency(chunk, head, number);
  if (problem !== undefined) throw new EctarError("format", `chunk ${number}: ${problem}`);
  return chunk;
}

/**
 * Checks a file record.
 *
 * @param number which one it is, from 1
 * @throws {EctarError} `format` naming the first thing wrong
 */
export function validateFile(json: unknown, number: number): FileRecord {
  return validate(fileSchema, json, `file record ${number}`);
}

function firstInconsistency(
  chunk: ChunkRecord,
  head: IndexHead,
  number: number,
): string | undefined {
  const { data_shards: k, parity_shards, frame_size, piece_size } = head.parameters;
  const payload = chunk.compressed_size / k;
  const frames = chunk.frame_sizes.length - 2;
  const framesBytes = chunk.frame_sizes.reduce((sum, size) => sum + size, 0);
  const pieces = Math.ceil(payload / piece_size);
  const pieceLists = chunk.piece_crc32;
  if (chunk.chunk_number !== number) return `chunk_number is ${chunk.chunk_number}`;
  if (!Number.isInteger(payload)) return "compressed_size is no multiple of data_shards";
  if (chunk.shard_size <= payload || chunk.shard_size > payload + 4) return "shard_size is wrong";
  if (chunk.next_member < chunk.tar_offset) return "next_member lies before tar_offset";
  if (frames !== Math.ceil(chunk.uncompressed_size / frame_size)) {
    return "frame_sizes and uncompressed_size disagree";
  }
  if (framesBytes + seekTableBytes(frames + 2) !== chunk.compressed_size) {
    return "frame_sizes do not add up to compressed_size";
  }
  if (decodedBase64Bytes(chunk.frame_sha256) !== frames * 32) {
    return "frame_sha256 is too short or long";
  }
  if (pieceLists.length !== k + parity_shards) return "piece_crc32 does not cover every shard";
  if (pieceLists.some((list) => decodedBase64Bytes(list) !== pieces * 4)) {
    return "piece_crc32 does not cover every piece";
  }
  return undefined;
}

function validate<T>(schema: v.GenericSchema<unknown, T>, json: unknown, what: string): T {
  const result = v.safeParse(schema, json);
  if (!result.success) throw new EctarError("format", `${what}: ${firstIssue(result.issues)}`);
  return result.output;
}
