/**
 * The chunk trailer: the last frame before the seek table. It proves every data frame and the seek
 * table, and locates damage in the shards, with no index at hand. Nothing in it depends on the
 * chunk's padded length.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import * as v from "valibot";
import { EctarError } from "../errors.ts";
import { MAX_DATA_FRAMES } from "../format_limits.ts";
import { base64, firstIssue, integer, sha256Hex, uuid } from "../json_fields.ts";
import { encodeSeekEntries, type SeekEntry } from "../zstd/seek_table.ts";
import { CHUNK_FORMAT, CHUNK_VERSION, decodeJsonFrame } from "./format.ts";
import { decodeCrc32List, encodeCrc32List } from "./format_crc32.ts";
import { refuseOtherVersions } from "./header.ts";

/** Most bytes of JSON a trailer may have: the lists of 2^20 frames and twice 2^20 pieces fit. */
export const MAX_TRAILER_JSON_BYTES = 64 * 2 ** 20;

/** CRC-32s of consecutive pieces of every shard of one chunk. */
export interface PieceChecksums {
  /** Chunk the pieces belong to. */
  chunk: number;
  /** Number of the first piece covered, from 0; 0 bytes may be left to cover. */
  firstPiece: number;
  /** By shard number: the CRC-32s of piece `firstPiece` and those after it. */
  crc32: Uint32Array[];
}

/** What a trailer tells. */
export interface ChunkTrailer {
  /** Archive UUID, as in the header. */
  archiveUuid: string;
  /** Chunk number, as in the header. */
  chunk: number;
  /** Tar bytes in the chunk. */
  uncompressedSize: number;
  /** SHA-256s of the data frames' bytes in the chunk, concatenated: 32 bytes per frame. */
  frameSha256: Uint8Array;
  /** Whether it is the archive's last chunk. */
  last: boolean;
  /** Hex SHA-256 over the seek table entries of the header and the data frames. */
  seekTableSha256: string;
  /** By shard: CRC-32s of its pieces from the first, as far as they end before this trailer. */
  pieceCrc32: Uint32Array[];
  /** The last pieces of the chunk before, which its own trailer could not cover. */
  previous: PieceChecksums | undefined;
}

const pieces = v.pipe(v.array(base64(4)), v.maxLength(256));

const trailerSchema = v.object({
  format: v.literal(CHUNK_FORMAT),
  version: v.literal(CHUNK_VERSION),
  part: v.literal("trailer"),
  archive_uuid: uuid,
  chunk_number: integer(1),
  frame_count: integer(0, MAX_DATA_FRAMES),
  uncompressed_size: integer(0),
  checksum: sha256Hex,
  frame_sha256: base64(32),
  last: v.boolean(),
  seek_table_sha256: sha256Hex,
  piece_crc32: pieces,
  previous: v.nullable(v.object({
    chunk_number: integer(1),
    first_piece: integer(0),
    piece_crc32: pieces,
  })),
});

/** The JSON of a trailer, whose length decides the chunk's padding. Same input, same text. */
export function trailerJson(trailer: ChunkTrailer): string {
  const previous = trailer.previous;
  const fields: v.InferInput<typeof trailerSchema> = {
    format: CHUNK_FORMAT,
    version: CHUNK_VERSION,
    part: "trailer",
    archive_uuid: trailer.archiveUuid,
    chunk_number: trailer.chunk,
    frame_count: trailer.frameSha256.length / 32,
    uncompressed_size: trailer.uncompressedSize,
    checksum: chunkChecksum(trailer.frameSha256),
    frame_sha256: Buffer.from(trailer.frameSha256).toString("base64"),
    last: trailer.last,
    seek_table_sha256: trailer.seekTableSha256,
    piece_crc32: trailer.pieceCrc32.map(encodeCrc32List),
    previous: previous === undefined ? null : {
      chunk_number: previous.chunk,
      first_piece: previous.firstPiece,
      piece_crc32: previous.crc32.map(encodeCrc32List),
    },
  };
  return JSON.stringify(fields);
}

/**
 * Reads a trailer and proves it by its SHA-256.
 *
 * @param bytes from the trailer frame's first byte at least to the end of its SHA-256
 * @throws {EctarError} `format` when there is no well-formed trailer, `damaged` when its SHA-256
 *   differs, `unsupported` for another version
 */
export function decodeTrailer(bytes: Uint8Array): ChunkTrailer {
  const json = decodeJsonFrame(bytes, MAX_TRAILER_JSON_BYTES);
  refuseOtherVersions(json);
  const result = v.safeParse(trailerSchema, json);
  if (!result.success) {
    throw new EctarError("format", `chunk trailer: ${firstIssue(result.issues)}`);
  }
  const fields = result.output;
  const frameSha256 = new Uint8Array(Buffer.from(fields.frame_sha256, "base64"));
  if (frameSha256.length !== fields.frame_count * 32) {
    throw new EctarError("format", "chunk trailer: frame_count and frame_sha256 disagree");
  }
  if (chunkChecksum(frameSha256) !== fields.checksum) {
    throw new EctarError("format", "chunk trailer: checksum and frame_sha256 disagree");
  }
  const previous = fields.previous;
  return {
    archiveUuid: fields.archive_uuid,
    chunk: fields.chunk_number,
    uncompressedSize: fields.uncompressed_size,
    frameSha256,
    last: fields.last,
    seekTableSha256: fields.seek_table_sha256,
    pieceCrc32: decodePieces(fields.piece_crc32),
    previous: previous === null ? undefined : {
      chunk: previous.chunk_number,
      firstPiece: previous.first_piece,
      crc32: decodePieces(previous.piece_crc32),
    },
  };
}

/** Chunk checksum: hex SHA-256 over the concatenated SHA-256s of the chunk's data frames. */
export function chunkChecksum(frameSha256: Uint8Array): string {
  return createHash("sha256").update(frameSha256).digest("hex");
}

/** Hex SHA-256 over the seek table entries of the header and the data frames. */
export function seekTableChecksum(headerAndDataFrames: readonly SeekEntry[]): string {
  return createHash("sha256").update(encodeSeekEntries(headerAndDataFrames)).digest("hex");
}

function decodePieces(lists: readonly string[]): Uint32Array[] {
  const decoded = lists.map(decodeCrc32List);
  if (decoded.some((list) => list.length !== decoded[0].length)) {
    throw new EctarError("format", "chunk trailer: shards differ in their number of pieces");
  }
  return decoded;
}
