/**
 * The file system that a restore writes to, as the primitive operations it needs.
 *
 * All are synchronous and relative to a directory handle. None ever follows a symbolic link, in
 * any component: that is what makes hostile archives harmless. Results are as in the kernel: zero or
 * a handle when it worked, a negative error number when not, because many failures are ordinary
 * here (a name that is taken, an attribute that the file system cannot hold) and decide what is
 * done next.
 *
 * @module
 */

/** Error numbers that decide something here; the same on x86-64 and arm64 Linux. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EBADF: 9,
  ENOMEM: 12,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EOPNOTSUPP: 95,
  EDQUOT: 122,
} as const;

/** What stands under a name. */
export interface NodeStatus {
  /** Its kind; `other` is a FIFO, a device or a socket. */
  kind: "file" | "directory" | "symlink" | "other";
  /** Device and inode as one text, equal only for the same node. */
  identity: string;
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  /** Numeric owner. */
  uid: number;
}

/** Kinds that `makeNode` makes. */
export type SpecialNodeType = "fifo" | "char-device" | "block-device";

/** A handle (zero or more) or a negative error number. */
export type HandleOrError = number;

/** Zero, or a negative error number. */
export type ZeroOrError = number;

/**
 * Where members are restored to. Names are single path components as bytes, without a zero byte;
 * directory paths are components joined by `/`, without `.` or `..`, empty for the output directory
 * itself.
 */
export interface RestoreTarget {
  /** Effective user. */
  readonly uid: number;
  /** Effective group first, then the supplementary ones. */
  readonly groups: readonly number[];
  /** Permission bits that new directories lack. */
  readonly umask: number;

  /**
   * A handle of the directory at `path`. It stays usable until two more calls of this method and
   * needs no closing. A component that is no directory, a symbolic link above all, is
   * `-ENOTDIR` or `-ELOOP`.
   */
  openDirectory(path: Uint8Array): HandleOrError;
  /** Drops what is remembered of the directory at `path` and below: it is about to go. */
  forgetDirectory(path: Uint8Array): void;

  /** What stands under `name`, or a negative error number. */
  status(directory: number, name: Uint8Array): NodeStatus | number;
  /** Makes a directory; the umask applies. */
  makeDirectory(directory: number, name: Uint8Array, mode: number): ZeroOrError;
  /** Makes a regular file of mode 0600 that must not exist, open for writing. */
  createFile(directory: number, name: Uint8Array): HandleOrError;
  /** Makes a symbolic link; `-EEXIST` when the name is taken. */
  makeSymlink(target: Uint8Array, directory: number, name: Uint8Array): ZeroOrError;
  /** Makes a hard link to what stands under a name, a symbolic link included. */
  makeLink(
    fromDirectory: number,
    from: Uint8Array,
    directory: number,
    name: Uint8Array,
  ): ZeroOrError;
  /** Makes a FIFO or device node of mode 0600. */
  makeNode(
    directory: number,
    name: Uint8Array,
    type: SpecialNodeType,
    major: number,
    minor: number,
  ): ZeroOrError;
  /** Removes a name that is no directory. */
  removeFile(directory: number, name: Uint8Array): ZeroOrError;
  /** Removes an empty directory. */
  removeDirectory(directory: number, name: Uint8Array): ZeroOrError;
  /** Renames within a directory; without `replace`, `-EEXIST` when `to` is taken. */
  rename(directory: number, from: Uint8Array, to: Uint8Array, replace: boolean): ZeroOrError;

  /** A handle for setting metadata of whatever stands under `name`, to be closed by `close`. */
  openNode(directory: number, name: Uint8Array): HandleOrError;
  /** Writes all of `bytes` at `offset` of a file from `createFile`. */
  write(file: number, bytes: Uint8Array, offset: number): ZeroOrError;
  /** Sets a file's size; what was not written reads as zeros and takes no room. */
  truncate(file: number, size: number): ZeroOrError;
  /** Closes a handle of `createFile` or `openNode`. */
  close(handle: number): ZeroOrError;

  /** Sets owner and group of a directory, file or node handle; -1 leaves one as it is. */
  setOwner(handle: number, uid: number, gid: number): ZeroOrError;
  /** Sets permission bits. */
  setMode(handle: number, mode: number): ZeroOrError;
  /** Sets the modification time in nanoseconds since 1970. */
  setTime(handle: number, mtimeNs: bigint): ZeroOrError;
  /** Sets an extended attribute. */
  setAttribute(handle: number, name: Uint8Array, value: Uint8Array): ZeroOrError;

  /** Number of the user of that name here, or undefined. */
  userId(name: Uint8Array): number | undefined;
  /** Number of the group of that name here, or undefined. */
  groupId(name: Uint8Array): number | undefined;
  /** The system's words for an error number. */
  errorText(errno: number): string;
}
