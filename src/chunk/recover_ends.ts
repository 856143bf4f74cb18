/**
 * Everything of a chunk that is not data frames, byte for byte: header and trailer by their SHA-256s,
 * padding and seek table because nothing else can stand there. With the frames' SHA-256s that proves
 * every byte of a chunk.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ByteRange } from "../shard/shard_io.ts";
import { encodeSeekTable } from "../zstd/seek_table.ts";
import { JSON_FRAME_PREFIX_BYTES, parseJsonFrameSizes } from "./format.ts";
import { type ChunkHeader, decodeHeader, MAX_HEADER_JSON_BYTES } from "./header.ts";
import type { FrameLayout } from "./layout.ts";
import { planPadding } from "./padding.ts";
import type { ProvenTrailer } from "./read_facts.ts";
import type { OpenedChunk } from "./read_opened.ts";
import { decodeTrailer, MAX_TRAILER_JSON_BYTES } from "./trailer.ts";

/** The bytes before and behind the data frames. */
export interface ChunkEnds {
  /** What the header says. */
  header: ChunkHeader;
  /** Header frame. */
  headerBytes: Uint8Array;
  /** What the trailer says, and where all frames lie. */
  trailer: ProvenTrailer;
  /** Trailer frame up to its padding. */
  trailerBytes: Uint8Array;
  /** Zero bytes after that. */
  padding: ByteRange;
  /** Seek table frame, the rest of the chunk. */
  seekTable: Uint8Array;
}

/** Padding bytes looked at together. */
const PADDING_STEP_BYTES = 2 ** 20;

/**
 * Proves what stands before and behind the data frames. Padding and seek table are not read: what
 * they must be follows from the rest.
 *
 * @returns undefined when header or trailer cannot be recovered, or when the chunk's length is not
 *   the one that the format gives it
 */
export async function proveChunkEnds(opened: OpenedChunk): Promise<ChunkEnds | undefined> {
  if (!await opened.proveEnds()) return undefined;
  const { prover, header, trailer } = opened;
  if (header === undefined || trailer === undefined) return undefined;
  const { layout } = trailer;
  const headerBytes = await proveHeaderBytes(opened);
  const trailerBytes = await prover.prove(layout.trailer, async (view) => {
    const { start } = layout.trailer;
    const prefix = await view(start, start + JSON_FRAME_PREFIX_BYTES);
    if (prefix === undefined) return undefined;
    const end = trailerEnd(prefix, layout);
    const bytes = end === undefined ? undefined : await view(start, end);
    return bytes !== undefined && isTrailer(bytes, trailer) ? bytes : undefined;
  });
  if (headerBytes === undefined || trailerBytes === undefined) return undefined;
  const padding = {
    start: layout.trailer.start + trailerBytes.length,
    end: layout.trailer.end,
  };
  const unpadded = prover.layout.chunkBytes - (padding.end - padding.start);
  const { k, headerBytes: zfecBytes } = prover.shards;
  const plan = planPadding(unpadded, k, zfecBytes, header.blockSize);
  if (plan.chunkBytes !== prover.layout.chunkBytes) return undefined;
  const seekTable = encodeSeekTable(seekEntries(layout));
  return { header, headerBytes, trailer, trailerBytes, padding, seekTable };
}

/** The header frame, or undefined when it cannot be recovered. */
export async function proveHeaderBytes(opened: OpenedChunk): Promise<Uint8Array | undefined> {
  if (!await opened.proveHeader()) return undefined;
  const { prover, header, facts } = opened;
  const { start, end } = facts.layout.header;
  return await prover.prove({ start, end }, async (view) => {
    const bytes = await view(start, end);
    return bytes !== undefined && isHeader(bytes, header!) ? bytes : undefined;
  });
}

/**
 * Whether padding and seek table, too, can be read as they must be: which shards are preferred for
 * that settles on the way.
 */
export async function findTail(opened: OpenedChunk, ends: ChunkEnds): Promise<boolean> {
  const { prover } = opened;
  const { padding, seekTable } = ends;
  for (let start = padding.start; start < padding.end; start += PADDING_STEP_BYTES) {
    const end = Math.min(padding.end, start + PADDING_STEP_BYTES);
    const found = await prover.prove({ start, end }, async (view) => {
      const bytes = await view(start, end);
      return bytes !== undefined && isZero(bytes) ? true : undefined;
    });
    if (found === undefined) return false;
  }
  const range = { start: padding.end, end: padding.end + seekTable.length };
  const found = await prover.prove(range, async (view) => {
    const bytes = await view(range.start, range.end);
    return bytes !== undefined && Buffer.compare(bytes, seekTable) === 0 ? true : undefined;
  });
  return found !== undefined;
}

/** The whole seek table. */
export function seekEntries(
  layout: FrameLayout,
): { compressedSize: number; decompressedSize: number }[] {
  const frames = [
    { ...layout.header, contentBytes: 0 },
    ...layout.data,
    { ...layout.trailer, contentBytes: 0 },
  ];
  return frames.map(({ start, end, contentBytes }) => ({
    compressedSize: end - start,
    decompressedSize: contentBytes,
  }));
}

function isHeader(bytes: Uint8Array, expected: ChunkHeader): boolean {
  try {
    const { frameBytes, provenBytes } = parseJsonFrameSizes(bytes, MAX_HEADER_JSON_BYTES);
    if (frameBytes !== bytes.length || provenBytes !== bytes.length) return false;
    const header = decodeHeader(bytes);
    return header.archiveUuid === expected.archiveUuid && header.chunk === expected.chunk;
  } catch {
    return false;
  }
}

function trailerEnd(prefix: Uint8Array, { trailer }: FrameLayout): number | undefined {
  try {
    const { frameBytes, provenBytes } = parseJsonFrameSizes(prefix, MAX_TRAILER_JSON_BYTES);
    return frameBytes === trailer.end - trailer.start ? trailer.start + provenBytes : undefined;
  } catch {
    return undefined;
  }
}

function isTrailer(bytes: Uint8Array, { trailer: expected }: ProvenTrailer): boolean {
  try {
    const trailer = decodeTrailer(bytes);
    return trailer.archiveUuid === expected.archiveUuid && trailer.chunk === expected.chunk &&
      Buffer.compare(trailer.frameSha256, expected.frameSha256) === 0;
  } catch {
    return false;
  }
}

function isZero(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.equals(ZEROS.subarray(0, view.length));
}

const ZEROS = Buffer.alloc(PADDING_STEP_BYTES);
