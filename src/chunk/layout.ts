/**
 * Where the bytes of a chunk lie: its frames in the chunk, its stripes in the shards, its pieces in
 * the stripes. All offsets and sizes are in bytes; shard offsets count payload, without the zfec
 * header.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { MAX_PIECES } from "../format_limits.ts";
import type { ByteRange } from "../shard/shard_io.ts";
import type { SeekEntry } from "../zstd/seek_table.ts";
import { seekTableBytes } from "../zstd/seek_table.ts";

/** Bytes of a cell in every stripe but the last: zfec's. */
export const CELL_BYTES = 4096;

/** Trailer grain where it gives no more than {@link MAX_PIECES} pieces. */
export const TRAILER_PIECE_BYTES = 64 * 1024;

/** Index grain where it gives no more than {@link MAX_PIECES} pieces. */
export const INDEX_PIECE_BYTES = 1024 * 1024;

/** The stripes of a chunk of known length. */
export class StripeLayout {
  /** Data shards. */
  readonly k: number;
  /** Chunk length L, padding included; a multiple of k. */
  readonly chunkBytes: number;
  /** Payload of each shard. */
  readonly shardBytes: number;
  /** Chunk bytes of every stripe but the last. */
  readonly stripeBytes: number;
  /** Number of stripes. */
  readonly stripes: number;

  /** @throws {EctarError} `format` when k does not divide the length, as padding makes sure it does */
  constructor(chunkBytes: number, k: number) {
    if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 0 || chunkBytes % k !== 0) {
      throw new EctarError("format", `chunk length ${chunkBytes} is no multiple of k = ${k}`);
    }
    this.k = k;
    this.chunkBytes = chunkBytes;
    this.shardBytes = chunkBytes / k;
    this.stripeBytes = k * CELL_BYTES;
    this.stripes = Math.ceil(chunkBytes / this.stripeBytes);
  }

  /** Bytes of each cell of a stripe. */
  cellBytes(stripe: number): number {
    return Math.min(CELL_BYTES, this.shardBytes - stripe * CELL_BYTES);
  }

  /** Stripes that hold the chunk bytes of `range`: first, and the one after the last. */
  stripesOf(range: ByteRange): ByteRange {
    return {
      start: Math.floor(range.start / this.stripeBytes),
      end: Math.ceil(Math.min(range.end, this.chunkBytes) / this.stripeBytes),
    };
  }

  /** Payload bytes, the same in every shard, of the stripes from `start` up to `end`. */
  shardRangeOf(stripes: ByteRange): ByteRange {
    return {
      start: Math.min(stripes.start * CELL_BYTES, this.shardBytes),
      end: Math.min(stripes.end * CELL_BYTES, this.shardBytes),
    };
  }

  /** Chunk bytes of the stripes from `start` up to `end`. */
  chunkRangeOf(stripes: ByteRange): ByteRange {
    return {
      start: Math.min(stripes.start * this.stripeBytes, this.chunkBytes),
      end: Math.min(stripes.end * this.stripeBytes, this.chunkBytes),
    };
  }

  /** Data shard and payload offset of one chunk byte. */
  locate(chunkOffset: number): { shard: number; offset: number } {
    const stripe = Math.floor(chunkOffset / this.stripeBytes);
    const inStripe = chunkOffset - stripe * this.stripeBytes;
    const cell = this.cellBytes(stripe);
    const shard = Math.floor(inStripe / cell);
    return { shard, offset: stripe * CELL_BYTES + (inStripe - shard * cell) };
  }
}

/** Payload bytes of piece `piece` of a shard with `shardBytes` of payload. */
export function pieceRange(piece: number, pieceBytes: number, shardBytes: number): ByteRange {
  return { start: piece * pieceBytes, end: Math.min((piece + 1) * pieceBytes, shardBytes) };
}

/** Pieces of a shard with `shardBytes` of payload; the last may be short. */
export function pieceCount(shardBytes: number, pieceBytes: number): number {
  return Math.ceil(shardBytes / pieceBytes);
}

/**
 * Pieces of each shard that the chunk's own trailer covers: those that end in a whole stripe before
 * the trailer frame begins.
 */
export function trailerPieceCount(trailerOffset: number, k: number, pieceBytes: number): number {
  const wholeStripes = Math.floor(trailerOffset / (k * CELL_BYTES));
  return Math.floor((wholeStripes * CELL_BYTES) / pieceBytes);
}

/**
 * The smallest grain, `base` times a power of two, at which all m shards of a full chunk of
 * incompressible data have no more than {@link MAX_PIECES} pieces.
 */
export function choosePieceSize(
  base: number,
  k: number,
  m: number,
  chunkSize: number,
  blockSize: number,
): number {
  const blockHeaders = Math.ceil(chunkSize / 64);
  const frameHeadersAndTrailer = 128 * 2 ** 20;
  const shardBytes = Math.ceil((chunkSize + blockHeaders + frameHeadersAndTrailer) / k) +
    blockSize;
  let pieceBytes = base;
  while (m * pieceCount(shardBytes, pieceBytes) > MAX_PIECES) pieceBytes *= 2;
  return pieceBytes;
}

/** Where each frame of a chunk lies. */
export interface FrameLayout {
  /** Header frame. */
  header: ByteRange;
  /** Data frames in order; `contentOffset` counts tar bytes from the chunk's first. */
  data: (ByteRange & { contentOffset: number; contentBytes: number })[];
  /** Trailer frame, padding included. */
  trailer: ByteRange;
  /** Seek table frame. */
  seekTable: ByteRange;
  /** Tar bytes of the chunk. */
  contentBytes: number;
}

/**
 * Adds up a seek table.
 *
 * @param entries header, data frames, trailer
 * @param chunkBytes chunk length L
 * @throws {EctarError} `format` when the frames and the table do not fill the chunk exactly
 */
export function layOutFrames(entries: readonly SeekEntry[], chunkBytes: number): FrameLayout {
  if (entries.length < 2) {
    throw new EctarError("format", "seek table lacks the chunk's header or trailer");
  }
  let offset = 0;
  let contentOffset = 0;
  const frames = entries.map((entry) => {
    const frame = {
      start: offset,
      end: offset + entry.compressedSize,
      contentOffset,
      contentBytes: entry.decompressedSize,
    };
    offset = frame.end;
    contentOffset += entry.decompressedSize;
    return frame;
  });
  const seekTable = { start: offset, end: offset + seekTableBytes(entries.length) };
  const [header, trailer] = [frames[0], frames[frames.length - 1]];
  if (seekTable.end !== chunkBytes || header.contentBytes !== 0 || trailer.contentBytes !== 0) {
    throw new EctarError("format", "seek table does not add up to the chunk's length");
  }
  return {
    header: { start: header.start, end: header.end },
    data: frames.slice(1, -1),
    trailer: { start: trailer.start, end: trailer.end },
    seekTable,
    contentBytes: contentOffset,
  };
}
