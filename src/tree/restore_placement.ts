/**
 * Which place in the output directory a member may take, and how it takes it: parents are made,
 * what stands there already is judged, and names are given only to what is complete.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import { equalBytes, matchingText } from "./path_text.ts";
import { MadePaths } from "./restore_made.ts";
import {
  baseName,
  components,
  decoratedName,
  joinPath,
  NAME_BYTES_MAX,
  parentPath,
} from "./restore_path.ts";
import { check, inTheWay, refused } from "./restore_refusals.ts";
import { Errno, type NodeStatus, type RestoreTarget } from "./restore_target.ts";

/** Name suffix of a file with missing parts. */
const PARTIAL_SUFFIX = ".ectar-partial";

/** How many partial files of one name may stand side by side. */
const PARTIALS_MAX = 99;

/** Tries of another random name before giving up. */
const TEMPORARY_TRIES = 8;

/** Finds, judges and takes places in the output directory. */
export class Placement {
  readonly #target: RestoreTarget;
  readonly #force: boolean;
  readonly #made = new MadePaths();
  /** Of those, where a later member of the same name was lost. */
  readonly #outdated = new Set<string>();
  #suffix = randomSuffix();
  /** Bytes of the temporary name: there is one at a time. */
  readonly #temporary = new Uint8Array(NAME_BYTES_MAX);
  #lastParent: Uint8Array = new Uint8Array(0);
  #lastParentIsOurs = false;

  /** @param force whether what existed before the run may be replaced */
  constructor(target: RestoreTarget, force: boolean) {
    this.#target = target;
    this.#force = force;
  }

  /** Whether what this run made at `path` still is what the archive says. */
  holds(path: Uint8Array): boolean {
    return this.#made.has(path) && !this.#outdated.has(matchingText(path));
  }

