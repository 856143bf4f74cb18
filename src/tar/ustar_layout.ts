/**
 * Where the fields of a 512-byte tar header lie, in the POSIX ustar layout, its v7 ancestor, and the
 * old GNU one that uses the prefix area for other things.
 *
 * @module
 */

/** Bytes of a tar block: headers are one block, data is padded to whole blocks. */
export const BLOCK_SIZE = 512;

/** Offset and length of each header field in bytes. */
export const FIELD = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  linkName: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  user: { at: 265, length: 32 },
  group: { at: 297, length: 32 },
  deviceMajor: { at: 329, length: 8 },
  deviceMinor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
  gnuSparse: { at: 386, length: 96 },
  gnuIsExtended: { at: 482, length: 1 },
  gnuRealSize: { at: 483, length: 12 },
} as const;

/** One field. */
export type Field = { readonly at: number; readonly length: number };

/** Bytes of one offset/length pair in an old GNU sparse header: two 12-byte numbers. */
export const GNU_SPARSE_PAIR_SIZE = 24;
/** Pairs in the header itself. */
export const GNU_SPARSE_PAIRS = 4;
/** Pairs in an extension block. */
export const GNU_SPARSE_EXTENSION_PAIRS = 21;
/** Where an extension block says that another follows. */
export const GNU_SPARSE_EXTENSION_MORE = 504;

/** Largest number of 11 octal digits: sizes below 8 GiB, times until 2242. */
export const MAX_OCTAL_11 = 0o77777777777;
/** Largest number of 7 octal digits: owners, device numbers. */
export const MAX_OCTAL_7 = 0o7777777;

/** Zero bytes between the end of `size` bytes of data and the next block. */
export function paddingAfter(size: number): number {
  return (BLOCK_SIZE - size % BLOCK_SIZE) % BLOCK_SIZE;
}

/** Bytes of the words that sums are made of. */
const WORD_BYTES = 4;
/** The checksum field is a whole number of words. */
const CHECKSUM_WORDS = {
  from: FIELD.checksum.at / WORD_BYTES,
  to: (FIELD.checksum.at + FIELD.checksum.length) / WORD_BYTES,
};

/**
 * Sum of all header bytes with the checksum field taken as blanks, as POSIX defines it.
 *
 * @param signed adds the bytes as signed ones, as some old tars did
 */
export function headerChecksum(bytes: Uint8Array, base: number, signed: boolean): number {
  const at = bytes.byteOffset + base;
  if (!signed && at % WORD_BYTES === 0) return sumOfWords(bytes.buffer, at);
  return sumOfBytes(bytes, base, signed);
}

/** Four bytes at a time: two sums in one number, neither of which can reach 2^16. */
function sumOfWords(buffer: ArrayBufferLike, at: number): number {
  const words = new Uint32Array(buffer, at, BLOCK_SIZE / WORD_BYTES);
  let sums = 0;
  for (let i = 0; i < CHECKSUM_WORDS.from; i++) {
    sums = sums + (words[i] & 0xff00ff) + (words[i] >>> 8 & 0xff00ff) | 0;
  }
  for (let i = CHECKSUM_WORDS.to; i < words.length; i++) {
    sums = sums + (words[i] & 0xff00ff) + (words[i] >>> 8 & 0xff00ff) | 0;
  }
  return 8 * 0x20 + (sums & 0xffff) + (sums >>> 16);
}

function sumOfBytes(bytes: Uint8Array, base: number, signed: boolean): number {
  let sum = 8 * 0x20;
  const checksumEnd = base + FIELD.checksum.at + FIELD.checksum.length;
  for (let i = base; i < base + FIELD.checksum.at; i++) sum += bytes[i];
  for (let i = checksumEnd; i < base + BLOCK_SIZE; i++) sum += bytes[i];
  if (!signed) return sum;
  for (let i = base; i < base + FIELD.checksum.at; i++) sum -= (bytes[i] & 0x80) << 1;
  for (let i = checksumEnd; i < base + BLOCK_SIZE; i++) sum -= (bytes[i] & 0x80) << 1;
  return sum;
}
