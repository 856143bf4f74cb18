/**
 * What must be known of a chunk before its frames can be proven: where they lie, their SHA-256s and
 * their place in the tar stream. It comes from an index record or from the chunk's own trailer and
 * header; each is proven, none is believed.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { MAX_DATA_FRAMES } from "../format_limits.ts";
import { zfecHeaderLength } from "../shard/zfec_header.ts";
import type { ChunkRecord } from "../index/records.ts";
import {
  decodeSeekTable,
  parseSeekTableFooter,
  SEEK_TABLE_FOOTER_BYTES,
  seekTableBytes,
} from "../zstd/seek_table.ts";
import { JSON_FRAME_PREFIX_BYTES, parseJsonFrameSizes } from "./format.ts";
import { decodeCrc32List } from "./format_crc32.ts";
import { type ChunkHeader, decodeHeader, MAX_HEADER_JSON_BYTES } from "./header.ts";
import {
  CELL_BYTES,
  type FrameLayout,
  layOutFrames,
  pieceCount,
  trailerPieceCount,
} from "./layout.ts";
import type { PieceTable } from "./recover_checksums.ts";
import type { Prover, View } from "./recover_proof.ts";
import {
  chunkChecksum,
  type ChunkTrailer,
  decodeTrailer,
  MAX_TRAILER_JSON_BYTES,
  seekTableChecksum,
} from "./trailer.ts";

/** Everything needed to read a chunk's data frames. */
export interface ChunkFacts {
  /** Where the facts come from, for messages: an index's place, or `its trailer`. */
  origin: string;
  /** Archive UUID. */
  archiveUuid: string;
  /** Where the frames lie. */
  layout: FrameLayout;
  /** SHA-256s of the data frames, 32 bytes each. */
  frameSha256: Uint8Array;
  /** Tar offset of the chunk's first byte, or undefined when neither header nor index tell. */
  tarOffset: number | undefined;
  /** Tar offset of the first member at or after it, or undefined likewise. */
  nextMember: number | undefined;
  /** Whether it is the archive's last chunk. */
  last: boolean;
}

/** A chunk's record in an index that may or may not belong to it. */
export interface IndexChunk {
  /** Where the index is. */
  origin: string;
  /** Archive UUID of the index. */
  archiveUuid: string;
  /** Tar bytes per data frame. */
  frameSize: number;
  /** Payload bytes per piece checksum. */
  pieceSize: number;
  /** k and m of the index. */
  k: number;
  m: number;
  /** The chunk's record. */
  record: ChunkRecord;
}

