/**
 * Writes members: PAX header where needed, ustar header, sparse map. The same entry always gives the
 * same bytes.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TarEntry } from "./entry.ts";
import { fromLatin1, isAscii, printable } from "./bytes.ts";
import { encodePaxRecords, sparsePlaceholder, timeFitsUstar } from "./pax_encode.ts";
import { checkSegments, encodeSparseMap, MAX_SPARSE_SEGMENTS, storedLength } from "./sparse_map.ts";
import { putPaxHeader, putUstar, splitName } from "./ustar_encode.ts";
import { BLOCK_SIZE, FIELD, MAX_OCTAL_11, MAX_OCTAL_7, paddingAfter } from "./ustar_layout.ts";

export { paddingAfter } from "./ustar_layout.ts";

/** The two zero blocks that end an archive. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK_SIZE);

const SLASH = 0x2f;
const ZERO = 0x30;
const NS_PER_SECOND = 1_000_000_000n;

/** Bytes of data that follow the headers: those of a file, of a sparse one only what is stored. */
export function storedSize(entry: TarEntry): number {
  if (entry.type !== "file") return 0;
  return entry.sparse === undefined ? entry.size : storedLength(entry.sparse);
}

/** Bytes of the whole member: headers, data, padding. */
export function memberSize(entry: TarEntry): number {
  const stored = storedSize(entry);
  return encodeMemberHeader(entry).length + stored + paddingAfter(stored);
}

/**
 * Everything of a member before its data: an optional PAX header, the ustar header and, for sparse
 * files, their map. After it come {@link storedSize} bytes of data and {@link paddingAfter} zeros.
 *
 * @throws {EctarError} "unsupported" when a tar cannot hold the entry (a NUL in a name, a number out
 * of range), "format" when the sparse stretches are not fit to be written (see `normalizeSegments`)
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeMemberHeader, type TarEntry } from "@ectar/ectar";
 *
 * const none = new Uint8Array(0);
 * const entry: TarEntry = {
 *   path: new TextEncoder().encode("notes.txt"),
 *   type: "file",
 *   mode: 0o644,
 *   uid: 1000,
 *   gid: 1000,
 *   user: none,
 *   group: none,
 *   size: 5,
 *   mtimeNs: 1_700_000_000_000_000_000n,
 *   linkTarget: none,
 *   deviceMajor: 0,
 *   deviceMinor: 0,
 *   xattrs: [],
 *   sparse: undefined,
 * };
 * assert(encodeMemberHeader(entry).length === 512);
 * ```
 */
export function encodeMemberHeader(entry: TarEntry): Uint8Array {
  return borrowMemberHeader(entry).slice();
}

/** What {@link encodeMemberHeader} gives, valid until the next call of either. */
export function borrowMemberHeader(entry: TarEntry): Uint8Array {
  checkEntry(entry);
  const name = nameOnTape(entry);
  const split = splitName(name);
  const map = entry.sparse === undefined ? undefined : encodeSparseMap(entry.sparse, entry.size);
  const size = storedSize(entry) + (map?.length ?? 0);
  const fast = split !== undefined && isPlain(entry, name, size);
  if (fast && timeFitsUstar(entry.mtimeNs)) {
    const out = zeros(BLOCK_SIZE);
    putUstar(out, 0, entry, name, split, size);
    return out;
  }
  if (fast && entry.mtimeNs >= FIRST_10_DIGIT_NS && entry.mtimeNs < FIRST_11_DIGIT_NS) {
    const out = lent.subarray(0, TIME_ONLY_TEMPLATE.length);
    out.set(TIME_ONLY_TEMPLATE);
    putTimeDigits(out, entry.mtimeNs);
    putUstar(out, 2 * BLOCK_SIZE, entry, name, split, size);
    return out;
  }

  const records = encodePaxRecords(entry, { name, nameFits: split !== undefined, size });
  const pax = records === undefined
    ? 0
    : BLOCK_SIZE + records.length + paddingAfter(records.length);
  const out = zeros(pax + BLOCK_SIZE + (map?.length ?? 0));
  if (records !== undefined) {
    putPaxHeader(out, records.length);
    out.set(records, BLOCK_SIZE);
  }
  if (map === undefined) {
    putUstar(out, pax, entry, name, split, size);
  } else {
    const placeholder = sparsePlaceholder(entry.path);
    putUstar(out, pax, entry, placeholder, splitName(placeholder), size);
    out.set(map, pax + BLOCK_SIZE);
  }
  return out;
}

