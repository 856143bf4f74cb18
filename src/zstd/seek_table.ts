/**
 * The seek table of the public zstd seekable format: the last frame of a chunk, listing all frames
 * before it.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { parseSkippableHeader, SKIPPABLE_HEADER_BYTES, skippableHeader } from "./skippable.ts";

/** Magic number of the skippable frame that holds a seek table. */
const SEEK_TABLE_MAGIC = 0x184d2a5e;

/** Last four bytes of a seek table, as a little-endian number. */
const SEEKABLE_MAGIC = 0x8f92eab1;

/** Bytes of the footer: frame count, descriptor, magic number. */
export const SEEK_TABLE_FOOTER_BYTES = 9;

/** Bytes of an entry without checksum. */
const SEEK_ENTRY_BYTES = 8;

/** Most frames accepted in one seek table: 8 to 12 MiB of entries. */
export const MAX_SEEK_ENTRIES = (1 << 20) + 2;

/** One frame, in the order of the file. */
export interface SeekEntry {
  /** Bytes of the frame in the file. */
  compressedSize: number;
  /** Content bytes of the frame; 0 for a skippable one. */
  decompressedSize: number;
}

/** What the footer tells, before the table itself is read. */
export interface SeekTableFooter {
  /** Number of entries. */
  entries: number;
  /** Whether each entry has four bytes of checksum. */
  checksums: boolean;
  /** Bytes of the whole seek table frame, header and footer included. */
  tableBytes: number;
}

/** Bytes of a seek table frame of `entries` entries without checksums. */
export function seekTableBytes(entries: number): number {
  return SKIPPABLE_HEADER_BYTES + entries * SEEK_ENTRY_BYTES + SEEK_TABLE_FOOTER_BYTES;
}

/** The 8-byte entries alone, concatenated. */
export function encodeSeekEntries(entries: readonly SeekEntry[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entries.length * SEEK_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, index) => {
    checkUint32(entry.compressedSize);
    checkUint32(entry.decompressedSize);
    view.setUint32(index * SEEK_ENTRY_BYTES, entry.compressedSize, true);
    view.setUint32(index * SEEK_ENTRY_BYTES + 4, entry.decompressedSize, true);
  });
  return bytes;
}

/**
 * A whole seek table frame, without checksums.
 *
 * @throws {EctarError} `format` for more entries than {@link MAX_SEEK_ENTRIES} or sizes over 32 bits
 */
export function encodeSeekTable(entries: readonly SeekEntry[]): Uint8Array<ArrayBuffer> {
  if (entries.length > MAX_SEEK_ENTRIES) {
    throw new EctarError("format", `${entries.length} frames are too many for one seek table`);
  }
  const bytes = new Uint8Array(seekTableBytes(entries.length));
  bytes.set(skippableHeader(SEEK_TABLE_MAGIC, bytes.length - SKIPPABLE_HEADER_BYTES));
  bytes.set(encodeSeekEntries(entries), SKIPPABLE_HEADER_BYTES);
  const footer = new DataView(bytes.buffer, bytes.length - SEEK_TABLE_FOOTER_BYTES);
  footer.setUint32(0, entries.length, true);
  footer.setUint8(4, 0);
  footer.setUint32(5, SEEKABLE_MAGIC, true);
  return bytes;
}

/**
 * Reads the last 9 bytes of a file that ends with a seek table.
 *
 * @throws {EctarError} `format` when they are no such footer or claim too many frames
 */
export function parseSeekTableFooter(footer: Uint8Array): SeekTableFooter {
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  if (footer.length !== SEEK_TABLE_FOOTER_BYTES || view.getUint32(5, true) !== SEEKABLE_MAGIC) {
    throw new EctarError("format", "no seek table at the end");
  }
  const entries = view.getUint32(0, true);
  const descriptor = view.getUint8(4);
  if (descriptor & 0b0111_1100) {
    throw new EctarError("format", "seek table has reserved bits set");
  }
  if (entries > MAX_SEEK_ENTRIES) {
    throw new EctarError("format", `seek table claims ${entries} frames`);
  }
  const checksums = (descriptor & 0x80) !== 0;
  return {
    entries,
    checksums,
    tableBytes: seekTableBytes(entries) + (checksums ? entries * 4 : 0),
  };
}

/**
 * Reads a whole seek table frame.
 *
 * @param frame from the skippable frame's magic number to the footer's last byte
 * @throws {EctarError} `format` when it is not exactly one well-formed seek table
 */
export function decodeSeekTable(frame: Uint8Array): SeekEntry[] {
  const footer = parseSeekTableFooter(frame.subarray(-SEEK_TABLE_FOOTER_BYTES));
  const header = parseSkippableHeader(frame);
  if (
    frame.length !== footer.tableBytes || header?.magic !== SEEK_TABLE_MAGIC ||
    header.contentBytes !== frame.length - SKIPPABLE_HEADER_BYTES
  ) {
    throw new EctarError("format", "seek table's header and footer contradict each other");
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const stride = SEEK_ENTRY_BYTES + (footer.checksums ? 4 : 0);
  return Array.from({ length: footer.entries }, (_, index) => {
    const offset = SKIPPABLE_HEADER_BYTES + index * stride;
    return {
      compressedSize: view.getUint32(offset, true),
      decompressedSize: view.getUint32(offset + 4, true),
    };
  });
}

function checkUint32(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new EctarError("format", `frame size ${value} does not fit a seek table`);
  }
}
