/**
 * Where a zstd frame ends, told from its own headers (RFC 8878) without decompressing it. node:zlib
 * takes a truncated frame for a whole one, so lengths are always proved here first.
 *
 * @module
 */

import { EctarError } from "../errors.ts";

/** First four bytes of a zstd frame, as a little-endian number. */
export const ZSTD_MAGIC = 0xfd2fb528;

/** Most bytes a frame header has, magic number included. */
export const MAX_FRAME_HEADER_BYTES = 18;

/** Bytes of a block header. */
export const BLOCK_HEADER_BYTES = 3;

/** Most bytes a block holds. */
export const MAX_BLOCK_BYTES = 128 * 1024;

/** What a frame says about itself before its first block. */
export interface FrameHeader {
  /** Bytes up to the first block header, magic number included. */
  headerBytes: number;
  /** Decompressed size in bytes, or undefined where the frame does not tell. */
  contentSize: number | undefined;
  /** Bytes of history a decoder must keep. */
  windowSize: number;
  /** Whether four bytes of checksum follow the last block. */
  checksum: boolean;
}

/** What a block header says. */
export interface BlockHeader {
  /** Whether it is the frame's last block. */
  last: boolean;
  /** Bytes that follow the block header. */
  bytes: number;
}

/**
 * Reads a frame header.
 *
 * @returns undefined when `bytes` ends before the header does
 * @throws {EctarError} `format` when these bytes start no zstd frame, `unsupported` for a frame
 *   that needs a dictionary
 */
export function parseFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < 5) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new EctarError("format", "not a zstd frame");
  const descriptor = bytes[4];
  if (descriptor & 0b1000) {
    throw new EctarError("format", "zstd frame header has its reserved bit set");
  }
  const singleSegment = (descriptor & 0b100000) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6];
  const headerBytes = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (bytes.length < headerBytes) return undefined;

  const sizeOffset = headerBytes - sizeBytes;
  if (bytes.subarray(sizeOffset - dictionaryBytes, sizeOffset).some((byte) => byte !== 0)) {
    throw new EctarError("unsupported", "zstd frame needs a dictionary");
  }
  const contentSize = readContentSize(view, sizeOffset, sizeBytes);
  const windowSize = singleSegment ? contentSize! : decodeWindowSize(bytes[5]);
  return { headerBytes, contentSize, windowSize, checksum: (descriptor & 0b100) !== 0 };
}

/**
 * Reads the three bytes of a block header at `offset`.
 *
 * @throws {EctarError} `format` for the reserved block type
 */
export function parseBlockHeader(bytes: Uint8Array, offset: number): BlockHeader {
  const header = bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16);
  const type = (header >>> 1) & 3;
  if (type === 3) throw new EctarError("format", "zstd frame has a block of the reserved type");
  const isRunLength = type === 1;
  return { last: (header & 1) !== 0, bytes: isRunLength ? 1 : header >>> 3 };
}

/**
 * Length in bytes of the zstd frame that `bytes` starts with.
 *
 * @returns undefined when `bytes` ends before the frame does
 * @throws {EctarError} as {@link parseFrameHeader} and {@link parseBlockHeader}
 */
export function frameLength(bytes: Uint8Array): number | undefined {
  const header = parseFrameHeader(bytes);
  if (header === undefined) return undefined;
  let offset = header.headerBytes;
  for (;;) {
    if (offset + BLOCK_HEADER_BYTES > bytes.length) return undefined;
    const block = parseBlockHeader(bytes, offset);
    offset += BLOCK_HEADER_BYTES + block.bytes;
    if (block.last) break;
  }
  const end = offset + (header.checksum ? 4 : 0);
  return end <= bytes.length ? end : undefined;
}

function readContentSize(view: DataView, offset: number, sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 0:
      return undefined;
    case 1:
      return view.getUint8(offset);
    case 2:
      return view.getUint16(offset, true) + 256;
    case 4:
      return view.getUint32(offset, true);
    default: {
      const size = view.getBigUint64(offset, true);
      if (size > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw new EctarError("format", `zstd frame claims ${size} bytes of content`);
      }
      return Number(size);
    }
  }
}

function decodeWindowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
