/**
 * Puts a member together from its ustar header, the PAX records and GNU long names before it.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { EntryType, SparseSegment, TarEntry } from "./entry.ts";
import { EMPTY, printable } from "./bytes.ts";
import { type PaxFields, unsignedOwner } from "./pax_decode.ts";
import type { OwnerResolver } from "./posix_acl.ts";
import type { MemberPreamble } from "./preamble.ts";
import { badTar, type TarLimits } from "./tar_limits.ts";
import { readOldGnuSegments } from "./old_gnu_sparse.ts";
import { dialectOf, readName, readNumber, readText, readTextLike } from "./ustar_decode.ts";
import { FIELD } from "./ustar_layout.ts";
import { decodeXattrs, modeBesideAcl, NO_XATTRS } from "./xattr_decode.ts";

/** A member and how its data lies in the tar. */
export interface DecodedMember {
  entry: TarEntry;
  /** Bytes that follow the header, without padding; a sparse 1.0 map among them. */
  tarSize: number;
  /** `whole` and `stretches` are delivered, `map` has its sparse map first, `unused` is skipped. */
  data: "whole" | "stretches" | "map" | "unused";
  /** Old GNU sparse map: extension blocks follow the header. */
  isExtended: boolean;
  /** Why the member cannot be used at all, if so. */
  refusal: string | undefined;
  /** What was given up, such as an ACL that names somebody unknown. */
  notes: string[];
}

const TYPES: Record<string, EntryType> = {
  "1": "hardlink",
  "2": "symlink",
  "3": "char-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
  "D": "directory",
};
const SLASH = 0x2f;
const NS_PER_SECOND = 1_000_000_000n;
const MAX_DEVICE = 0xffffffff;

/** Owners of the member decoded last. */
let lastUser = EMPTY;
let lastGroup = EMPTY;

/**
 * Decodes the member whose ustar header stands at `bytes[base]`.
 *
 * @throws {EctarError} "format", or "unsupported" for a sparse format of the future
 */
export function decodeMember(
  bytes: Uint8Array,
  base: number,
  before: MemberPreamble,
  limits: TarLimits,
  resolve: OwnerResolver | undefined,
): DecodedMember {
  const { pax, headerOffset } = before;
  const number = (field: (typeof FIELD)[keyof typeof FIELD], what: string) =>
    readNumber(bytes, base, field, headerOffset, what);
  const dialect = dialectOf(bytes, base);
  const flag = String.fromCharCode(bytes[base + FIELD.type.at]);
  const notes: string[] = [];

  const name = sparseName(pax) ?? pax?.path ?? before.longName ?? readName(bytes, base, dialect);
  const path = withoutTrailingSlashes(name);
  const type = TYPES[flag] ?? (path.length < name.length ? "directory" : "file");
  const isLink = type === "hardlink" || type === "symlink";
  const isDevice = type === "char-device" || type === "block-device";
  const hasNames = dialect !== "v7";
  const tarSize = pax?.size ?? number(FIELD.size, "size");
  if (tarSize < 0 || !Number.isSafeInteger(headerOffset + tarSize + 1024)) {
    throw badTar(headerOffset, "size is out of range");
  }

  const entry: TarEntry = {
    path,
    type,
    mode: number(FIELD.mode, "mode") & 0o7777,
    uid: pax?.uid ?? unsignedOwner(number(FIELD.uid, "owner"), headerOffset),
    gid: pax?.gid ?? unsignedOwner(number(FIELD.gid, "group"), headerOffset),
    user: pax?.user ??
      (hasNames ? lastUser = readTextLike(lastUser, bytes, base, FIELD.user) : EMPTY),
    group: pax?.group ??
      (hasNames ? lastGroup = readTextLike(lastGroup, bytes, base, FIELD.group) : EMPTY),
    size: 0,
    mtimeNs: pax?.mtimeNs ?? BigInt(number(FIELD.mtime, "mtime")) * NS_PER_SECOND,
    linkTarget: isLink
      ? pax?.linkTarget ?? before.longLink ?? readText(bytes, base, FIELD.linkName)
      : EMPTY,
    deviceMajor: isDevice ? pax?.deviceMajor ?? number(FIELD.deviceMajor, "device number") : 0,
    deviceMinor: isDevice ? pax?.deviceMinor ?? number(FIELD.deviceMinor, "device number") : 0,
    xattrs: pax === undefined ? NO_XATTRS : decodeXattrs(pax, resolve, notes),
    sparse: undefined,
  };
  if (pax?.aclAccess !== undefined) entry.mode = modeBesideAcl(entry.mode, entry.xattrs);
  if (!isDeviceNumber(entry.deviceMajor) || !isDeviceNumber(entry.deviceMinor)) {
    throw badTar(headerOffset, "device number is out of range");
  }
  const member: DecodedMember = {
    entry,
    tarSize: carriesData(flag, type, before.isPax) ? tarSize : 0,
    data: "unused",
    isExtended: false,
    refusal: pax?.isContinuation
      ? "it is the rest of a file that an earlier volume began"
      : refusalOf(entry),
    notes,
  };
  if (type !== "file") return member;

  entry.size = tarSize;
  member.data = "whole";
  if (flag === "S") {
    const map = readOldGnuSegments(bytes, base, headerOffset);
    setSparse(member, map.segments, map.realSize);
    member.isExtended = map.isExtended;
  } else if (pax !== undefined) {
    applyPaxSparse(member, pax, headerOffset, limits);
  }
  return member;
}

