/**
 * One member of a tar archive, as the rest of ectar sees it: bytes where the file system has bytes,
 * nanoseconds where it has nanoseconds.
 *
 * @module
 */

/** What a member is. GNU's contiguous files and unknown types are read as `file`. */
export type EntryType =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "fifo"
  | "char-device"
  | "block-device";

/** One extended attribute; both name and value are bytes (ACLs are `system.posix_acl_*`). */
export interface ExtendedAttribute {
  /** Name with its namespace, such as `user.comment`. */
  name: Uint8Array;
  /** Value; may be empty. */
  value: Uint8Array;
}

/** A stretch of a sparse file that is stored; everything between stretches is a hole of zeros. */
export interface SparseSegment {
  /** Offset in the file in bytes. */
  offset: number;
  /** Length in bytes. */
  length: number;
}

/** One member of a tar archive. */
export interface TarEntry {
  /** Name as bytes, without a trailing slash, not empty; may share its buffer with other names. */
  path: Uint8Array;
  /** What it is. */
  type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  mode: number;
  /** Numeric owner. */
  uid: number;
  /** Numeric group. */
  gid: number;
  /** Owner's name as bytes, empty when unknown. */
  user: Uint8Array;
  /** Group's name as bytes, empty when unknown. */
  group: Uint8Array;
  /** Bytes of the file as programs see it (with holes); 0 for all that is no file. */
  size: number;
  /** Modification time in nanoseconds since 1970, negative before. */
  mtimeNs: bigint;
  /** Target of a symlink or hard link, as bytes; empty otherwise. */
  linkTarget: Uint8Array;
  /** Device numbers of device nodes, else 0. */
  deviceMajor: number;
  /** See `deviceMajor`. */
  deviceMinor: number;
  /** Extended attributes, ACLs among them, sorted by name bytes. */
  xattrs: readonly ExtendedAttribute[];
  /** Stored stretches of a sparse file in rising order, or undefined for a file stored whole. */
  sparse: readonly SparseSegment[] | undefined;
}
