/**
 * A file system in memory to restore to: for tests without permissions and for trying out what a
 * restore would do.
 *
 * @module
 */

import { components } from "./restore_path.ts";
import { Errno, type NodeStatus, type RestoreTarget } from "./restore_target.ts";
import type { SpecialNodeType } from "./restore_target.ts";

/** One node; which fields mean something depends on its type. */
export interface MemoryNode {
  /** What it is. */
  readonly type: "file" | "directory" | "symlink" | SpecialNodeType;
  /** Number of the node; the same under all names of one node. */
  readonly inode: number;
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  /** Numeric owner. */
  uid: number;
  /** Numeric group. */
  gid: number;
  /** Modification time in nanoseconds since 1970. */
  mtimeNs: bigint;
  /** Content of a file; holes read as zeros. */
  content: Uint8Array;
  /** Target of a symbolic link. */
  linkTarget: Uint8Array;
  /** Major and minor device number. */
  device: [number, number];
  /** Values by name, names with one character a byte. */
  readonly xattrs: Map<string, Uint8Array>;
  /** Children of a directory by name, names with one character a byte. */
  readonly children: Map<string, MemoryNode>;
}

/** How a {@link MemoryRestoreTree} behaves. */
export interface MemoryRestoreOptions {
  /** Who restores; not 0 means a user without rights. @default 0 */
  uid?: number;
  /** Groups, the effective one first. @default [0] */
  groups?: readonly number[];
  /** Permission bits that new directories lack. @default 0o022 */
  umask?: number;
  /** Called before each operation; an error number makes it fail. */
  fault?: (operation: string, name: string) => number | undefined;
}

/** Longest name of one component, as on Linux. */
const NAME_MAX = 255;

/** A restore target in memory. */
export class MemoryRestoreTree implements RestoreTarget {
  readonly uid: number;
  readonly groups: readonly number[];
  readonly umask: number;
  /** The output directory. */
  readonly root: MemoryNode;
  readonly #fault: (operation: string, name: string) => number | undefined;
  readonly #handles: (MemoryNode | undefined)[] = [];
  #inodes = 0;
  #clockNs = 1_700_000_000_000_000_000n;

  /**
   * An empty output directory.
   *
   * @param options who restores, and what fails
   */
  constructor(options: MemoryRestoreOptions = {}) {
    this.uid = options.uid ?? 0;
    this.groups = options.groups ?? [0];
    this.umask = options.umask ?? 0o022;
    this.#fault = options.fault ?? (() => undefined);
    this.root = this.#node("directory", 0o755);
  }

