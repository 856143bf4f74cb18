/**
 * The metadata of directories, kept until everything is in them: making a file changes its
 * directory's time, and a read-only directory takes no more files.
 *
 * One log per depth, so that the deepest can be set first without sorting; within a log a path is
 * stored as what it adds to the one before. Some 40 bytes a directory.
 *
 * @module
 */

import type { ExtendedAttribute } from "../tar/entry.ts";

/** What is to be set on a directory at the end. */
export interface DirectoryMetadata {
  /** Path inside the output directory; empty for that directory itself. */
  path: Uint8Array;
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  /** Numeric owner and group as they are to be here; may be no valid number. */
  uid: number;
  gid: number;
  mtimeNs: bigint;
  xattrs: readonly ExtendedAttribute[];
}

const PAGE_BYTES = 64 << 10;

/** Smaller, because there is a log for every depth. */
const FIRST_PAGE_BYTES = 1 << 10;

const NS_PER_S = 1_000_000_000n;
const SLASH = 0x2f;

/** Logs the metadata of directories and gives it back, deepest first. */
export class DirectoryLog {
  readonly #byDepth: DepthLog[] = [];

  /** Keeps one directory's metadata; of two for the same path the later is given back later. */
  add(directory: DirectoryMetadata): void {
    const depth = depthOf(directory.path);
    while (this.#byDepth.length <= depth) this.#byDepth.push(new DepthLog());
    this.#byDepth[depth].add(directory);
  }

  /** All of them, deepest first, within a depth in the order of adding. */
  *deepestFirst(): Generator<DirectoryMetadata> {
    for (let depth = this.#byDepth.length - 1; depth >= 0; depth--) {
      yield* this.#byDepth[depth].all();
    }
  }
}

function depthOf(path: Uint8Array): number {
  if (path.length === 0) return 0;
  let depth = 1;
  for (const byte of path) if (byte === SLASH) depth++;
  return depth;
}

/** Directories of one depth, front-coded, in pages that are never copied. */
class DepthLog {
  readonly #pages: Uint8Array[] = [];
  #page = new Uint8Array(0);
  #end = 0;
  #previous = new Uint8Array(0);

  add({ path, mode, uid, gid, mtimeNs, xattrs }: DirectoryMetadata): void {
    const attributeBytes = xattrs.reduce((sum, x) => sum + x.name.length + x.value.length + 16, 0);
    this.#reserve(path.length + attributeBytes + 64);

    const shared = sharedLength(this.#previous, path);
    this.#number(shared);
    this.#bytes(path.subarray(shared));
    this.#number(mode);
    this.#number(uid);
    this.#number(gid);
    this.#time(mtimeNs);
    this.#number(xattrs.length);
    for (const { name, value } of xattrs) {
      this.#bytes(name);
      this.#bytes(value);
    }
    this.#previous = path.slice();
  }

  *all(): Generator<DirectoryMetadata> {
    let path = new Uint8Array(0);
    for (const page of [...this.#pages, this.#page.subarray(0, this.#end)]) {
      const reader = new PageReader(page);
      while (!reader.atEnd) {
        const shared = reader.number();
        const suffix = reader.bytes();
        const next = new Uint8Array(shared + suffix.length);
        next.set(path.subarray(0, shared));
        next.set(suffix, shared);
        path = next;
        const mode = reader.number(), uid = reader.number(), gid = reader.number();
        const mtimeNs = reader.time();
        const xattrs = Array.from(
          { length: reader.number() },
          () => ({ name: reader.bytes(), value: reader.bytes() }),
        );
        yield { path, mode, uid, gid, mtimeNs, xattrs };
      }
    }
  }

  /** Makes room for one record in the current page, which no record ever crosses. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#page.length) return;
    const isFirst = this.#end === 0;
    if (!isFirst) this.#pages.push(this.#page.subarray(0, this.#end));
    this.#page = new Uint8Array(Math.max(isFirst ? FIRST_PAGE_BYTES : PAGE_BYTES, bytes));
    this.#end = 0;
  }

  /** Seven bits a byte, least significant first; division, because numbers may exceed 32 bits. */
  #number(value: number): void {
    while (value >= 0x80) {
      this.#page[this.#end++] = value % 0x80 | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#page[this.#end++] = value;
  }

  /** Whether before 1970, then the distance in seconds and nanoseconds. */
  #time(mtimeNs: bigint): void {
    const distance = mtimeNs < 0n ? -mtimeNs : mtimeNs;
    this.#number(mtimeNs < 0n ? 1 : 0);
    this.#number(Number(distance / NS_PER_S));
    this.#number(Number(distance % NS_PER_S));
  }

  #bytes(bytes: Uint8Array): void {
    this.#number(bytes.length);
    this.#page.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}

class PageReader {
  #at = 0;

  constructor(readonly page: Uint8Array) {}

  get atEnd(): boolean {
    return this.#at >= this.page.length;
  }

  number(): number {
    let value = 0;
    for (let scale = 1;; scale *= 0x80) {
      const byte = this.page[this.#at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  time(): bigint {
    const isBefore1970 = this.number() === 1;
    const distance = BigInt(this.number()) * NS_PER_S + BigInt(this.number());
    return isBefore1970 ? -distance : distance;
  }

  bytes(): Uint8Array {
    const length = this.number();
    this.#at += length;
    return this.page.subarray(this.#at - length, this.#at);
  }
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < limit && a[shared] === b[shared]) shared++;
  return shared;
}
