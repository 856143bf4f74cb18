/**
 * Lists of CRC-32s as base64: 4 bytes each, least significant first. Shared by trailer and index.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Encodes a list of CRC-32s. */
export function encodeCrc32List(list: Uint32Array): string {
  const bytes = Buffer.alloc(list.length * 4);
  list.forEach((crc, index) => bytes.writeUInt32LE(crc, index * 4));
  return bytes.toString("base64");
}

/** Decodes a list of CRC-32s that was validated as base64 of 4-byte values. */
export function decodeCrc32List(text: string): Uint32Array<ArrayBuffer> {
  const bytes = Buffer.from(text, "base64");
  return Uint32Array.from(
    { length: bytes.length >>> 2 },
    (_, index) => bytes.readUInt32LE(index * 4),
  );
}
