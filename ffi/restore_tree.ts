/**
 * The Linux file system as a {@link RestoreTarget}: byte names, no symbolic link ever followed.
 *
 * @module
 */

import type { NodeStatus, RestoreTarget, SpecialNodeType } from "../src/tree/restore_target.ts";
import { callFailure } from "./failure.ts";
import { cPath, errno, errorText, libc } from "./libc.ts";
import { OwnerNames } from "./owners.ts";
import { DirectoryDescriptors } from "./restore_directories.ts";

const arm = Deno.build.arch === "aarch64";
const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_DIRECTORY = arm ? 0o40000 : 0o200000;
const O_NOFOLLOW = arm ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_EMPTY_PATH = 0x1000;
const RENAME_NOREPLACE = 1;

/** Kind, mode, owner and inode of `struct statx`. */
const STATX_WANTED = 0x1 | 0x2 | 0x8 | 0x100;
const STATX_BYTES = 256;
const S_IFMT = 0o170000;
const FILE_TYPES: Readonly<Record<number, NodeStatus["kind"]>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
};
const NODE_TYPES: Readonly<Record<SpecialNodeType, number>> = {
  "fifo": 0o010000,
  "char-device": 0o020000,
  "block-device": 0o060000,
};

const EINTR = 4;
const EEXIST = 17;
const EINVAL = 22;
const ENOSYS = 38;

const UTIME_OMIT = (1n << 30n) - 2n;
const GROUPS_MAX = 65536;

/** Restores below one directory of the file system. */
export class LinuxRestoreTree implements RestoreTarget {
  readonly uid = libc().geteuid();
  readonly groups = [libc().getegid(), ...supplementaryGroups()];
  readonly umask = currentUmask();
  readonly #root: number;
  readonly #directories: DirectoryDescriptors;
  /** Descriptors of `openNode`, which need other calls than those of open files. */
  readonly #nodes = new Set<number>();
  readonly #owners = new OwnerNames();
  readonly #status = new Uint8Array(STATX_BYTES);
  readonly #statusWords = new DataView(this.#status.buffer);
  readonly #times = new BigInt64Array([0n, UTIME_OMIT, 0n, 0n]);
  readonly #timeBytes = new Uint8Array(this.#times.buffer);
  #name = new Uint8Array(4096);
  #otherName = new Uint8Array(4096);

