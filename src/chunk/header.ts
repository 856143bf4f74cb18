/**
 * The chunk header: the first frame of every chunk, telling which archive and which part of its tar
 * stream the chunk is.
 *
 * @module
 */

import * as v from "valibot";
import { EctarError } from "../errors.ts";
import { MAX_BLOCK_SIZE, MAX_CHUNK_SIZE } from "../format_limits.ts";
import { archiveName, firstIssue, integer, timestamp, uuid } from "../json_fields.ts";
import { MAX_FRAME_CONTENT } from "../zstd/frame.ts";
import { CHUNK_FORMAT, CHUNK_VERSION, decodeJsonFrame, encodeJsonFrame } from "./format.ts";

/** Most bytes of JSON a chunk header may have. */
export const MAX_HEADER_JSON_BYTES = 64 * 1024;

/** What is the same in all chunk headers of an archive. Sizes in bytes. */
export interface ArchiveParameters {
  /** Archive UUID, lower case with dashes. */
  archiveUuid: string;
  /** Archive name. */
  name: string;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** When the archive was begun, RFC 3339 in UTC. */
  created: string;
  /** Tar bytes per data frame (the last of a chunk may hold fewer). */
  frameSize: number;
  /** Tar bytes per chunk (the last may hold fewer). */
  chunkSize: number;
  /** zstd level, 0 for stored. */
  compressionLevel: number;
  /** Payload bytes of a shard that one CRC-32 in a trailer covers; a multiple of 4096. */
  pieceSize: number;
  /** Every share file is a multiple of this. */
  blockSize: number;
}

/** What a chunk header tells. */
export interface ChunkHeader extends ArchiveParameters {
  /** Chunk number, from 1. */
  chunk: number;
  /** Offset in the tar stream of the chunk's first tar byte. */
  tarOffset: number;
  /** Tar offset of the first member that starts at or after `tarOffset`. */
  nextMember: number;
}

const headerSchema = v.object({
  format: v.literal(CHUNK_FORMAT),
  version: v.literal(CHUNK_VERSION),
  part: v.literal("header"),
  archive_uuid: uuid,
  archive_name: archiveName,
  chunk_number: integer(1),
  data_shards: integer(1, 255),
  total_shards: integer(2, 256),
  created: timestamp,
  tar_offset: integer(0),
  next_member: integer(0),
  frame_size: integer(1, MAX_FRAME_CONTENT),
  chunk_size: integer(1, MAX_CHUNK_SIZE),
  compression_level: integer(0, 22),
  piece_size: v.pipe(integer(4096, 2 ** 40), v.multipleOf(4096)),
  block_size: integer(1, MAX_BLOCK_SIZE),
});

/** Encodes a chunk header as a whole skippable frame. Same input, same bytes. */
export function encodeHeader(header: ChunkHeader): Uint8Array<ArrayBuffer> {
  const fields: v.InferInput<typeof headerSchema> = {
    format: CHUNK_FORMAT,
    version: CHUNK_VERSION,
    part: "header",
    archive_uuid: header.archiveUuid,
    archive_name: header.name,
    chunk_number: header.chunk,
    data_shards: header.k,
    total_shards: header.m,
    created: header.created,
    tar_offset: header.tarOffset,
    next_member: header.nextMember,
    frame_size: header.frameSize,
    chunk_size: header.chunkSize,
    compression_level: header.compressionLevel,
    piece_size: header.pieceSize,
    block_size: header.blockSize,
  };
  validate(fields, "usage");
  return encodeJsonFrame(JSON.stringify(fields), 0);
}

/**
 * Reads a chunk header and proves it by its SHA-256.
 *
 * @param bytes the chunk from its first byte, at least to the header's end
 * @throws {EctarError} `format` when there is no well-formed header, `damaged` when its SHA-256
 *   differs, `unsupported` for another version
 */
export function decodeHeader(bytes: Uint8Array): ChunkHeader {
  const json = decodeJsonFrame(bytes, MAX_HEADER_JSON_BYTES);
  refuseOtherVersions(json);
  const fields = validate(json, "format");
  return {
    archiveUuid: fields.archive_uuid,
    name: fields.archive_name,
    k: fields.data_shards,
    m: fields.total_shards,
    created: fields.created,
    frameSize: fields.frame_size,
    chunkSize: fields.chunk_size,
    compressionLevel: fields.compression_level,
    pieceSize: fields.piece_size,
    blockSize: fields.block_size,
    chunk: fields.chunk_number,
    tarOffset: fields.tar_offset,
    nextMember: fields.next_member,
  };
}

/** @throws {EctarError} `unsupported` when a chunk header or trailer is of another format version */
export function refuseOtherVersions(json: unknown): void {
  const head = v.safeParse(
    v.object({ format: v.literal(CHUNK_FORMAT), version: v.number() }),
    json,
  );
  if (head.success && head.output.version !== CHUNK_VERSION) {
    throw new EctarError(
      "unsupported",
      `chunk of format version ${head.output.version}; this program reads version ${CHUNK_VERSION}`,
    );
  }
}

function validate(json: unknown, code: "usage" | "format"): v.InferOutput<typeof headerSchema> {
  const result = v.safeParse(headerSchema, json);
  if (!result.success) {
    throw new EctarError(code, `chunk header: ${firstIssue(result.issues)}`);
  }
  const fields = result.output;
  if (fields.data_shards >= fields.total_shards) {
    throw new EctarError(code, "chunk header: total_shards must be more than data_shards");
  }
  if (fields.next_member < fields.tar_offset) {
    throw new EctarError(code, "chunk header: next_member lies before tar_offset");
  }
  return fields;
}
