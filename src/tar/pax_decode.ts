/**
 * Reads PAX records: what they say about the member that follows (or, from a global header, about all).
 *
 * @module
 */

import { endOfCString, isDigit, latin1 } from "./bytes.ts";
import { parsePaxTime } from "./pax_time.ts";
import { badTar } from "./tar_limits.ts";

/** What the records of one member say; everything absent is for the ustar header to tell. */
export class PaxFields {
  path: Uint8Array | undefined;
  linkTarget: Uint8Array | undefined;
  user: Uint8Array | undefined;
  group: Uint8Array | undefined;
  uid: number | undefined;
  gid: number | undefined;
  size: number | undefined;
  mtimeNs: bigint | undefined;
  deviceMajor: number | undefined;
  deviceMinor: number | undefined;
  /** Values by keyword behind `SCHILY.xattr.`, one character per byte. */
  schilyXattrs: Map<string, Uint8Array> | undefined;
  /** Base64 values by keyword behind `LIBARCHIVE.xattr.`. */
  libarchiveXattrs: Map<string, Uint8Array> | undefined;
  /** SELinux context as Red Hat's tar writes it, without its NUL. */
  selinux: Uint8Array | undefined;
  aclAccess: Uint8Array | undefined;
  aclDefault: Uint8Array | undefined;
  sparseMajor: number | undefined;
  sparseMinor: number | undefined;
  sparseName: Uint8Array | undefined;
  sparseSize: number | undefined;
  /** Offsets and lengths by turns (sparse 0.0 and 0.1). */
  sparseNumbers: number[] | undefined;
  /** The member is the rest of a file that an earlier volume began. */
  isContinuation = false;

  /** Whether anything is there that attributes or ACLs are made of. */
  get hasXattrs(): boolean {
    return this.schilyXattrs !== undefined || this.libarchiveXattrs !== undefined ||
      this.selinux !== undefined || this.aclAccess !== undefined || this.aclDefault !== undefined;
  }

  /** A copy that shares nothing that records could change. */
  clone(): PaxFields {
    const copy = Object.assign(new PaxFields(), this);
    copy.schilyXattrs = this.schilyXattrs && new Map(this.schilyXattrs);
    copy.libarchiveXattrs = this.libarchiveXattrs && new Map(this.libarchiveXattrs);
    copy.sparseNumbers = this.sparseNumbers?.slice();
    return copy;
  }

  /**
   * Forgets what says something about one file only. Global records of it make no sense, and each
   * member would have to carry a copy.
   */
  forgetContent(): void {
    this.schilyXattrs = this.libarchiveXattrs = undefined;
    this.sparseNumbers = undefined;
    this.aclAccess = this.aclDefault = undefined;
  }

  /**
   * Takes over all records in `bytes[from..to)`; later ones outrank earlier ones.
   *
   * @param offset tar offset of the PAX header, for messages
   * @throws {EctarError} "format"
   */
  readRecords(
    bytes: Uint8Array,
    from: number,
    to: number,
    offset: number,
    maxSparseSegments: number,
  ): void {
    let at = from;
    while (at < to) {
      let length = 0;
      let i = at;
      for (; i < to && isDigit(bytes[i]) && i - at < 10; i++) {
        length = length * 10 + (bytes[i] - 0x30);
      }
      const end = at + length;
      if (
        i === at || bytes[i] !== BLANK || end > to || end <= i + 1 || bytes[end - 1] !== NEWLINE
      ) {
        throw badTar(offset, "malformed PAX record");
      }
      const equals = bytes.indexOf(EQUALS, i + 1);
      if (equals < 0 || equals >= end - 1 || equals === i + 1) {
        throw badTar(offset, "PAX record without a keyword");
      }
      if (equals - i > MAX_KEYWORD_SIZE) throw badTar(offset, "PAX keyword is too long");
      const keyword = latin1(bytes, i + 1, equals);
      this.#take(keyword, bytes, equals + 1, end - 1, offset, maxSparseSegments);
      at = end;
    }
  }

