/**
 * Turning stretches of the tar stream into data frames and back, each with its SHA-256: the
 * interface, and the implementation that works on the calling thread.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { EctarError } from "../errors.ts";
import {
  compressFrame,
  decompressFrame,
  MAX_FRAME_CONTENT,
  storedFraming,
  storedPieces,
} from "./frame.ts";

const encoder = new TextEncoder();

/** Hexadecimal digits of a SHA-256. */
export const SUM_LENGTH = 64;

/** SHA-256 of a data frame, and of what lies in it. */
export interface FrameSums {
  /** Of the whole data frame. */
  sha256: Uint8Array;
  /** Of each of the job's `parts`: {@link SUM_LENGTH} hexadecimal digits each, one after the other. */
  partSums: Uint8Array<ArrayBuffer>;
}

/** A data frame as it lies in a chunk. */
export interface CompressedFrame extends FrameSums {
  /**
   * The pieces of one whole zstd frame, in order. Those of a stored one view the job's `data`; one
   * that was made in the job's `room` lies there.
   */
  pieces: readonly Uint8Array[];
}

/** Bytes of a data frame. */
export function compressedSize({ pieces }: Pick<CompressedFrame, "pieces">): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** A stretch of the tar stream to make a data frame of. */
export interface FrameToCompress {
  /** Up to 64 MiB; a view of a SharedArrayBuffer is passed on without being copied. */
  data: Uint8Array;
  /**
   * At least `frameBound(data.length)` bytes, and it may begin where `data` does. Given, it is where
   * the data frame may end up, so that it needs no memory of its own.
   */
  room?: Uint8Array;
  /** Stretches of `data` to be hashed as well: where each starts and ends, two numbers each. */
  parts?: Uint32Array;
}

/** A data frame to take apart. */
export interface FrameToDecompress {
  /** One whole zstd frame. */
  bytes: Uint8Array;
  /** SHA-256 that `bytes` must have; undefined only where somebody chose not to verify. */
  sha256: Uint8Array | undefined;
  /** Content bytes it must hold. */
  size: number;
  /**
   * Whether `bytes` and their buffer are given away, and so need not be copied for another thread.
   *
   * @default false
   */
  given?: boolean;
}

/**
 * Compresses and decompresses frames, possibly several at a time: calls need not wait for those
 * before, and their promises may settle in any order.
 */
export interface FrameCompressor {
  /** How many frames are worked on at the same time at most. */
  readonly parallelism: number;
  /**
   * Makes a data frame.
   *
   * @param frame not to be touched before the promise settles
   * @param level 1 to 22, or 0 to store
   */
  compress(frame: FrameToCompress, level: number): Promise<CompressedFrame>;
  /**
   * Proves a data frame by its SHA-256, then decompresses it.
   *
   * @throws {EctarError} `damaged` when the SHA-256 differs, `format` when it holds something else
   */
  decompress(frame: FrameToDecompress): Promise<Uint8Array>;
  /** Lets go of everything; calls that have not settled are rejected. */
  close(): void;
}

/** Compresses on the calling thread. */
export class InProcessCompressor implements FrameCompressor {
  readonly parallelism = 1;

  compress(frame: FrameToCompress, level: number): Promise<CompressedFrame> {
    return Promise.try(() => compressNow(frame, level));
  }

  decompress(frame: FrameToDecompress): Promise<Uint8Array> {
    return Promise.try(() => decompressNow(frame));
  }

  close(): void {}
}

/** Makes a data frame, and hashes it and the parts of its content. */
export function compressNow(job: FrameToCompress, level: number): CompressedFrame {
  if (level === 0) {
    const { framing, ...sums } = storeNow(job);
    return { pieces: storedPieces(job.data, framing), ...sums };
  }
  const { data, room, parts } = job;
  // First, because the data frame may take the data's place.
  const partSums = sumsOfParts(data, parts);
  const bytes = compressFrame(data, level, room);
  return { pieces: [bytes], sha256: sha256Of([bytes]), partSums };
}

/** What a stored frame has besides its content, and the same sums. */
export function storeNow({ data, parts }: FrameToCompress): FrameSums & { framing: Uint8Array } {
  const framing = storedFraming(data);
  const sha256 = sha256Of(storedPieces(data, framing));
  return { framing, sha256, partSums: sumsOfParts(data, parts) };
}

/**
 * Proves a data frame, then decompresses it.
 *
 * @throws {EctarError} as {@link FrameCompressor.decompress}
 */
export function decompressNow(frame: FrameToDecompress): Uint8Array<ArrayBuffer> {
  if (frame.sha256 !== undefined) {
    const actual = sha256Of([frame.bytes]);
    if (actual.some((byte, index) => byte !== frame.sha256![index])) {
      throw new EctarError("damaged", "data frame fails its SHA-256");
    }
  }
  return decompressFrame(frame.bytes, frame.size, MAX_FRAME_CONTENT);
}

function sumsOfParts(
  data: Uint8Array,
  parts: Uint32Array = new Uint32Array(0),
): Uint8Array<ArrayBuffer> {
  const sums = new Uint8Array(parts.length / 2 * SUM_LENGTH);
  for (let i = 0; i < parts.length; i += 2) {
    const sum = createHash("sha256").update(data.subarray(parts[i], parts[i + 1])).digest("hex");
    encoder.encodeInto(sum, sums.subarray(i / 2 * SUM_LENGTH));
  }
  return sums;
}

function sha256Of(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest());
}