/** Reads and proves the chunk header through a view. */
export async function readHeader(prover: Prover, view: View): Promise<ChunkHeader | undefined> {
  const { chunkBytes } = prover.layout;
  const first = await view(0, Math.min(chunkBytes, CELL_BYTES));
  if (first === undefined) return undefined;
  try {
    const { provenBytes } = parseJsonFrameSizes(first, MAX_HEADER_JSON_BYTES);
    const fits = provenBytes <= first.length;
    const bytes = fits ? first : provenBytes <= chunkBytes && await view(0, provenBytes);
    return bytes ? decodeHeader(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/** A trailer with the seek table it proves. */
export interface ProvenTrailer {
  trailer: ChunkTrailer;
  layout: FrameLayout;
}

/** Reads and proves trailer and seek table through a view. */
export async function readTrailer(prover: Prover, view: View): Promise<ProvenTrailer | undefined> {
  const { chunkBytes } = prover.layout;
  try {
    const footer = await view(Math.max(0, chunkBytes - SEEK_TABLE_FOOTER_BYTES), chunkBytes);
    if (footer === undefined) return undefined;
    const { tableBytes } = parseSeekTableFooter(footer);
    if (tableBytes > chunkBytes) return undefined;
    const table = await view(chunkBytes - tableBytes, chunkBytes);
    if (table === undefined) return undefined;
    const entries = decodeSeekTable(table);
    const layout = layOutFrames(entries, chunkBytes);

    const { start, end } = layout.trailer;
    const prefix = await view(start, start + JSON_FRAME_PREFIX_BYTES);
    if (prefix === undefined) return undefined;
    const { frameBytes, provenBytes } = parseJsonFrameSizes(prefix, MAX_TRAILER_JSON_BYTES);
    if (frameBytes !== end - start) return undefined;
    const bytes = await view(start, start + provenBytes);
    if (bytes === undefined) return undefined;
    const trailer = decodeTrailer(bytes);
    const belong = seekTableChecksum(entries.slice(0, -1)) === trailer.seekTableSha256 &&
      trailer.uncompressedSize === layout.contentBytes &&
      trailer.frameSha256.length === layout.data.length * 32;
    return belong ? { trailer, layout } : undefined;
  } catch {
    return undefined;
  }
}

/** The facts that a proven trailer gives, with the header where that is proven too. */
export function factsOfTrailer(
  { trailer, layout }: ProvenTrailer,
  header: ChunkHeader | undefined,
): ChunkFacts {
  return {
    origin: "its trailer",
    archiveUuid: trailer.archiveUuid,
    layout,
    frameSha256: trailer.frameSha256,
    tarOffset: header?.tarOffset,
    nextMember: header?.nextMember,
    last: trailer.last,
  };
}

/**
 * The facts an index record gives, or undefined when it contradicts itself, k or m, or the length
 * of the shards.
 */
export function factsOfRecord(index: IndexChunk, k: number, m: number): ChunkFacts | undefined {
  const { record, frameSize } = index;
  const length = recordChunkBytes(index);
  if (index.k !== k || index.m !== m || length === undefined) return undefined;
  const frameSha256 = new Uint8Array(Buffer.from(record.frame_sha256, "base64"));
  const frames = record.frame_sizes.length - 2;
  const contents = record.uncompressed_size;
  const consistent = frames >= 0 && frames <= MAX_DATA_FRAMES &&
    frames === Math.ceil(contents / frameSize) && frameSha256.length === frames * 32 &&
    chunkChecksum(frameSha256) === record.checksum;
  if (!consistent) return undefined;
  const entries = record.frame_sizes.map((compressedSize, i) => {
    const isData = i > 0 && i <= frames;
    const left = contents - (i - 1) * frameSize;
    return { compressedSize, decompressedSize: isData ? Math.min(frameSize, left) : 0 };
  });
  const framesBytes = entries.reduce((sum, entry) => sum + entry.compressedSize, 0);
  if (framesBytes + seekTableBytes(entries.length) !== length) return undefined;
  return {
    origin: index.origin,
    archiveUuid: index.archiveUuid,
    layout: layOutFrames(entries, length),
    frameSha256,
    tarOffset: record.tar_offset,
    nextMember: record.next_member,
    last: record.last,
  };
}

/** L as an index record gives it, or undefined when it contradicts itself. */
export function recordChunkBytes({ record, k, m }: IndexChunk): number | undefined {
  const length = k * (record.shard_size - zfecHeaderLength(k, m));
  return length === record.compressed_size ? length : undefined;
}

/** Piece checksums of an index record. */
export function piecesOfRecord(index: IndexChunk, payload: number): PieceTable | undefined {
  const crc32 = index.record.piece_crc32.map(decodeCrc32List);
  const expected = pieceCount(payload, index.pieceSize);
  const whole = crc32.length === index.m && crc32.every((list) => list.length === expected);
  return whole ? { pieceBytes: index.pieceSize, firstPiece: 0, crc32 } : undefined;
}

/** Gives a prover the piece checksums of a trailer, where they cover what they should. */
export function addTrailerPieces(
  prover: Prover,
  { trailer, layout }: ProvenTrailer,
  pieceBytes: number | undefined,
): void {
  if (pieceBytes === undefined) return;
  const expected = trailerPieceCount(layout.trailer.start, prover.shards.k, pieceBytes);
  if (trailer.pieceCrc32.some((list) => list.length !== expected)) return;
  prover.addTable({ pieceBytes, firstPiece: 0, crc32: trailer.pieceCrc32 });
}