  #take(
    keyword: string,
    bytes: Uint8Array,
    from: number,
    to: number,
    offset: number,
    maxSparseSegments: number,
  ): void {
    if (keyword.startsWith("SCHILY.xattr.") && keyword.length > 13) {
      this.schilyXattrs ??= new Map();
      this.schilyXattrs.set(keyword.slice(13), bytes.slice(from, to));
      return;
    }
    if (keyword.startsWith("LIBARCHIVE.xattr.") && keyword.length > 17) {
      this.libarchiveXattrs ??= new Map();
      this.libarchiveXattrs.set(keyword.slice(17), bytes.slice(from, to));
      return;
    }
    // POSIX: an empty value takes back what earlier or global records said.
    const isEmpty = from === to;
    const text = () => isEmpty ? undefined : bytes.slice(from, to);
    const count = () => isEmpty ? undefined : parseCount(bytes, from, to, keyword, offset);
    switch (keyword) {
      case "path":
        this.path = text();
        break;
      case "linkpath":
        this.linkTarget = text();
        break;
      case "uname":
        this.user = bytes.slice(from, endOfCString(bytes, from, to));
        break;
      case "gname":
        this.group = bytes.slice(from, endOfCString(bytes, from, to));
        break;
      case "uid":
        this.uid = isEmpty ? undefined : parseOwner(bytes, from, to, keyword, offset);
        break;
      case "gid":
        this.gid = isEmpty ? undefined : parseOwner(bytes, from, to, keyword, offset);
        break;
      case "size":
        this.size = count();
        break;
      case "mtime":
        this.mtimeNs = isEmpty ? undefined : parsePaxTime(bytes, from, to);
        if (!isEmpty && this.mtimeNs === undefined) throw badTar(offset, "PAX mtime is not a time");
        break;
      case "SCHILY.devmajor":
        this.deviceMajor = count();
        break;
      case "SCHILY.devminor":
        this.deviceMinor = count();
        break;
      case "SCHILY.acl.access":
        this.aclAccess = text();
        break;
      case "SCHILY.acl.default":
        this.aclDefault = text();
        break;
      case "RHT.security.selinux":
        this.selinux = text();
        break;
      case "GNU.sparse.major":
        this.sparseMajor = count();
        break;
      case "GNU.sparse.minor":
        this.sparseMinor = count();
        break;
      case "GNU.sparse.name":
        this.sparseName = text();
        break;
      case "GNU.sparse.size":
      case "GNU.sparse.realsize":
        this.sparseSize = count();
        break;
      case "GNU.sparse.offset":
        this.#addSparseNumber(count(), 0, offset, maxSparseSegments);
        break;
      case "GNU.sparse.numbytes":
        this.#addSparseNumber(count(), 1, offset, maxSparseSegments);
        break;
      case "GNU.sparse.map":
        this.#readSparseList(bytes, from, to, offset, maxSparseSegments);
        break;
      case "GNU.volume.filename":
        this.isContinuation = !isEmpty;
        break;
    }
  }

  #addSparseNumber(value: number | undefined, turn: 0 | 1, offset: number, max: number): void {
    const numbers = this.sparseNumbers ??= [];
    if (value === undefined || numbers.length % 2 !== turn) {
      throw badTar(offset, "PAX sparse map is out of order");
    }
    if (numbers.length >= 2 * max) {
      throw badTar(offset, `sparse map has more than ${max} stretches`);
    }
    numbers.push(value);
  }

  #readSparseList(bytes: Uint8Array, from: number, to: number, offset: number, max: number): void {
    this.sparseNumbers = [];
    if (from === to) return;
    let at = from;
    for (let turn: 0 | 1 = 0; at <= to; turn = turn === 0 ? 1 : 0) {
      let end = at;
      while (end < to && bytes[end] !== COMMA) end++;
      const value = parseCount(bytes, at, end, "GNU.sparse.map", offset);
      this.#addSparseNumber(value, turn, offset, max);
      at = end + 1;
    }
  }
}

const BLANK = 0x20;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const MINUS = 0x2d;
/** Longer than any xattr name of 255 bytes, percent-encoded, with its prefix. */
const MAX_KEYWORD_SIZE = 1024;
const MAX_COUNT_DIGITS = 16;

function parseCount(
  bytes: Uint8Array,
  from: number,
  to: number,
  keyword: string,
  offset: number,
): number {
  let value = 0;
  let isNumber = to > from && to - from <= MAX_COUNT_DIGITS;
  for (let i = from; isNumber && i < to; i++) {
    isNumber = isDigit(bytes[i]);
    value = value * 10 + (bytes[i] - 0x30);
  }
  if (!isNumber || !Number.isSafeInteger(value)) {
    throw badTar(offset, `PAX record ${keyword} is not a number in range`);
  }
  return value;
}

function parseOwner(
  bytes: Uint8Array,
  from: number,
  to: number,
  keyword: string,
  offset: number,
): number {
  if (bytes[from] !== MINUS) return parseCount(bytes, from, to, keyword, offset);
  return unsignedOwner(-parseCount(bytes, from + 1, to, keyword, offset), offset);
}

/** Old systems wrote owners such as -2 (nobody); as 32-bit numbers they are what they meant. */
export function unsignedOwner(id: number, offset: number): number {
  if (id >= 0) return id;
  if (id < -(2 ** 31)) throw badTar(offset, "owner number is out of range");
  return id + 2 ** 32;
}