  /** What stands at `path` (UTF-8 with slashes), links not followed, or undefined. */
  find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.root;
    for (const part of components(new TextEncoder().encode(path))) {
      node = node?.children.get(toKey(part));
    }
    return node;
  }

  /** Every path below the output directory in code-unit order; directories end with a slash. */
  paths(): string[] {
    const found: string[] = [];
    const visit = (node: MemoryNode, prefix: string) => {
      for (const [name, child] of node.children) {
        const isDirectory = child.type === "directory";
        found.push(prefix + name + (isDirectory ? "/" : ""));
        if (isDirectory) visit(child, `${prefix}${name}/`);
      }
    };
    visit(this.root, "");
    return found.sort();
  }

  openDirectory(path: Uint8Array): number {
    let node = this.root;
    for (const part of components(path)) {
      const next = node.children.get(toKey(part));
      if (next === undefined) return -Errno.ENOENT;
      if (next.type !== "directory") return -Errno.ENOTDIR;
      node = next;
    }
    return this.#handle(node);
  }

  forgetDirectory(): void {}

  status(directory: number, name: Uint8Array): NodeStatus | number {
    const node = this.#child(directory, name);
    if (typeof node === "number") return node;
    const kinds: Partial<Record<MemoryNode["type"], NodeStatus["kind"]>> = {
      file: "file",
      directory: "directory",
      symlink: "symlink",
    };
    const { inode, mode, uid } = node;
    return { kind: kinds[node.type] ?? "other", identity: `memory:${inode}`, mode, uid };
  }

  makeDirectory(directory: number, name: Uint8Array, mode: number): number {
    return this.#make("mkdir", directory, name, () => this.#node("directory", mode & ~this.umask));
  }

  createFile(directory: number, name: Uint8Array): number {
    const made = this.#make("create", directory, name, () => this.#node("file", 0o600));
    return made < 0 ? made : this.openNode(directory, name);
  }

  makeSymlink(target: Uint8Array, directory: number, name: Uint8Array): number {
    return this.#make("symlink", directory, name, () => {
      const node = this.#node("symlink", 0o777);
      node.linkTarget = target.slice();
      return node;
    });
  }

  makeLink(
    fromDirectory: number,
    from: Uint8Array,
    directory: number,
    name: Uint8Array,
  ): number {
    const node = this.#child(fromDirectory, from);
    if (typeof node === "number") return node;
    if (node.type === "directory") return -Errno.EPERM;
    return this.#make("link", directory, name, () => node);
  }

  makeNode(
    directory: number,
    name: Uint8Array,
    type: SpecialNodeType,
    major: number,
    minor: number,
  ): number {
    if (type !== "fifo" && this.uid !== 0) return -Errno.EPERM;
    return this.#make("mknod", directory, name, () => {
      const node = this.#node(type, 0o600);
      node.device = [major, minor];
      return node;
    });
  }

  removeFile(directory: number, name: Uint8Array): number {
    const node = this.#child(directory, name);
    if (typeof node === "number") return node;
    if (node.type === "directory") return -Errno.EISDIR;
    return this.#remove("unlink", directory, name);
  }

  removeDirectory(directory: number, name: Uint8Array): number {
    const node = this.#child(directory, name);
    if (typeof node === "number") return node;
    if (node.type !== "directory") return -Errno.ENOTDIR;
    if (node.children.size > 0) return -Errno.ENOTEMPTY;
    return this.#remove("rmdir", directory, name);
  }

  rename(directory: number, from: Uint8Array, to: Uint8Array, replace: boolean): number {
    const node = this.#child(directory, from);
    if (typeof node === "number") return node;
    const old = this.#child(directory, to);
    if (typeof old !== "number") {
      if (!replace) return -Errno.EEXIST;
      if (old.type === "directory") return -Errno.EISDIR;
      if (old === node) return 0;
    }
    if (to.length > NAME_MAX) return -Errno.ENAMETOOLONG;
    const fault = this.#fault("rename", toKey(to));
    if (fault !== undefined) return -fault;
    const { children } = this.#open(directory);
    children.delete(toKey(from));
    children.set(toKey(to), node);
    return this.#touch(directory);
  }

  openNode(directory: number, name: Uint8Array): number {
    const node = this.#child(directory, name);
    return typeof node === "number" ? node : this.#handle(node);
  }

  write(file: number, bytes: Uint8Array, offset: number): number {
    const fault = this.#fault("write", "");
    if (fault !== undefined) return -fault;
    const node = this.#open(file);
    if (node.content.length < offset + bytes.length) this.truncate(file, offset + bytes.length);
    node.content.set(bytes, offset);
    return 0;
  }

  truncate(file: number, size: number): number {
    const node = this.#open(file);
    const resized = new Uint8Array(size);
    resized.set(node.content.subarray(0, size));
    node.content = resized;
    return 0;
  }

  close(handle: number): number {
    this.#handles[handle] = undefined;
    return -(this.#fault("close", "") ?? 0);
  }

  setOwner(handle: number, uid: number, gid: number): number {
    const node = this.#open(handle);
    const mayChange = this.uid === 0 || (uid === -1 && this.groups.includes(gid));
    if (!mayChange) return -Errno.EPERM;
    if (uid >= 0) node.uid = uid;
    if (gid >= 0) node.gid = gid;
    node.mode &= node.type === "directory" ? 0o7777 : 0o1777;
    node.xattrs.delete("security.capability");
    return 0;
  }

  setMode(handle: number, mode: number): number {
    const node = this.#open(handle);
    if (this.uid !== 0 && node.uid !== this.uid) return -Errno.EPERM;
    node.mode = mode;
    return 0;
  }

  setTime(handle: number, mtimeNs: bigint): number {
    this.#open(handle).mtimeNs = mtimeNs;
    return 0;
  }

  setAttribute(handle: number, name: Uint8Array, value: Uint8Array): number {
    const key = toKey(name);
    const fault = this.#fault("setxattr", key);
    if (fault !== undefined) return -fault;
    if (this.uid !== 0 && /^(trusted|security)\./.test(key)) return -Errno.EPERM;
    this.#open(handle).xattrs.set(key, value.slice());
    return 0;
  }

  userId(name: Uint8Array): number | undefined {
    return toKey(name) === "root" ? 0 : undefined;
  }

  groupId(name: Uint8Array): number | undefined {
    return this.userId(name);
  }

  errorText(errno: number): string {
    return Object.entries(Errno).find(([, number]) => number === errno)?.[0] ?? `error ${errno}`;
  }

  #node(type: MemoryNode["type"], mode: number): MemoryNode {
    return {
      type,
      inode: ++this.#inodes,
      mode,
      uid: this.uid,
      gid: this.groups[0],
      mtimeNs: this.#clockNs += 1_000_000n,
      content: new Uint8Array(0),
      linkTarget: new Uint8Array(0),
      device: [0, 0],
      xattrs: new Map(),
      children: new Map(),
    };
  }

  #make(operation: string, directory: number, name: Uint8Array, node: () => MemoryNode): number {
    const fault = this.#fault(operation, toKey(name));
    if (fault !== undefined) return -fault;
    if (name.length > NAME_MAX) return -Errno.ENAMETOOLONG;
    if (name.length === 0) return -Errno.ENOENT;
    const { children } = this.#open(directory);
    if (children.has(toKey(name))) return -Errno.EEXIST;
    children.set(toKey(name), node());
    return this.#touch(directory);
  }

  #remove(operation: string, directory: number, name: Uint8Array): number {
    const fault = this.#fault(operation, toKey(name));
    if (fault !== undefined) return -fault;
    this.#open(directory).children.delete(toKey(name));
    return this.#touch(directory);
  }

  /** A changed directory has a new time. */
  #touch(directory: number): number {
    this.#open(directory).mtimeNs = this.#clockNs += 1_000_000n;
    return 0;
  }

  #child(directory: number, name: Uint8Array): MemoryNode | number {
    return this.#open(directory).children.get(toKey(name)) ?? -Errno.ENOENT;
  }

  #handle(node: MemoryNode): number {
    const known = this.#handles.indexOf(node);
    return known >= 0 ? known : this.#handles.push(node) - 1;
  }

  #open(handle: number): MemoryNode {
    const node = this.#handles[handle];
    if (node === undefined) throw new Error(`handle ${handle} is not open`);
    return node;
  }
}

/** Bytes as a map key: one character a byte. */
function toKey(name: Uint8Array): string {
  return String.fromCharCode(...name);
}
