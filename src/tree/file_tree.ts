/**
 * A readable tree of files as the archive needs it: names are bytes, everything is opened relative
 * to a directory that is already open (so that a symlink planted meanwhile leads nowhere), and every
 * call is synchronous. The Linux tree is in ffi/file_tree.ts, one in memory in memory_tree.ts.
 *
 * Failures are EctarErrors whose code says what became of the node: `not-found` when it is gone,
 * `permission` when the system refused, `io` otherwise; `context.errno` names the system error.
 *
 * @module
 */

import type { ExtendedAttribute, SparseSegment } from "../tar/entry.ts";

/** What a node is; `unknown` only in a listing whose file system does not say. */
export type NodeKind =
  | "file"
  | "directory"
  | "symlink"
  | "fifo"
  | "char-device"
  | "block-device"
  | "socket"
  | "unknown";

/** What the system knows about a node. Inode numbers have 64 bits and so come in halves. */
export interface NodeStat {
  kind: NodeKind;
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes as programs see them; meaningful for files. */
  size: number;
  /** Storage in units of 512 bytes. */
  blocks: number;
  /** Names the node has. */
  links: number;
  mtimeSeconds: number;
  mtimeNanoseconds: number;
  ctimeSeconds: number;
  ctimeNanoseconds: number;
  /** Device the node lies on, one number. */
  device: number;
  inodeHigh: number;
  inodeLow: number;
  /** Device numbers of a device node. */
  deviceMajor: number;
  deviceMinor: number;
}

/** Whether both describe the same node of the same file system. */
export function isSameNode(a: NodeStat, b: NodeStat): boolean {
  return a.inodeLow === b.inodeLow && a.inodeHigh === b.inodeHigh && a.device === b.device;
}

/** The names in a directory, sorted by bytes, without `.` and `..`. */
export interface NodeNames {
  readonly count: number;
  /** The name at `index`, as a view that must not be written to. */
  name(index: number): Uint8Array;
  /** What the listing says the node is. */
  kind(index: number): NodeKind;
}

/** An open regular file. */
export interface TreeFile {
  /** @throws {EctarError} io */
  stat(): NodeStat;
  /**
   * Reads at `offset` and returns how many bytes came; 0 means the file ends there.
   *
   * @throws {EctarError} io
   */
  read(into: Uint8Array, offset: number): number;
  /**
   * The stretches that hold data, in rising order and within `size` bytes; undefined when the file
   * has no hole there or the file system cannot tell.
   *
   * @throws {EctarError} io
   */
  segments(size: number): SparseSegment[] | undefined;
  /**
   * All extended attributes, sorted by name.
   *
   * @throws {EctarError} permission, io
   */
  attributes(): ExtendedAttribute[];
  close(): void;
}

/**
 * An open directory. `name` is a single component; `.` and `..` are allowed. `follow` says whether
 * a symlink of that name leads on to what it points to.
 */
export interface TreeDirectory {
  /** The directory as it was when opened. */
  readonly stat: NodeStat;
  /** @throws {EctarError} not-found, permission, io */
  names(): NodeNames;
  /** @throws {EctarError} not-found, permission, io */
  statOf(name: Uint8Array, follow: boolean): NodeStat;
  /**
   * Opens a directory for listing. It must be closed before this one.
   *
   * @throws {EctarError} not-found, permission, io
   */
  openDirectory(name: Uint8Array, follow: boolean): TreeDirectory;
  /**
   * Opens a directory only as a way to what lies below it, following symlinks: search permission is
   * enough, and it cannot be listed.
   *
   * @throws {EctarError} not-found, permission, io
   */
  enter(name: Uint8Array): TreeDirectory;
  /**
   * Opens a file for reading. What is no regular file may come too: look at its `stat()`.
   *
   * @throws {EctarError} not-found, permission, io
   */
  openFile(name: Uint8Array, follow: boolean): TreeFile;
  /** @throws {EctarError} not-found, permission, io */
  linkTarget(name: Uint8Array): Uint8Array;
  /** All extended attributes of a node here. @throws {EctarError} not-found, permission, io */
  attributesOf(name: Uint8Array, follow: boolean): ExtendedAttribute[];
  /** All extended attributes of this directory. @throws {EctarError} permission, io */
  attributes(): ExtendedAttribute[];
  close(): void;
}

/** A tree of files and the names of their owners. */
export interface FileTree {
  /**
   * Enters the directory at `path`, relative to the current one.
   *
   * @throws {EctarError} not-found, permission, io
   */
  enter(path: Uint8Array): TreeDirectory;
  /** Name of a user, empty when there is none. */
  userName(uid: number): Uint8Array;
  /** Name of a group, empty when there is none. */
  groupName(gid: number): Uint8Array;
  /** Number of a user, undefined when there is none of that name. */
  userId(name: Uint8Array): number | undefined;
  /** Number of a group, undefined when there is none of that name. */
  groupId(name: Uint8Array): number | undefined;
}
