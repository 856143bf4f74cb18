/**
 * Extended attributes, ACLs among them, as bytes.
 *
 * @module
 */

import { compareBytes } from "../src/tree/path_text.ts";
import type { ExtendedAttribute } from "../src/tar/entry.ts";
import { cPath, errno, errorName, libc } from "./libc.ts";

/** Linux allows 64 KiB of names and 64 KiB a value. */
const LIMIT = 64 * 1024;
const CAPACITY = BigInt(LIMIT);
const names = new Uint8Array(LIMIT);
const value = new Uint8Array(LIMIT);
const NONE: ExtendedAttribute[] = [];

/** Attributes of an open file or directory, or undefined on failure (errno says why). */
export function descriptorAttributes(descriptor: number): ExtendedAttribute[] | undefined {
  const size = Number(libc().flistxattr(descriptor, names, CAPACITY));
  if (size === 0) return NONE;
  return collect(size, (name) => libc().fgetxattr(descriptor, name, value, CAPACITY));
}

/** Attributes of `path` (ended by a zero byte), or undefined on failure. */
export function pathAttributes(
  path: Uint8Array<ArrayBuffer>,
  follow: boolean,
): ExtendedAttribute[] | undefined {
  const { listxattr, llistxattr, getxattr, lgetxattr } = libc();
  const size = Number((follow ? listxattr : llistxattr)(path, names, CAPACITY));
  const get = follow ? getxattr : lgetxattr;
  return collect(size, (name) => get(path, name, value, CAPACITY));
}

function collect(
  namesSize: number,
  get: (name: Uint8Array<ArrayBuffer>) => bigint,
): ExtendedAttribute[] | undefined {
  if (namesSize < 0) return hasNoAttributes() ? NONE : undefined;
  const found: ExtendedAttribute[] = [];
  for (const name of splitNames(names.slice(0, namesSize))) {
    const size = Number(get(cPath(name)));
    if (size >= 0) found.push({ name, value: value.slice(0, size) });
    // Removed since it was listed, or listed by a file system that does not give it out.
    else if (!hasNoAttributes()) return undefined;
  }
  return found.sort((a, b) => compareBytes(a.name, b.name));
}

function hasNoAttributes(): boolean {
  const name = errorName(errno());
  return name === "EOPNOTSUPP" || name === "ENODATA" || name === "ENOSYS";
}

function* splitNames(list: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < list.length;) {
    const end = list.indexOf(0, start);
    yield list.subarray(start, end);
    start = end + 1;
  }
}
