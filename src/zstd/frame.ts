/**
 * Data frames: a stretch of bytes as one zstd frame with content size and checksum, compressed or
 * stored, and back within known bounds.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { constants, zstdCompressSync, zstdDecompressSync, type ZstdOptions } from "node:zlib";
import { EctarError } from "../errors.ts";
import { frameLength, MAX_BLOCK_BYTES, parseFrameHeader, ZSTD_MAGIC } from "./frame_header.ts";
import { xxh64 } from "./xxh64.ts";

/** Tar bytes per data frame unless told otherwise: 4 MiB. */
export const FRAME_SIZE = 4 * 1024 * 1024;

/** Most content bytes one data frame may hold: 64 MiB, which bounds every reader's memory. */
export const MAX_FRAME_CONTENT = 64 * 1024 * 1024;

/** Least history every decoder offers (RFC 8878 recommends 8 MiB). */
const COMMON_WINDOW_BYTES = 8 * 1024 * 1024;

/** Least window that zstd knows, as a power of 2. */
const MIN_WINDOW_LOG = 10;

/** Bytes before a stored frame's first block: magic, descriptor, 4 bytes of content size. */
const STORED_HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;

/** Most bytes a frame of `contentSize` bytes can have, compressed or stored. */
export function frameBound(contentSize: number): number {
  return contentSize + (contentSize >>> 8) + 1024;
}

/**
 * Compresses `data` into one zstd frame that tells its content size and ends with a checksum.
 *
 * @param data up to 64 MiB; may view a SharedArrayBuffer
 * @param level 1 to 22
 * @param room where to put the frame, at least `frameBound(data.length)` bytes; may begin where
 *   `data` does, which is overwritten then. A buffer of the frame's own unless given
 */
export function compressFrame(data: Uint8Array, level: number): Uint8Array<ArrayBuffer>;
export function compressFrame(data: Uint8Array, level: number, room?: Uint8Array): Uint8Array;
export function compressFrame(data: Uint8Array, level: number, room?: Uint8Array): Uint8Array {
  checkContentSize(data);
  // The declared type lacks pledgedSrcSize; without it the frame would not tell its content size.
  const options: ZstdOptions & { pledgedSrcSize: number } = {
    params: {
      ...matchSearch(data.length, level),
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 1,
    },
    pledgedSrcSize: data.length,
    // With room for the whole frame it is made in one call: Deno 2.9 otherwise may append a second,
    // empty frame.
    chunkSize: frameBound(data.length),
  };
  const output = zstdCompressSync(data, options) as Uint8Array<ArrayBuffer>;
  if (frameLength(output) !== output.length) throw new Error("zstd made more than one frame");
  return room === undefined ? ownBuffer(output) : moveInto(room, output);
}

/**
 * How matches are looked for, where that differs from what zstd does at this level by itself (see
 * docs/performance.md). The whole frame is the window: no slower, and smaller. At level 3, tables of
 * 384 instead of 768 KiB find almost as many matches and stay in the processor's cache.
 */
function matchSearch(contentSize: number, level: number): Record<number, number> {
  const wholeFrame = Math.max(MIN_WINDOW_LOG, Math.ceil(Math.log2(Math.max(1, contentSize))));
  const tables = { [constants.ZSTD_c_hashLog]: 16, [constants.ZSTD_c_chainLog]: 15 };
  return { [constants.ZSTD_c_windowLog]: wholeFrame, ...level === 3 ? tables : {} };
}

/** Wraps `data`, up to 64 MiB, uncompressed into one zstd frame of raw blocks, with content size and checksum. */
export function storeFrame(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const pieces = storedPieces(data, storedFraming(data));
  const frame = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}

/**
 * What a stored frame of `data` has besides `data`: its header, the headers of its blocks, and the
 * checksum, one after the other.
 *
 * @param data up to 64 MiB; may view a SharedArrayBuffer
 */
export function storedFraming(data: Uint8Array): Uint8Array<ArrayBuffer> {
  checkContentSize(data);
  const blocks = storedBlocks(data);
  const framing = new Uint8Array(STORED_HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + 4);
  const view = new DataView(framing.buffer);
  const fourByteSizeSingleSegmentChecksum = 0b1010_0100;
  view.setUint32(0, ZSTD_MAGIC, true);
  framing[4] = fourByteSizeSingleSegmentChecksum;
  view.setUint32(5, data.length, true);
  for (let block = 0; block < blocks; block++) {
    const length = Math.min(MAX_BLOCK_BYTES, data.length - block * MAX_BLOCK_BYTES);
    const header = (length << 3) | (block === blocks - 1 ? 1 : 0);
    const at = STORED_HEADER_BYTES + block * BLOCK_HEADER_BYTES;
    view.setUint16(at, header & 0xffff, true);
    framing[at + 2] = header >>> 16;
  }
  view.setUint32(framing.length - 4, Number(xxh64(data) & 0xffff_ffffn), true);
  return framing;
}

