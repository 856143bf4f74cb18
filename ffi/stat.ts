/**
 * statx(2): one call fills one buffer, read here without BigInt.
 *
 * @module
 */

import type { NodeKind, NodeStat } from "../src/tree/file_tree.ts";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from "./flags.ts";
import { libc } from "./libc.ts";

const AT_NO_AUTOMOUNT = 0x800;
const STATX_BASIC_STATS = 0x7ff;

const EMPTY_PATH = new Uint8Array(1);
const bytes = new Uint8Array(256);
const words = new Uint32Array(bytes.buffer);
const signedWords = new Int32Array(bytes.buffer);
const halves = new Uint16Array(bytes.buffer);

const KINDS: Readonly<Record<number, NodeKind>> = {
  0o01: "fifo",
  0o02: "char-device",
  0o04: "directory",
  0o06: "block-device",
  0o10: "file",
  0o12: "symlink",
  0o14: "socket",
};

/** The kind that the upper bits of a mode (or a directory entry's d_type) stand for. */
export function kindOfType(type: number): NodeKind {
  return KINDS[type] ?? "unknown";
}

/** What an open descriptor refers to, or undefined on failure (errno says why). */
export function statDescriptor(descriptor: number): NodeStat | undefined {
  return statAt(descriptor, EMPTY_PATH, AT_EMPTY_PATH);
}

/** What `path` (ended by a zero byte) in a directory is, or undefined on failure. */
export function statPath(
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  follow: boolean,
): NodeStat | undefined {
  return statAt(directory, path, AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW));
}

function statAt(
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
): NodeStat | undefined {
  if (libc().statx(directory, path, flags, STATX_BASIC_STATS, bytes) !== 0) return undefined;
  const mode = halves[14];
  return {
    kind: kindOfType(mode >> 12),
    mode: mode & 0o7777,
    uid: words[5],
    gid: words[6],
    size: words[10] + words[11] * 0x1_0000_0000,
    blocks: words[12] + words[13] * 0x1_0000_0000,
    links: words[4],
    mtimeSeconds: words[28] + signedWords[29] * 0x1_0000_0000,
    mtimeNanoseconds: words[30],
    ctimeSeconds: words[24] + signedWords[25] * 0x1_0000_0000,
    ctimeNanoseconds: words[26],
    device: words[34] * 0x10_0000 + words[35],
    inodeHigh: words[9],
    inodeLow: words[8],
    deviceMajor: words[32],
    deviceMinor: words[33],
  };
}
