/**
 * Open directories below one directory, found by path without ever following a symbolic link.
 *
 * Each component is opened on its own, relative to the directory before, with O_NOFOLLOW: whatever
 * else changes the tree meanwhile, the walk cannot be led outside. Descriptors are kept for the
 * directories used last; a kept one stays with the directory that was there when it was opened.
 *
 * @module
 */

import { errno, libc } from "./libc.ts";

const arm = Deno.build.arch === "aarch64";
const O_DIRECTORY = arm ? 0o40000 : 0o200000;
const O_NOFOLLOW = arm ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;

const EACCES = 13;
const SLASH = 0x2f;

/** Descriptors kept; processes may have 1024 by default. */
const KEPT_MAX = 128;

/** How many directories of one walk are kept, so that two walks never close each other's result. */
const KEPT_OF_WALK = 32;

/** Directory descriptors by path. */
export class DirectoryDescriptors {
  readonly #root: number;
  /** From oldest to newest use; keys are paths with one character a byte. */
  readonly #kept = new Map<string, number>();
  /** How many kept paths there are of each length: most lengths have none to look for. */
  readonly #lengths = new Map<number, number>();
  readonly #pathOnly = new Set<number>();
  #lastPath = new Uint8Array(0);
  #last: number;
  #name = new Uint8Array(256);

  /** @param root open descriptor of the directory that paths are relative to; stays the caller's */
  constructor(root: number) {
    this.#root = root;
    this.#last = root;
  }

  /** Descriptor of the directory at `path`, valid until two more calls, or a negative errno. */
  open(path: Uint8Array): number {
    if (this.#isLast(path)) return this.#last;

    const key = toKey(path);
    const found = this.#kept.get(key);
    const descriptor = path.length === 0 ? this.#root : found ?? this.#walk(path, key);
    if (descriptor < 0) return descriptor;
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    this.#lastPath = path.slice();
    return this.#last = descriptor;
  }

  /** Whether the descriptor allows only to find things below: its directory is not readable. */
  isPathOnly(descriptor: number): boolean {
    return this.#pathOnly.has(descriptor);
  }

  /** Closes what is kept of `path` and below. */
  forget(path: Uint8Array): void {
    const key = toKey(path);
    for (const [kept, descriptor] of this.#kept) {
      if (kept === key || kept.startsWith(key + "/")) this.#close(kept, descriptor);
    }
    this.#lastPath = new Uint8Array(0);
    this.#last = this.#root;
  }

  /** Closes all. */
  close(): void {
    for (const [key, descriptor] of this.#kept) this.#close(key, descriptor);
    this.#lastPath = new Uint8Array(0);
    this.#last = this.#root;
  }

  #isLast(path: Uint8Array): boolean {
    const last = this.#lastPath;
    if (path.length !== last.length) return false;
    for (let at = path.length - 1; at >= 0; at--) if (path[at] !== last[at]) return false;
    return true;
  }

  /** Opens the components of `path` that follow its longest kept ancestor. */
  #walk(path: Uint8Array, key: string): number {
    let at = this.#keptAncestorLength(key);
    let directory = at === 0 ? this.#root : this.#kept.get(key.slice(0, at))!;
    let passing = -1;

    while (at < path.length) {
      const start = at === 0 ? 0 : at + 1;
      const slash = path.indexOf(SLASH, start);
      const end = slash < 0 ? path.length : slash;
      const next = this.#openComponent(directory, path.subarray(start, end));
      if (passing >= 0) libc().close(passing);
      passing = -1;
      if (next < 0) return next;
      if (this.#isNearEnd(path, end)) this.#keep(key.slice(0, end), next);
      else passing = next;
      directory = next;
      at = end;
    }
    return directory;
  }

  /** Whether fewer than `KEPT_OF_WALK` components follow offset `end`. */
  #isNearEnd(path: Uint8Array, end: number): boolean {
    let slashes = 0;
    for (let at = end; at < path.length; at++) {
      if (path[at] === SLASH && ++slashes >= KEPT_OF_WALK) return false;
    }
    return true;
  }

  #keptAncestorLength(key: string): number {
    for (let end = key.lastIndexOf("/"); end > 0; end = key.lastIndexOf("/", end - 1)) {
      if (this.#lengths.has(end) && this.#kept.has(key.slice(0, end))) return end;
    }
    return 0;
  }

  #openComponent(directory: number, name: Uint8Array): number {
    if (this.#name.length <= name.length) this.#name = new Uint8Array(2 * name.length);
    this.#name.set(name);
    this.#name[name.length] = 0;
    const flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const readable = libc().openat(directory, this.#name, flags, 0);
    if (readable >= 0) return readable;
    const error = errno();
    if (error !== EACCES) return -error;

    const pathOnly = libc().openat(directory, this.#name, flags | O_PATH, 0);
    if (pathOnly < 0) return -errno();
    this.#pathOnly.add(pathOnly);
    return pathOnly;
  }

  #keep(key: string, descriptor: number): void {
    if (this.#kept.size >= KEPT_MAX) {
      const [oldest] = this.#kept;
      this.#close(...oldest);
    }
    this.#kept.set(key, descriptor);
    this.#lengths.set(key.length, (this.#lengths.get(key.length) ?? 0) + 1);
  }

  #close(key: string, descriptor: number): void {
    this.#kept.delete(key);
    const left = this.#lengths.get(key.length)! - 1;
    if (left === 0) this.#lengths.delete(key.length);
    else this.#lengths.set(key.length, left);
    this.#pathOnly.delete(descriptor);
    libc().close(descriptor);
  }
}

/** A path as a map key: one character a byte. */
function toKey(path: Uint8Array): string {
  let key = "";
  for (let at = 0; at < path.length; at += 4096) {
    key += String.fromCharCode.apply(null, path.subarray(at, at + 4096) as unknown as number[]);
  }
  return key;
}