  /**
   * @param path the output directory, which must exist; symbolic links in it are followed
   * @throws {EctarError} `not-found`, `permission` or `io` when it cannot be opened
   */
  constructor(path: Uint8Array) {
    this.#root = libc().open(cPath(path), O_DIRECTORY | O_CLOEXEC, 0);
    if (this.#root < 0) throw callFailure("open output directory", path);
    this.#directories = new DirectoryDescriptors(this.#root);
  }

  /** Closes the directories. */
  [Symbol.dispose](): void {
    this.#directories.close();
    libc().close(this.#root);
  }

  openDirectory(path: Uint8Array): number {
    return this.#directories.open(path);
  }

  forgetDirectory(path: Uint8Array): void {
    this.#directories.forget(path);
  }

  status(directory: number, name: Uint8Array): NodeStatus | number {
    const result = this.#lookAt(directory, this.#c(name));
    if (result < 0) return result;
    const view = this.#statusWords;
    const mode = view.getUint16(28, true);
    const inode = view.getBigUint64(32, true);
    const device = view.getBigUint64(136, true);
    return {
      kind: FILE_TYPES[mode & S_IFMT] ?? "other",
      identity: `${device}:${inode}`,
      mode: mode & 0o7777,
      uid: view.getUint32(20, true),
    };
  }

  /** Fills `#status`. */
  #lookAt(directory: number, name: Uint8Array<ArrayBuffer>): number {
    const flags = AT_SYMLINK_NOFOLLOW;
    return outcome(libc().statx(directory, name, flags, STATX_WANTED, this.#status));
  }

  makeDirectory(directory: number, name: Uint8Array, mode: number): number {
    return outcome(libc().mkdirat(directory, this.#c(name), mode));
  }

  createFile(directory: number, name: Uint8Array): number {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    return outcome(libc().openat(directory, this.#c(name), flags, 0o600));
  }

  makeSymlink(target: Uint8Array, directory: number, name: Uint8Array): number {
    return outcome(libc().symlinkat(cPath(target), directory, this.#c(name)));
  }

  makeLink(
    fromDirectory: number,
    from: Uint8Array,
    directory: number,
    name: Uint8Array,
  ): number {
    const old = this.#otherC(from);
    return outcome(libc().linkat(fromDirectory, old, directory, this.#c(name), 0));
  }

  makeNode(
    directory: number,
    name: Uint8Array,
    type: SpecialNodeType,
    major: number,
    minor: number,
  ): number {
    const mode = NODE_TYPES[type] | 0o600;
    return outcome(libc().mknodat(directory, this.#c(name), mode, deviceNumber(major, minor)));
  }

  removeFile(directory: number, name: Uint8Array): number {
    return outcome(libc().unlinkat(directory, this.#c(name), 0));
  }

  removeDirectory(directory: number, name: Uint8Array): number {
    return outcome(libc().unlinkat(directory, this.#c(name), AT_REMOVEDIR));
  }

  rename(directory: number, from: Uint8Array, to: Uint8Array, replace: boolean): number {
    const old = this.#otherC(from);
    const name = this.#c(to);
    if (replace) return outcome(libc().renameat(directory, old, directory, name));
    const result = outcome(libc().renameat2(directory, old, directory, name, RENAME_NOREPLACE));
    if (result !== -EINVAL && result !== -ENOSYS) return result;
    return this.#renameWithoutFlag(directory, old, name);
  }

  /** For file systems that cannot refuse to replace: a hard link can. Some have none of either. */
  #renameWithoutFlag(
    directory: number,
    old: Uint8Array<ArrayBuffer>,
    name: Uint8Array<ArrayBuffer>,
  ) {
    const linked = outcome(libc().linkat(directory, old, directory, name, 0));
    if (linked === 0) return outcome(libc().unlinkat(directory, old, 0));
    if (linked === -EEXIST) return linked;
    const taken = this.#lookAt(directory, name) === 0;
    return taken ? -EEXIST : outcome(libc().renameat(directory, old, directory, name));
  }

  openNode(directory: number, name: Uint8Array): number {
    const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    const node = outcome(libc().openat(directory, this.#c(name), flags, 0));
    if (node >= 0) this.#nodes.add(node);
    return node;
  }

  write(file: number, bytes: Uint8Array, offset: number): number {
    for (let at = 0; at < bytes.length;) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      const written = Number(
        libc().pwrite(
          file,
          rest as Uint8Array<ArrayBuffer>,
          BigInt(rest.length),
          BigInt(offset + at),
        ),
      );
      if (written >= 0) {
        at += written;
        continue;
      }
      const error = errno();
      if (error !== EINTR) return -error;
    }
    return 0;
  }

  truncate(file: number, size: number): number {
    return outcome(libc().ftruncate(file, BigInt(size)));
  }

  close(handle: number): number {
    this.#nodes.delete(handle);
    return outcome(libc().close(handle));
  }

  setOwner(handle: number, uid: number, gid: number): number {
    const [user, group] = [uid >>> 0, gid >>> 0];
    if (!this.#isNode(handle)) return outcome(libc().fchown(handle, user, group));
    const flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
    return outcome(libc().fchownat(handle, EMPTY, user, group, flags));
  }

  setMode(handle: number, mode: number): number {
    if (!this.#isNode(handle)) return outcome(libc().fchmod(handle, mode));
    return outcome(libc().fchmodat(AT_FDCWD, descriptorPath(handle), mode, 0));
  }

  setTime(handle: number, mtimeNs: bigint): number {
    const towardsZero = mtimeNs % NS_PER_S;
    const nanoseconds = towardsZero < 0n ? towardsZero + NS_PER_S : towardsZero;
    this.#times[2] = (mtimeNs - nanoseconds) / NS_PER_S;
    this.#times[3] = nanoseconds;
    const buffer = this.#timeBytes;
    if (!this.#isNode(handle)) return outcome(libc().futimens(handle, buffer));
    return outcome(libc().utimensat(AT_FDCWD, descriptorPath(handle), buffer, 0));
  }

  setAttribute(handle: number, name: Uint8Array, value: Uint8Array): number {
    if (name.includes(0)) return -EINVAL;
    const bytes = value as Uint8Array<ArrayBuffer>;
    const size = BigInt(value.length);
    return this.#isNode(handle)
      ? outcome(libc().setxattr(descriptorPath(handle), cPath(name), bytes, size, 0))
      : outcome(libc().fsetxattr(handle, cPath(name), bytes, size, 0));
  }

  userId(name: Uint8Array): number | undefined {
    return this.#owners.userId(name);
  }

  groupId(name: Uint8Array): number | undefined {
    return this.#owners.groupId(name);
  }

  errorText(number: number): string {
    return errorText(number);
  }

  /** Whether a handle finds its node but does not open it, so that /proc must lead there. */
  #isNode(handle: number): boolean {
    return this.#nodes.has(handle) || this.#directories.isPathOnly(handle);
  }

  /** `name` ended by a zero byte, in a buffer that is used again by the next call. */
  #c(name: Uint8Array): Uint8Array<ArrayBuffer> {
    if (name.length >= this.#name.length) this.#name = new Uint8Array(2 * name.length);
    return ended(this.#name, name);
  }

  #otherC(name: Uint8Array): Uint8Array<ArrayBuffer> {
    if (name.length >= this.#otherName.length) this.#otherName = new Uint8Array(2 * name.length);
    return ended(this.#otherName, name);
  }
}

const NS_PER_S = 1_000_000_000n;
const EMPTY = new Uint8Array(1);

function ended(buffer: Uint8Array<ArrayBuffer>, name: Uint8Array): Uint8Array<ArrayBuffer> {
  if (name.includes(0)) throw new RangeError("name holds a zero byte");
  buffer.set(name);
  buffer[name.length] = 0;
  return buffer;
}

/** A C library's result in the kernel's manner. */
function outcome(result: number): number {
  return result < 0 ? -errno() : result;
}

/** Leads to exactly the node behind a descriptor, a symbolic link itself included. */
function descriptorPath(descriptor: number): Uint8Array<ArrayBuffer> {
  return cPath(`/proc/self/fd/${descriptor}`);
}

/** glibc's `makedev`. */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major >>> 0), BigInt(minor >>> 0)];
  return (high & 0xfffff000n) << 32n | (high & 0xfffn) << 8n |
    (low & 0xffffff00n) << 12n | (low & 0xffn);
}

function supplementaryGroups(): number[] {
  const groups = new Uint32Array(GROUPS_MAX);
  const count = libc().getgroups(GROUPS_MAX, new Uint8Array(groups.buffer));
  return count < 0 ? [] : [...groups.subarray(0, count)];
}

/** The umask can only be read by setting it. */
function currentUmask(): number {
  const umask = libc().umask(0o077);
  libc().umask(umask);
  return umask;
}