  /** A later member of the same name was restored, or could not be. */
  supersede(path: Uint8Array, restored: boolean): void {
    if (restored && this.#outdated.size === 0) return;
    if (restored) this.#outdated.delete(matchingText(path));
    else if (this.#made.has(path)) this.#outdated.add(matchingText(path));
  }

  /** A handle of the directory that holds `path`; missing directories are made. */
  parentOf(path: Uint8Array): number {
    const parent = parentPath(path);
    const handle = this.#target.openDirectory(parent);
    if (handle >= 0) return handle;
    if (handle === -Errno.ENOENT) return this.#makeParents(path);
    if (handle === -Errno.ENOTDIR || handle === -Errno.ELOOP) this.#blameParent(path);
    return check(this.#target, handle, "open the directory of", path);
  }

  /**
   * Judges what stands at `path` before a member takes its place.
   *
   * @returns whether something is to be replaced
   * @throws {MemberSettled} when it must not be replaced
   */
  judge(path: Uint8Array, status: NodeStatus | number): boolean {
    if (typeof status === "number") {
      if (status !== -Errno.ENOENT) check(this.#target, status, "look at", path);
      return false;
    }
    if (this.#force || this.#made.has(path)) return true;
    throw inTheWay(path, status.kind === "directory" ? "a directory is there" : "it exists");
  }

  /** Makes a directory, or takes the one that is there. */
  takeDirectory(path: Uint8Array): void {
    const target = this.#target;
    const directory = this.parentOf(path);
    const name = baseName(path);
    const status = target.status(directory, name);
    if (typeof status !== "number" && status.kind === "directory") {
      this.#openUp(directory, name, status);
      return;
    }
    if (this.judge(path, status)) {
      check(target, target.removeFile(directory, name), "replace", path);
    }
    this.#makeDirectory(directory, path, 0o700);
  }

  /** Lets `make` create a node, beside its place first when something is to be replaced. */
  takeNode(path: Uint8Array, make: (directory: number, name: Uint8Array) => number): void {
    const directory = this.parentOf(path);
    const name = baseName(path);
    if (!this.judge(path, this.#target.status(directory, name))) {
      check(this.#target, make(directory, name), "create", path);
      this.#made.add(path);
      return;
    }
    const { name: temporary, result } = this.#temporarily(name, (own) => make(directory, own));
    check(this.#target, result, "create", path);
    this.rename(path, temporary);
  }

  /** Creates a file under a temporary name beside its place; it is valid until the next is made. */
  createFile(path: Uint8Array): { handle: number; temporary: Uint8Array } {
    const directory = this.parentOf(path);
    const name = baseName(path);
    if (this.#maybeTaken(path)) this.judge(path, this.#target.status(directory, name));
    const { name: temporary, result } = this.#temporarily(
      name,
      (own) => this.#target.createFile(directory, own),
    );
    return { handle: check(this.#target, result, "create", path), temporary };
  }

  /** Gives what was made under a temporary name its own; on failure the temporary name goes. */
  rename(path: Uint8Array, temporary: Uint8Array): void {
    const target = this.#target;
    const directory = this.parentOf(path);
    const name = baseName(path);
    try {
      let result = target.rename(directory, temporary, name, false);
      if (result === -Errno.EEXIST) {
        this.#clear(directory, path);
        result = target.rename(directory, temporary, name, true);
      }
      check(target, result, "create", path);
    } catch (error) {
      target.removeFile(directory, temporary);
      throw error;
    }
    this.#made.add(path);
  }

  /**
   * Gives a file with missing parts the first free of NAME.ectar-partial, NAME.ectar-partial.2, …:
   * nothing is ever replaced by it.
   *
   * @returns its path
   */
  renamePartial(path: Uint8Array, temporary: Uint8Array): Uint8Array {
    const directory = this.parentOf(path);
    let result = 0;
    for (let number = 1; number <= PARTIALS_MAX; number++) {
      const suffix = number === 1 ? PARTIAL_SUFFIX : `${PARTIAL_SUFFIX}.${number}`;
      const name = decoratedName("", baseName(path), suffix);
      result = this.#target.rename(directory, temporary, name, false);
      const parent = parentPath(path);
      if (result === 0) return joinPath(parent.length === 0 ? [name] : [parent, name]);
      if (result !== -Errno.EEXIST) break;
    }
    this.#target.removeFile(directory, temporary);
    check(this.#target, result, `create a ${PARTIAL_SUFFIX} file for`, path);
    return path;
  }

  /** Removes a file under a temporary name whose member was given up. */
  drop(path: Uint8Array, temporary: Uint8Array): void {
    const directory = this.#target.openDirectory(parentPath(path));
    if (directory >= 0) this.#target.removeFile(directory, temporary);
  }

  /** Tries random temporary names until one is free. */
  #temporarily(
    name: Uint8Array,
    make: (temporary: Uint8Array) => number,
  ): { name: Uint8Array; result: number } {
    for (let tries = 1;; tries++) {
      const temporary = decoratedName(".", name, this.#suffix, this.#temporary);
      const result = make(temporary);
      if (result !== -Errno.EEXIST || tries === TEMPORARY_TRIES) return { name: temporary, result };
      this.#suffix = randomSuffix();
    }
  }

  #makeParents(path: Uint8Array): number {
    const parts = components(parentPath(path));
    let handle = check(this.#target, this.#target.openDirectory(new Uint8Array(0)), "open", path);
    for (let depth = 1; depth <= parts.length; depth++) {
      const ancestor = joinPath(parts.slice(0, depth));
      let next = this.#target.openDirectory(ancestor);
      if (next === -Errno.ENOENT) {
        this.#makeDirectory(handle, ancestor, 0o777);
        next = this.#target.openDirectory(ancestor);
      }
      handle = check(this.#target, next, "open the directory of", path);
    }
    return handle;
  }

  #makeDirectory(parent: number, path: Uint8Array, mode: number): void {
    const target = this.#target;
    check(target, target.makeDirectory(parent, baseName(path), mode), "create directory", path);
    this.#made.add(path);
    if ((target.umask & 0o700) === 0) return;
    const handle = target.openNode(parent, baseName(path));
    check(target, handle, "open directory", path);
    target.setMode(handle, mode & ~target.umask | 0o700);
    target.close(handle);
  }

  /** Whether something may stand at `path`: not in a directory that only this run has filled. */
  #maybeTaken(path: Uint8Array): boolean {
    const parent = parentPath(path);
    if (!equalBytes(parent, this.#lastParent)) {
      this.#lastParent = parent.slice();
      this.#lastParentIsOurs = this.#made.has(parent);
    }
    return !this.#lastParentIsOurs || this.#made.has(path);
  }

  /** Makes way for a file at `path`: judges what is there and removes an empty directory. */
  #clear(directory: number, path: Uint8Array): void {
    const status = this.#target.status(directory, baseName(path));
    this.judge(path, status);
    if (typeof status === "number" || status.kind !== "directory") return;
    const result = this.#target.removeDirectory(directory, baseName(path));
    if (result === -Errno.ENOTEMPTY || result === -Errno.EEXIST) {
      throw inTheWay(path, "a directory that is not empty is there");
    }
    check(this.#target, result, "replace", path);
    this.#target.forgetDirectory(path);
  }

  /** Gives a user access to a directory of his that is there; its own mode comes at the end. */
  #openUp(directory: number, name: Uint8Array, { uid, mode }: NodeStatus): void {
    const target = this.#target;
    if (target.uid === 0 || uid !== target.uid || (mode & 0o700) === 0o700) return;
    const handle = target.openNode(directory, name);
    if (handle < 0) return;
    target.setMode(handle, mode | 0o700);
    target.close(handle);
  }

  /** Settles the member with the name of the component of its path that is no directory. */
  #blameParent(path: Uint8Array): void {
    const parts = components(parentPath(path));
    for (let depth = 1; depth <= parts.length; depth++) {
      const ancestor = joinPath(parts.slice(0, depth));
      const holder = this.#target.openDirectory(parentPath(ancestor));
      if (holder < 0) return;
      const status = this.#target.status(holder, parts[depth - 1]);
      if (typeof status === "number" || status.kind === "directory") continue;
      if (status.kind === "symlink") {
        throw refused(
          path,
          `${printablePath(ancestor)} is a symbolic link, which is not followed`,
        );
      }
      throw inTheWay(path, `${printablePath(ancestor)} is no directory`);
    }
  }
}

/** Suffix of temporary names, with eight characters that nobody can foresee. */
function randomSuffix(): string {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const token = ((high % 0x100000) * 0x100000 + low % 0x100000).toString(36).padStart(8, "0");
  return `.ectar-${token}`;
}
