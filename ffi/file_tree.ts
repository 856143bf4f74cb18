/**
 * The file tree of this machine, through libc: byte names, directory-relative calls, and no symlink
 * followed unless asked for.
 *
 * @module
 */

import { EctarError } from "../src/errors.ts";
import type { ExtendedAttribute } from "../src/tar/entry.ts";
import {
  type FileTree,
  isSameNode,
  type NodeNames,
  type NodeStat,
  type TreeDirectory,
  type TreeFile,
} from "../src/tree/file_tree.ts";
import { printablePath } from "../src/printable.ts";
import { toBytes } from "../src/tree/path_text.ts";
import { descriptorAttributes, pathAttributes } from "./attributes.ts";
import { DescriptorCache } from "./descriptor_cache.ts";
import { readNames } from "./directory_names.ts";
import { callFailure } from "./failure.ts";
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_PATH } from "./flags.ts";
import { cPath, errno, errorName, libc } from "./libc.ts";
import { LinuxFile } from "./linux_file.ts";
import { openQuietly } from "./open_quietly.ts";
import { OwnerNames } from "./owners.ts";
import { statDescriptor, statPath } from "./stat.ts";

/** The files of this Linux system. Needs `--allow-ffi`. */
export class LinuxFileTree extends OwnerNames implements FileTree {
  readonly #cache: DescriptorCache;

  /** @param openDirectories directories open at once, at least 2 */
  constructor(openDirectories = 64) {
    super();
    this.#cache = new DescriptorCache(openDirectories);
  }

  enter(path: Uint8Array): TreeDirectory {
    return new LinuxDirectory(this.#cache, undefined, path, O_PATH);
  }
}

const scratch = new Uint8Array(64 * 1024);

/** `name` ended by a zero byte, valid until the next call. */
function zeroEnded(name: Uint8Array): Uint8Array<ArrayBuffer> {
  scratch.set(name);
  scratch[name.length] = 0;
  return scratch;
}

class LinuxDirectory implements TreeDirectory {
  readonly stat: NodeStat;
  descriptor = -1;
  readonly #cache: DescriptorCache;
  readonly #parent: LinuxDirectory | undefined;
  /** Name in the parent; the whole path where there is none. */
  readonly #name: Uint8Array;
  readonly #flags: number;

  constructor(
    cache: DescriptorCache,
    parent: LinuxDirectory | undefined,
    name: Uint8Array,
    flags: number,
  ) {
    this.#cache = cache;
    this.#parent = parent;
    this.#name = name.slice();
    this.#flags = flags;
    this.stat = this.#open(parent === undefined ? AT_FDCWD : parent.#opened());
  }

  names(): NodeNames {
    return readNames(this.#opened()) ?? this.#fail("list", this.#name);
  }

  statOf(name: Uint8Array, follow: boolean): NodeStat {
    return statPath(this.#opened(), zeroEnded(name), follow) ?? this.#fail("look at", name);
  }

  openDirectory(name: Uint8Array, follow: boolean): TreeDirectory {
    return new LinuxDirectory(this.#cache, this, name, follow ? 0 : O_NOFOLLOW);
  }

  enter(name: Uint8Array): TreeDirectory {
    return new LinuxDirectory(this.#cache, this, name, O_PATH);
  }

  openFile(name: Uint8Array, follow: boolean): TreeFile {
    const directory = this.#opened();
    const path = zeroEnded(name);
    const flags = follow ? 0 : O_NOFOLLOW;
    // Not blocking, in case the name stands for a FIFO by now.
    let descriptor = openQuietly(directory, path, flags | O_NONBLOCK);
    // A file under a lease makes such an open fail; an ordinary one waits until the lease is broken.
    if (
      descriptor < 0 && errorName(errno()) === "EAGAIN" &&
      statPath(directory, path, follow)?.kind === "file"
    ) descriptor = openQuietly(directory, path, flags);
    return descriptor < 0 ? this.#fail("open", name) : new LinuxFile(descriptor, name);
  }

  linkTarget(name: Uint8Array): Uint8Array {
    const target = new Uint8Array(4096);
    const length = Number(
      libc().readlinkat(this.#opened(), zeroEnded(name), target, BigInt(target.length)),
    );
    return length < 0 ? this.#fail("read the symlink", name) : target.slice(0, length);
  }

  attributesOf(name: Uint8Array, follow: boolean): ExtendedAttribute[] {
    // There is no fgetxattrat before Linux 6.13; procfs leads to the same directory.
    const prefix = toBytes(`/proc/self/fd/${this.#opened()}/`);
    const path = new Uint8Array(prefix.length + name.length);
    path.set(prefix);
    path.set(name, prefix.length);
    return pathAttributes(cPath(path), follow) ?? this.#fail("read attributes of", name);
  }

  attributes(): ExtendedAttribute[] {
    return descriptorAttributes(this.#opened()) ?? this.#fail("read attributes of", this.#name);
  }

  close(): void {
    this.#cache.close(this);
  }

  /** The descriptor, opened again from the nearest ancestor that has one if need be. */
  #opened(): number {
    if (this.descriptor >= 0) {
      this.#cache.touch(this);
      return this.descriptor;
    }
    const closed: LinuxDirectory[] = [];
    // deno-lint-ignore no-this-alias
    let top: LinuxDirectory | undefined = this;
    while (top !== undefined && top.descriptor < 0) {
      closed.push(top);
      top = top.#parent;
    }
    let parent = AT_FDCWD;
    if (top !== undefined) {
      this.#cache.touch(top);
      parent = top.descriptor;
    }
    for (const directory of closed.reverse()) {
      const now = directory.#open(parent);
      if (!isSameNode(now, directory.stat)) {
        directory.close();
        throw new EctarError(
          "not-found",
          `directory ${printablePath(directory.#name)} was replaced while it was being read`,
          { path: printablePath(directory.#name) },
        );
      }
      parent = directory.descriptor;
    }
    return this.descriptor;
  }

  #open(parent: number): NodeStat {
    const path = cPath(this.#name);
    this.descriptor = openQuietly(parent, path, this.#flags | O_DIRECTORY);
    if (this.descriptor < 0) this.#fail("open directory", this.#name);
    this.#cache.add(this);
    const stat = statDescriptor(this.descriptor);
    if (stat !== undefined) return stat;
    const failure = callFailure("look at", this.#name);
    this.close();
    throw failure;
  }

  #fail(verb: string, name: Uint8Array): never {
    throw callFailure(verb, name);
  }
}