/** POSIX leaves the size of links, devices and directories without meaning; GNU's `D` lists names. */
function carriesData(flag: string, type: EntryType, isPax: boolean): boolean {
  if (type === "hardlink") return isPax;
  return type === "file" || flag === "D" || flag === "0" || flag === "\0";
}

function applyPaxSparse(
  member: DecodedMember,
  pax: PaxFields,
  offset: number,
  limits: TarLimits,
): void {
  const { sparseMajor, sparseMinor, sparseNumbers, sparseSize } = pax;
  if (sparseMajor === 1 && (sparseMinor ?? 0) === 0) {
    if (sparseSize === undefined) throw badTar(offset, "sparse file without its size");
    setSparse(member, [], sparseSize);
    member.data = "map";
    return;
  }
  if ((sparseMajor ?? 0) !== 0) {
    const path = printable(member.entry.path);
    throw new EctarError(
      "unsupported",
      `${path}: GNU sparse format ${sparseMajor}.${sparseMinor ?? 0} at tar offset ${offset}`,
      { path },
    );
  }
  if (sparseNumbers === undefined && sparseSize === undefined) return;
  const numbers = sparseNumbers ?? [];
  if (sparseSize === undefined || numbers.length % 2 !== 0) {
    throw badTar(offset, "sparse map is incomplete");
  }
  if (numbers.length > 2 * limits.maxSparseSegments) throw badTar(offset, "sparse map is too long");
  const segments: SparseSegment[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    if (numbers[i + 1] > 0) segments.push({ offset: numbers[i], length: numbers[i + 1] });
  }
  setSparse(member, segments, sparseSize);
}

function setSparse(member: DecodedMember, segments: SparseSegment[], realSize: number): void {
  member.entry.sparse = segments;
  member.entry.size = realSize;
  member.data = "stretches";
}

/** A name that no file can have; tars that read C strings would cut it at the NUL. */
function refusalOf(entry: TarEntry): string | undefined {
  if (entry.path.length === 0) return "its name is empty";
  if (entry.path.includes(0)) return "its name holds a NUL byte";
  if (entry.linkTarget.includes(0)) return "its link target holds a NUL byte";
  const isLink = entry.type === "hardlink" || entry.type === "symlink";
  return isLink && entry.linkTarget.length === 0 ? "its link target is empty" : undefined;
}

/** libarchive cuts GNU.sparse.name at 100 bytes when it is not UTF-8, but has it whole as the path. */
function sparseName(pax: PaxFields | undefined): Uint8Array | undefined {
  const name = pax?.sparseName;
  if (name?.length !== FIELD.name.length) return name;
  const isCut = name.every((byte, i) => byte === pax?.path?.[i]);
  return isCut ? pax!.path : name;
}

function withoutTrailingSlashes(name: Uint8Array): Uint8Array {
  let end = name.length;
  while (end > 1 && name[end - 1] === SLASH) end--;
  return end === name.length ? name : name.slice(0, end);
}

function isDeviceNumber(value: number): boolean {
  return value >= 0 && value <= MAX_DEVICE;
}
