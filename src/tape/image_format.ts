/**
 * The words of a tape image in SIMH `.tap` format. An image is a row of records, each a 32-bit
 * little-endian length, that many bytes, a filler byte when they are odd, and the length again.
 * Length 0 alone is a filemark. The four top bits of a length are its class.
 *
 * @module
 */

/** Bytes of a length word. */
export const WORD_BYTES = 4;

/** Largest block an image can hold, in bytes: the length has 28 bits. */
export const MAX_IMAGE_BLOCK_BYTES = 0x0fff_ffff;

const FILEMARK = 0x0000_0000;
const END_OF_MEDIUM = 0xffff_ffff;
const ERASE_GAP = 0xffff_fffe;
const HALF_GAP = 0xfffe_ffff;

/** What a length word at the beginning of a record announces. */
export type ImageWord =
  | { kind: "filemark" }
  /** A block of `length` bytes; `bad` ones were recorded as unreadable. */
  | { kind: "block"; length: number; bad: boolean }
  /** Something that is not on the tape: a gap, or another program's private record. */
  | { kind: "skip"; bytes: number; length: number | undefined }
  /** Nothing follows. */
  | { kind: "end" }
  | { kind: "unknown" };

/** Reads a length word. */
export function parseWord(word: number): ImageWord {
  if (word === FILEMARK) return { kind: "filemark" };
  if (word === END_OF_MEDIUM) return { kind: "end" };
  if (word === ERASE_GAP) return { kind: "skip", bytes: WORD_BYTES, length: undefined };
  if (word === HALF_GAP) return { kind: "skip", bytes: WORD_BYTES / 2, length: undefined };
  const recordClass = word >>> 28;
  const length = word & MAX_IMAGE_BLOCK_BYTES;
  if (recordClass === 0x0) return { kind: "block", length, bad: false };
  if (recordClass === 0x8) return { kind: "block", length, bad: true };
  if (recordClass === 0x7) return { kind: "skip", bytes: WORD_BYTES, length: undefined };
  if (recordClass === 0xf) return { kind: "unknown" };
  return { kind: "skip", bytes: 2 * WORD_BYTES + padded(length), length };
}

/** Bytes that `length` bytes of data take with their filler byte. */
export function padded(length: number): number {
  return length + (length & 1);
}

/** Bytes in an image that a good block of `length` bytes takes. */
export function recordBytes(length: number): number {
  return 2 * WORD_BYTES + padded(length);
}

/** The length word in `bytes` at `at`. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

/** Puts a length word into `bytes` at `at`. */
export function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}