/** Used again for each header that fits: millions of small arrays cost more than what is in them. */
const lent = new Uint8Array(16 * BLOCK_SIZE);

function zeros(length: number): Uint8Array {
  return length > lent.length ? new Uint8Array(length) : lent.subarray(0, length).fill(0);
}

/** True when nothing but perhaps the time needs a PAX record. */
function isPlain(entry: TarEntry, name: Uint8Array, size: number): boolean {
  return entry.sparse === undefined && entry.xattrs.length === 0 &&
    size <= MAX_OCTAL_11 && entry.uid <= MAX_OCTAL_7 && entry.gid <= MAX_OCTAL_7 &&
    entry.linkTarget.length <= FIELD.linkName.length &&
    entry.user.length < FIELD.user.length && entry.group.length < FIELD.group.length &&
    isAscii(name) && isAscii(entry.linkTarget) && isAscii(entry.user) && isAscii(entry.group);
}

function nameOnTape(entry: TarEntry): Uint8Array {
  const { path } = entry;
  if (entry.type !== "directory" || path[path.length - 1] === SLASH) return path;
  const name = new Uint8Array(path.length + 1);
  name.set(path);
  name[path.length] = SLASH;
  return name;
}

const FIRST_10_DIGIT_NS = 1_000_000_000n * NS_PER_SECOND;
const FIRST_11_DIGIT_NS = 10_000_000_000n * NS_PER_SECOND;
const TIME_RECORD = fromLatin1("30 mtime=##########.#########\n");
const TIME_SECONDS_AT = BLOCK_SIZE + 9;
const TIME_NANOS_AT = TIME_SECONDS_AT + 11;

/** Two blocks of PAX header for the commonest need, a time between 2001 and 2286 with nanoseconds. */
const TIME_ONLY_TEMPLATE = new Uint8Array(3 * BLOCK_SIZE);
putPaxHeader(TIME_ONLY_TEMPLATE, TIME_RECORD.length);
TIME_ONLY_TEMPLATE.set(TIME_RECORD, BLOCK_SIZE);

function putTimeDigits(out: Uint8Array, timeNs: bigint): void {
  const seconds = timeNs / NS_PER_SECOND;
  putDecimal(out, TIME_SECONDS_AT, 10, Number(seconds));
  putDecimal(out, TIME_NANOS_AT, 9, Number(timeNs - seconds * NS_PER_SECOND));
}

function putDecimal(out: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    out[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}

function checkEntry(entry: TarEntry): void {
  const refuse = (what: string): never => {
    const path = printable(entry.path);
    throw new EctarError("unsupported", `${path}: a tar cannot hold ${what}`, { path });
  };
  if (entry.path.length === 0) refuse("an empty name");
  if (entry.path.includes(0)) refuse("a name with a NUL byte");
  if (entry.type !== "directory" && entry.path[entry.path.length - 1] === SLASH) {
    refuse("a slash at the end of what is no directory");
  }
  if (entry.linkTarget.includes(0)) refuse("a link target with a NUL byte");
  const isLink = entry.type === "symlink" || entry.type === "hardlink";
  if (isLink !== entry.linkTarget.length > 0) refuse("such a link target");
  if (entry.user.includes(0) || entry.group.includes(0)) refuse("an owner name with a NUL byte");
  if (!isCount(entry.uid) || !isCount(entry.gid)) refuse("such an owner number");
  if (!isCount(entry.mode) || entry.mode > 0o7777) refuse("such permission bits");
  if (!isDevice(entry.deviceMajor) || !isDevice(entry.deviceMinor)) refuse("such a device number");
  if (!isCount(entry.size)) refuse("such a size");
  if (entry.sparse !== undefined) {
    if (entry.type !== "file") refuse("holes in what is no file");
    if (entry.sparse.length > MAX_SPARSE_SEGMENTS) refuse("so many stretches of a sparse file");
    checkSegments(entry.sparse, entry.size, printable(entry.path), true);
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isDevice(value: number): boolean {
  return isCount(value) && value <= 0xffffffff;
}
