/**
 * What header and trailer have in common: a skippable zstd frame whose content is the JSON's length
 * (4 bytes, least significant first), the JSON, its SHA-256, and zero bytes to the frame's end.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { EctarError } from "../errors.ts";
import { parseSkippableHeader, SKIPPABLE_HEADER_BYTES } from "../zstd/skippable.ts";

/** Magic number of the skippable frames that hold a chunk's header and trailer. */
export const CHUNK_FRAME_MAGIC = 0x184d2a5a;

/** `format` of every chunk header and trailer. */
export const CHUNK_FORMAT = "ectar-chunk";

/** `version` of every chunk header and trailer written and read here. */
export const CHUNK_VERSION = 2;

const LENGTH_BYTES = 4;
const SHA256_BYTES = 32;

/** Bytes of a JSON frame beside its JSON and padding: frame header, JSON length, SHA-256. */
export const JSON_FRAME_OVERHEAD = SKIPPABLE_HEADER_BYTES + LENGTH_BYTES + SHA256_BYTES;

/**
 * Encodes a JSON frame without its padding, which the caller writes after it.
 *
 * @param json one line of JSON
 * @param paddingBytes zero bytes that will follow inside the frame
 * @throws {EctarError} `format` when the frame would exceed 32 bits
 */
export function encodeJsonFrame(json: string, paddingBytes: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const frame = new Uint8Array(JSON_FRAME_OVERHEAD + text.length);
  const contentBytes = frame.length - SKIPPABLE_HEADER_BYTES + paddingBytes;
  if (contentBytes > 0xffff_ffff) {
    throw new EctarError("format", `a frame of ${contentBytes} bytes is too large for zstd`);
  }
  const view = new DataView(frame.buffer);
  view.setUint32(0, CHUNK_FRAME_MAGIC, true);
  view.setUint32(4, contentBytes, true);
  view.setUint32(SKIPPABLE_HEADER_BYTES, text.length, true);
  frame.set(text, SKIPPABLE_HEADER_BYTES + LENGTH_BYTES);
  frame.set(createHash("sha256").update(text).digest(), frame.length - SHA256_BYTES);
  return frame;
}

/** The sizes a JSON frame states in its first bytes. Claims, until the SHA-256 proves them. */
export interface JsonFrameSizes {
  /** Bytes of the whole frame, padding included. */
  frameBytes: number;
  /** Bytes from the frame's start to the end of the SHA-256: what must be read to decode it. */
  provenBytes: number;
}

/** Bytes of a JSON frame that {@link parseJsonFrameSizes} needs. */
export const JSON_FRAME_PREFIX_BYTES = SKIPPABLE_HEADER_BYTES + LENGTH_BYTES;

/**
 * Reads the sizes at the start of a JSON frame.
 *
 * @param bytes at least {@link JSON_FRAME_PREFIX_BYTES}
 * @param maxJsonBytes most JSON the caller is ready to read
 * @throws {EctarError} `format` when no such frame starts here or its sizes are absurd
 */
export function parseJsonFrameSizes(bytes: Uint8Array, maxJsonBytes: number): JsonFrameSizes {
  const header = parseSkippableHeader(bytes);
  if (header?.magic !== CHUNK_FRAME_MAGIC || bytes.length < JSON_FRAME_PREFIX_BYTES) {
    throw new EctarError("format", "no ectar chunk header or trailer here");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const jsonBytes = view.getUint32(SKIPPABLE_HEADER_BYTES, true);
  if (jsonBytes > maxJsonBytes) {
    throw new EctarError("format", `chunk header or trailer claims ${jsonBytes} bytes of JSON`);
  }
  const frameBytes = SKIPPABLE_HEADER_BYTES + header.contentBytes;
  const provenBytes = JSON_FRAME_OVERHEAD + jsonBytes;
  if (provenBytes > frameBytes) {
    throw new EctarError("format", "chunk header or trailer is longer than its frame");
  }
  return { frameBytes, provenBytes };
}

/**
 * Takes the JSON out of a JSON frame and proves it by its SHA-256.
 *
 * @param bytes from the frame's start at least to the end of the SHA-256; more is ignored
 * @param maxJsonBytes most JSON the caller is ready to parse
 * @throws {EctarError} `format` when no such frame starts here, `damaged` when the SHA-256 differs
 */
export function decodeJsonFrame(bytes: Uint8Array, maxJsonBytes: number): unknown {
  const { provenBytes } = parseJsonFrameSizes(bytes, maxJsonBytes);
  if (bytes.length < provenBytes) {
    throw new EctarError("format", "chunk header or trailer is cut short");
  }
  const text = bytes.subarray(JSON_FRAME_PREFIX_BYTES, provenBytes - SHA256_BYTES);
  const stated = bytes.subarray(provenBytes - SHA256_BYTES, provenBytes);
  if (!createHash("sha256").update(text).digest().equals(stated)) {
    throw new EctarError("damaged", "chunk header or trailer fails its SHA-256");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text));
  } catch (cause) {
    throw new EctarError("format", "chunk header or trailer is no JSON", {}, { cause });
  }
}
