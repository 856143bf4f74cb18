/**
 * The PAX records of a member: only what its ustar header cannot hold.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TarEntry } from "./entry.ts";
import { concat, fromLatin1, isAscii, isUtf8, latin1, printable } from "./bytes.ts";
import { ACL_ACCESS, ACL_DEFAULT, aclToText } from "./posix_acl.ts";
import { formatPaxTime } from "./pax_time.ts";
import { FIELD, MAX_OCTAL_11, MAX_OCTAL_7 } from "./ustar_layout.ts";
import { encodeXattrKey } from "./xattr_key.ts";

/** Most bytes of PAX records one member may have, written or read (unless limits say otherwise). */
export const MAX_PAX_SIZE = 64 << 20;

const NS_PER_SECOND = 1_000_000_000n;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const BLANK = 0x20;

/** What the member's ustar header is going to hold; decides which records are needed. */
export interface UstarFit {
  /** The name as it is written, a directory's with its slash. */
  name: Uint8Array;
  /** Whether the ustar fields take that name whole. */
  nameFits: boolean;
  /** Bytes the header's size field has to tell: what follows the headers. */
  size: number;
}

/** Records of one PAX header while they are being collected. */
class PaxBody {
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];

  add(key: string, value: Uint8Array | string | number): void {
    this.#keys.push(fromLatin1(key));
    this.#values.push(typeof value === "object" ? value : fromLatin1(String(value)));
  }

  /** The records in the order they were added, or undefined when there are none. */
  encode(): Uint8Array | undefined {
    if (this.#keys.length === 0) return undefined;
    const sizes = this.#keys.map((key, i) => recordSize(key.length + this.#values[i].length));
    const body = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
    let at = 0;
    this.#keys.forEach((key, i) => {
      const length = fromLatin1(String(sizes[i]));
      body.set(length, at);
      body[at + length.length] = BLANK;
      body.set(key, at + length.length + 1);
      const value = at + length.length + 1 + key.length + 1;
      body[value - 1] = EQUALS;
      body.set(this.#values[i], value);
      at += sizes[i];
      body[at - 1] = NEWLINE;
    });
    return body;
  }
}

/** Size of a whole record, its own decimal length among it. */
function recordSize(keyAndValueSize: number): number {
  const rest = keyAndValueSize + 3;
  const size = rest + String(rest).length;
  return rest + String(size).length;
}

/**
 * The PAX records that `entry` needs beyond its ustar header, or undefined when it needs none.
 *
 * A name that is not UTF-8 goes into the ustar header as it is, where GNU tar and bsdtar take the
 * bytes literally; only when it does not fit there is it a record, under `hdrcharset=BINARY`.
 *
 * @throws {EctarError} "unsupported" when they exceed {@link MAX_PAX_SIZE}
 */
export function encodePaxRecords(entry: TarEntry, ustar: UstarFit): Uint8Array | undefined {
  const body = new PaxBody();
  const isSparse = entry.sparse !== undefined;
  const path = isSparse || textNeedsRecord(ustar.name, ustar.nameFits) ? ustar.name : undefined;
  const link = recordIfNeeded(entry.linkTarget, FIELD.linkName.length);
  const user = recordIfNeeded(entry.user, FIELD.user.length - 1);
  const group = recordIfNeeded(entry.group, FIELD.group.length - 1);
  const texts = [path, link, user, group];
  if (texts.some((text) => text !== undefined && !isUtf8(text))) body.add("hdrcharset", "BINARY");

  if (path !== undefined && !isSparse) body.add("path", path);
  if (link !== undefined) body.add("linkpath", link);
  if (ustar.size > MAX_OCTAL_11) body.add("size", ustar.size);
  if (!timeFitsUstar(entry.mtimeNs)) body.add("mtime", formatPaxTime(entry.mtimeNs));
  if (entry.uid > MAX_OCTAL_7) body.add("uid", entry.uid);
  if (entry.gid > MAX_OCTAL_7) body.add("gid", entry.gid);
  if (user !== undefined) body.add("uname", user);
  if (group !== undefined) body.add("gname", group);
  if (isSparse) {
    body.add("GNU.sparse.major", 1);
    body.add("GNU.sparse.minor", 0);
    body.add("GNU.sparse.name", ustar.name);
    body.add("GNU.sparse.realsize", entry.size);
  }
  addXattrs(body, entry);

  const records = body.encode();
  if (records !== undefined && records.length > MAX_PAX_SIZE) {
    throw new EctarError(
      "unsupported",
      `extended attributes of ${printable(entry.path)} take ${records.length} bytes, ` +
        `more than ${MAX_PAX_SIZE}`,
      { path: printable(entry.path) },
    );
  }
  return records;
}

/** True when the ustar header's mtime field holds the time exactly. */
export function timeFitsUstar(timeNs: bigint): boolean {
  return timeNs >= 0n && timeNs % NS_PER_SECOND === 0n &&
    timeNs / NS_PER_SECOND <= BigInt(MAX_OCTAL_11);
}

function recordIfNeeded(text: Uint8Array, fieldSize: number): Uint8Array | undefined {
  return textNeedsRecord(text, text.length <= fieldSize) ? text : undefined;
}

function textNeedsRecord(text: Uint8Array, fits: boolean): boolean {
  return !fits || !isAscii(text) && isUtf8(text);
}

/** GNU tar restores ACLs from the attribute, bsdtar from the text: both are written. */
function addXattrs(body: PaxBody, entry: TarEntry): void {
  for (const { name, value } of entry.xattrs) {
    const text = latin1(name, 0, name.length);
    if (text === "" || text.includes("\0")) {
      throw new EctarError(
        "unsupported",
        `${printable(entry.path)} has an extended attribute without a valid name`,
        { path: printable(entry.path) },
      );
    }
    const acl = text === ACL_ACCESS || text === ACL_DEFAULT ? aclToText(value) : undefined;
    if (acl !== undefined) {
      body.add(text === ACL_ACCESS ? "SCHILY.acl.access" : "SCHILY.acl.default", acl);
    }
    body.add(`SCHILY.xattr.${encodeXattrKey(text)}`, value);
  }
}

/** `dir/GNUSparseFile.0/base`: the name that a tar without PAX sees for a sparse file. */
export function sparsePlaceholder(path: Uint8Array): Uint8Array {
  const slash = path.lastIndexOf(0x2f);
  const directory = slash < 0 ? fromLatin1("./") : path.subarray(0, slash + 1);
  return concat(directory, fromLatin1("GNUSparseFile.0/"), path.subarray(slash + 1));
}
