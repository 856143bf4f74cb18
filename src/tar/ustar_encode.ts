/**
 * Writes ustar headers: the fields of one 512-byte block.
 *
 * @module
 */

import type { EntryType, TarEntry } from "./entry.ts";
import { fromLatin1 } from "./bytes.ts";
import { FIELD, type Field, headerChecksum, MAX_OCTAL_11, MAX_OCTAL_7 } from "./ustar_layout.ts";

const TYPE_FLAG: Record<EntryType, number> = {
  "file": 0x30,
  "hardlink": 0x31,
  "symlink": 0x32,
  "char-device": 0x33,
  "block-device": 0x34,
  "directory": 0x35,
  "fifo": 0x36,
};
const PAX_TYPE_FLAG = 0x78;
const SLASH = 0x2f;
const ZERO = 0x30;
const NS_PER_SECOND = 1_000_000_000n;

/** How a name is shared between two fields. */
export interface NameSplit {
  /** Bytes of the name that go to the prefix field. */
  prefixLength: number;
  /** Where the name field begins; the slash between is not stored. */
  nameFrom: number;
}

/** Where to cut a name between the prefix and name fields, or undefined when they cannot hold it. */
export function splitName(name: Uint8Array): NameSplit | undefined {
  if (name.length <= FIELD.name.length) return { prefixLength: 0, nameFrom: 0 };
  if (name.length > FIELD.prefix.length + 1 + FIELD.name.length) return undefined;
  // The first slash that leaves at most 100 bytes behind it, but not a bare trailing one.
  const slash = name.indexOf(SLASH, Math.max(1, name.length - FIELD.name.length - 1));
  if (slash < 0 || slash > FIELD.prefix.length || slash === name.length - 1) return undefined;
  return { prefixLength: slash, nameFrom: slash + 1 };
}

/** Writes the whole ustar header of an entry at `out[base]`, under `name`. */
export function putUstar(
  out: Uint8Array,
  base: number,
  entry: TarEntry,
  name: Uint8Array,
  split: NameSplit | undefined,
  size: number,
): void {
  if (split === undefined) putCutName(out, base, name);
  else {
    putBytes(out, base + FIELD.name.at, name, split.nameFrom, name.length);
    putBytes(out, base + FIELD.prefix.at, name, 0, split.prefixLength);
  }
  putOctal(out, base, FIELD.mode, entry.mode);
  // An owner that does not fit is in a PAX record; a tar that ignores it must not see root's number.
  putOctal(out, base, FIELD.uid, Math.min(entry.uid, MAX_OCTAL_7));
  putOctal(out, base, FIELD.gid, Math.min(entry.gid, MAX_OCTAL_7));
  putOctal(out, base, FIELD.size, size > MAX_OCTAL_11 ? 0 : size);
  putOctal(out, base, FIELD.mtime, ustarTime(entry.mtimeNs));
  out[base + FIELD.type.at] = TYPE_FLAG[entry.type];
  const link = Math.min(entry.linkTarget.length, FIELD.linkName.length);
  putBytes(out, base + FIELD.linkName.at, entry.linkTarget, 0, link);
  putBytes(out, base + FIELD.magic.at, USTAR_MAGIC, 0, USTAR_MAGIC.length);
  const user = Math.min(entry.user.length, FIELD.user.length - 1);
  putBytes(out, base + FIELD.user.at, entry.user, 0, user);
  const group = Math.min(entry.group.length, FIELD.group.length - 1);
  putBytes(out, base + FIELD.group.at, entry.group, 0, group);
  putDevice(out, base, FIELD.deviceMajor, entry.deviceMajor);
  putDevice(out, base, FIELD.deviceMinor, entry.deviceMinor);
  putChecksum(out, base);
}

/** Too long for the fields, so a PAX record holds it; a cut at a slash would look like a directory. */
function putCutName(out: Uint8Array, base: number, name: Uint8Array): void {
  let length = Math.min(name.length, FIELD.name.length);
  while (length > 1 && name[length - 1] === SLASH) length--;
  putBytes(out, base + FIELD.name.at, name, 0, length);
}

function ustarTime(timeNs: bigint): number {
  if (timeNs < 0n) return 0;
  return Math.min(Number(timeNs / NS_PER_SECOND), MAX_OCTAL_11);
}

function putBytes(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) out[at++] = from[i];
}

function putOctal(out: Uint8Array, base: number, field: Field, value: number): void {
  const first = base + field.at;
  let rest = value;
  for (let i = first + field.length - 2; i >= first; i--) {
    const next = Math.floor(rest / 8);
    out[i] = ZERO + (rest - next * 8);
    rest = next;
  }
}

/** Octal, or GNU's binary form: no PAX keyword for device numbers is known to both GNU tar and bsdtar. */
function putDevice(out: Uint8Array, base: number, field: Field, value: number): void {
  if (value <= MAX_OCTAL_7) return putOctal(out, base, field, value);
  out[base + field.at] = 0x80;
  new DataView(out.buffer).setUint32(base + field.at + field.length - 4, value);
}

function putChecksum(out: Uint8Array, base: number): void {
  const sum = headerChecksum(out, base, false);
  const first = base + FIELD.checksum.at;
  for (let i = 5, rest = sum; i >= 0; i--, rest >>= 3) out[first + i] = ZERO + (rest & 7);
  out[first + 6] = 0;
  out[first + 7] = 0x20;
}

const USTAR_MAGIC = fromLatin1("ustar\x0000");
/** Name of all PAX headers: what a tar that does not know them leaves behind is then one file. */
const PAX_NAME = fromLatin1("PaxHeader");

/** Writes the ustar header of a PAX header whose records take `bodySize` bytes, at the start of `out`. */
export function putPaxHeader(out: Uint8Array, bodySize: number): void {
  putBytes(out, FIELD.name.at, PAX_NAME, 0, PAX_NAME.length);
  for (const field of [FIELD.uid, FIELD.gid, FIELD.mtime, FIELD.deviceMajor, FIELD.deviceMinor]) {
    putOctal(out, 0, field, 0);
  }
  putOctal(out, 0, FIELD.mode, 0o644);
  putOctal(out, 0, FIELD.size, bodySize);
  out[FIELD.type.at] = PAX_TYPE_FLAG;
  putBytes(out, FIELD.magic.at, USTAR_MAGIC, 0, USTAR_MAGIC.length);
  putChecksum(out, 0);
}
