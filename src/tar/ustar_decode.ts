/**
 * Reads the fields of one 512-byte header in all dialects: v7, ustar, star, GNU.
 *
 * @module
 */

import { EMPTY, endOfCString } from "./bytes.ts";
import { badTar } from "./tar_limits.ts";
import { BLOCK_SIZE, FIELD, type Field, headerChecksum } from "./ustar_layout.ts";

/** How the header uses the bytes behind the fields that all dialects share. */
export type Dialect = "v7" | "ustar" | "star" | "gnu";

/** True when the block holds only zeros, as the two at the end of an archive do. */
export function isZeroBlock(bytes: Uint8Array, base: number): boolean {
  for (let i = base; i < base + BLOCK_SIZE; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Compares the checksum, computed over unsigned or signed bytes.
 *
 * @throws {EctarError} "format"
 */
export function checkHeader(bytes: Uint8Array, base: number, offset: number): void {
  const stored = readNumber(bytes, base, FIELD.checksum, offset, "checksum");
  if (stored === headerChecksum(bytes, base, false)) return;
  if (stored === headerChecksum(bytes, base, true)) return;
  throw badTar(offset, "header checksum does not match");
}

/** Tells the dialect by the magic; star's prefix is shorter and has two times behind it. */
export function dialectOf(bytes: Uint8Array, base: number): Dialect {
  const at = base + FIELD.magic.at;
  const isUstar = bytes[at] === 0x75 && bytes[at + 1] === 0x73 && bytes[at + 2] === 0x74 &&
    bytes[at + 3] === 0x61 && bytes[at + 4] === 0x72;
  if (!isUstar) return "v7";
  if (bytes[at + 5] === 0x20) return "gnu";
  if (bytes[at + 5] !== 0) return "v7";
  const isStar = bytes[base + 475] === 0 && isOctal(bytes[base + 476]) &&
    bytes[base + 487] === 0x20 && isOctal(bytes[base + 488]) && bytes[base + 499] === 0x20;
  return isStar ? "star" : "ustar";
}

/** The name with its prefix, where the dialect has one. */
export function readName(bytes: Uint8Array, base: number, dialect: Dialect): Uint8Array {
  const nameEnd = endOfCString(bytes, base, base + FIELD.name.length);
  if (dialect === "v7" || dialect === "gnu") return nameFrom(bytes, base, nameEnd);
  const prefixAt = base + FIELD.prefix.at;
  const prefixLength = dialect === "star" ? 131 : FIELD.prefix.length;
  const prefixEnd = endOfCString(bytes, prefixAt, prefixAt + prefixLength);
  if (prefixEnd === prefixAt) return nameFrom(bytes, base, nameEnd);
  const path = new Uint8Array(prefixEnd - prefixAt + 1 + nameEnd - base);
  path.set(bytes.subarray(prefixAt, prefixEnd));
  path[prefixEnd - prefixAt] = 0x2f;
  path.set(bytes.subarray(base, nameEnd), prefixEnd - prefixAt + 1);
  return path;
}

/** Names lie one after the other in arrays of this many bytes: one for each would cost ten times as much. */
const NAMES_BYTES = 4096;
let names = new Uint8Array(NAMES_BYTES);
let namesEnd = 0;

/** A copy of a name of at most 100 bytes. */
function nameFrom(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const length = to - from;
  if (namesEnd + length > NAMES_BYTES) {
    names = new Uint8Array(NAMES_BYTES);
    namesEnd = 0;
  }
  const name = names.subarray(namesEnd, namesEnd + length);
  namesEnd += length;
  for (let i = 0; i < length; i++) name[i] = bytes[from + i];
  return name;
}

/** A text field as bytes, up to its first NUL. */
export function readText(bytes: Uint8Array, base: number, field: Field): Uint8Array {
  const from = base + field.at;
  const end = endOfCString(bytes, from, from + field.length);
  return end === from ? EMPTY : bytes.slice(from, end);
}

/**
 * A text field as bytes, up to its first NUL; `last` itself where it is those bytes. Most members of
 * an archive have the same owner, and an array for each would cost more than all other fields.
 */
export function readTextLike(
  last: Uint8Array,
  bytes: Uint8Array,
  base: number,
  field: Field,
): Uint8Array {
  const from = base + field.at;
  let same = 0;
  while (same < last.length && bytes[from + same] === last[same]) same++;
  const isLast = same === last.length && (same === field.length || bytes[from + same] === 0);
  return isLast ? last : readText(bytes, base, field);
}

/**
 * A number in octal, or in GNU's base-256 form, which may be negative. A blank field is 0.
 *
 * @throws {EctarError} "format" when it is neither, or not a safe integer
 */
export function readNumber(
  bytes: Uint8Array,
  base: number,
  field: Field,
  offset: number,
  what: string,
): number {
  let at = base + field.at;
  const end = at + field.length;
  if (bytes[at] & 0x80) return readBase256(bytes, at, end, offset, what);
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0)) at++;
  let value = 0;
  for (; at < end && isOctal(bytes[at]); at++) value = value * 8 + (bytes[at] - 0x30);
  if (at < end && bytes[at] !== 0x20 && bytes[at] !== 0) {
    throw badTar(offset, `${what} is not a number`);
  }
  return value;
}

function readBase256(
  bytes: Uint8Array,
  from: number,
  end: number,
  offset: number,
  what: string,
): number {
  const isNegative = bytes[from] === 0xff;
  if (!isNegative && bytes[from] !== 0x80) throw badTar(offset, `${what} is out of range`);
  let value = 0;
  for (let i = from + 1; i < end; i++) {
    value = value * 256 + (isNegative ? 0xff - bytes[i] : bytes[i]);
    if (value >= Number.MAX_SAFE_INTEGER) throw badTar(offset, `${what} is out of range`);
  }
  return isNegative ? -value - 1 : value;
}

function isOctal(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}