/**
 * The pieces of a stored frame in order: parts of its framing and of `data`, none of them copied.
 *
 * @param framing what {@link storedFraming} gave for the same `data`
 */
export function storedPieces(data: Uint8Array, framing: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const blocks = storedBlocks(data);
  for (let block = 0, from = 0; block < blocks; block++) {
    const to = STORED_HEADER_BYTES + (block + 1) * BLOCK_HEADER_BYTES;
    pieces.push(framing.subarray(from, to));
    pieces.push(data.subarray(block * MAX_BLOCK_BYTES, (block + 1) * MAX_BLOCK_BYTES));
    from = to;
  }
  pieces.push(framing.subarray(-4));
  return pieces;
}

function storedBlocks(data: Uint8Array): number {
  return Math.max(1, Math.ceil(data.length / MAX_BLOCK_BYTES));
}

/**
 * Decompresses exactly one frame of a known content size. Memory stays bounded by that size
 * whatever the frame says.
 *
 * @param frame the frame, from its magic number to its last byte
 * @param expectedSize content bytes it must hold
 * @param maxSize most content bytes the caller is ready to take
 * @throws {EctarError} `format` when `frame` is not one whole frame of that size, or does not decode
 */
export function decompressFrame(
  frame: Uint8Array,
  expectedSize: number,
  maxSize: number,
): Uint8Array<ArrayBuffer> {
  if (expectedSize > maxSize) {
    throw new EctarError(
      "format",
      `zstd frame of ${expectedSize} bytes, at most ${maxSize} allowed`,
    );
  }
  const length = frameLength(frame);
  if (length !== frame.length) {
    throw new EctarError(
      "format",
      length === undefined ? "zstd frame is cut short" : "bytes follow the end of a zstd frame",
    );
  }
  const header = parseFrameHeader(frame)!;
  if (header.contentSize !== undefined && header.contentSize !== expectedSize) {
    throw new EctarError(
      "format",
      `zstd frame claims ${header.contentSize} bytes where ${expectedSize} are expected`,
    );
  }
  if (header.windowSize > Math.max(COMMON_WINDOW_BYTES, maxSize)) {
    throw new EctarError("format", `zstd frame needs a window of ${header.windowSize} bytes`);
  }
  return inflate(frame, expectedSize);
}

function inflate(frame: Uint8Array, expectedSize: number): Uint8Array<ArrayBuffer> {
  let content: Uint8Array<ArrayBuffer>;
  try {
    // One byte more than needed lets the decoder finish in a single pass.
    content = zstdDecompressSync(frame, {
      chunkSize: Math.max(64, expectedSize + 1),
      maxOutputLength: Math.max(1, expectedSize),
    }) as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    const tooLong = (cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    const reason = tooLong ? `it holds more than ${expectedSize} bytes` : (cause as Error).message;
    throw new EctarError("format", `zstd frame does not decode: ${reason}`, {}, { cause });
  }
  if (content.length !== expectedSize) {
    throw new EctarError(
      "format",
      `zstd frame holds ${content.length} bytes where ${expectedSize} are expected`,
    );
  }
  // Small content may lie in node's pool, which others use and which cannot be transferred.
  const isPooled = content.buffer.byteLength <= Buffer.poolSize;
  return isPooled
    ? new Uint8Array(content)
    : new Uint8Array(content.buffer, content.byteOffset, expectedSize);
}

function checkContentSize(data: Uint8Array): void {
  if (data.length > MAX_FRAME_CONTENT) {
    throw new EctarError("usage", `a data frame of ${data.length} bytes is larger than 64 MiB`);
  }
}

/**
 * A plain view that covers its whole buffer, so that it can be transferred to another thread; node's
 * own is a Buffer, whose `slice` does not copy.
 */
function ownBuffer(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length === bytes.buffer.byteLength) return new Uint8Array(bytes.buffer);
  return moveInto(new Uint8Array(bytes.length), bytes);
}

/** Moves node's `bytes` to the start of `room`; what held them is freed. */
function moveInto<B extends ArrayBufferLike>(
  room: Uint8Array<B>,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<B> {
  room.set(bytes);
  const { length, buffer } = bytes;
  // Room for a whole frame each time: garbage would pile up to 100 MB before it is collected. Only
  // small buffers are parts of node's pool, which others use.
  if (buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
  return room.subarray(0, length);
}
