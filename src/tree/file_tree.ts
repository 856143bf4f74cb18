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
  /** What it is; never `unknown`. */
  kind: NodeKind;
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  /** Numeric owner. */
  uid: number;
  /** Numeric group. */
  gid: number;
  /** Bytes as programs see them; meaningful for files. */
  size: number;
  /** Storage in units of 512 bytes. */
  blocks: number;
  /** Names the node has. */
  links: number;
  /** Modification time: whole seconds since 1970, rounded down. */
  mtimeSeconds: number;
  /** Nanoseconds after that, 0 to 999999999. */
  mtimeNanoseconds: number;
  /** Time of the last change of content or metadata: whole seconds since 1970, rounded down. */
  ctimeSeconds: number;
  /** Nanoseconds after that, 0 to 999999999. */
  ctimeNanoseconds: number;
  /** Device the node lies on, one number. */
  device: number;
  /** Upper 32 bits of the inode number. */
  inodeHigh: number;
  /** Lower 32 bits of the inode number. */
  inodeLow: number;
  /** Major device number of a device node. */
  deviceMajor: number;
  /** Minor device number of a device node. */
  deviceMinor: number;
}

/** Whether both describe the same node of the same file system. */
export function isSameNode(a: NodeStat, b: NodeStat): boolean {
  return a.inodeLow === b.inodeLow && a.inodeHigh === b.inodeHigh && a.device === b.device;
}

/** The names in a directory, sorted by bytes, without `.` and `..`. */
export interface NodeNames {
  /** How many there are. */
  readonly count: number;
  /** The name at `index`, as a view that must not be written to. */
  name(index: number): Uint8Array;
  /** What the listing says the node is. */
  kind(index: number): NodeKind;
}

/** An open regular file. */
export interface TreeFile {
  /** The file as it is now. @throws {EctarError} io */
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
  /** Lets go of it. */
  close(): void;
}

/**
 * An open directory. `name` is a single component; `.` and `..` are allowed. `follow` says whether
 * a symlink of that name leads on to what it points to.
 */
export interface TreeDirectory {
  /** The directory as it was when opened. */
  readonly stat: NodeStat;
  /** What is in it. @throws {EctarError} not-found, permission, io */
  names(): NodeNames;
  /** What the system knows about a node here. @throws {EctarError} not-found, permission, io */
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
  /** Target of a symlink here, as bytes. @throws {EctarError} not-found, permission, io */
  linkTarget(name: Uint8Array): Uint8Array;
  /** All extended attributes of a node here. @throws {EctarError} not-found, permission, io */
  attributesOf(name: Uint8Array, follow: boolean): ExtendedAttribute[];
  /** All extended attributes of this directory. @throws {EctarError} permission, io */
  attributes(): ExtendedAttribute[];
  /** Lets go of it. */
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
