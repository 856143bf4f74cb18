/**
 * What a file tree in memory is made of: directories, files and other nodes, and how they misbehave.
 *
 * @module
 */

import type { ExtendedAttribute } from "../tar/entry.ts";
import type { NodeKind } from "./file_tree.ts";
import { toBytes } from "./path_text.ts";

/** How a node misbehaves. */
export interface MemoryFaults {
  /** It is listed, but gone when looked at. */
  vanished?: boolean;
  /** Opening it is refused. */
  unreadable?: boolean;
  /** Its attributes cannot be read. */
  attributesUnreadable?: boolean;
  /** A file ends after that many bytes, whatever its size says. */
  endsAt?: number;
  /** Reading a file at or beyond this offset fails. */
  failsAt?: number;
  /** A file says that its size is 0, whatever it holds. */
  sizeHidden?: boolean;
  /** A file's modification time moves on each time it is asked for. */
  keepsChanging?: boolean;
  /** The listing does not say what it is. */
  kindHidden?: boolean;
}

/** A stretch of data in a file with holes. */
export interface MemorySegment {
  /** Offset in the file, in bytes. */
  offset: number;
  /** What stands there. */
  data: Uint8Array;
}

/** A node to build a tree from. The same object under several names is one node with hard links. */
export interface MemoryNode {
  /** What it is. */
  kind: Exclude<NodeKind, "unknown">;
  /** Bytes of a file. */
  content?: Uint8Array;
  /** Instead of `content`: a file of `size` bytes with data only here. */
  segments?: { size: number; data: MemorySegment[] };
  /** Nodes of a directory by name. */
  entries?: [name: string | Uint8Array, node: MemoryNode][];
  /** Target of a symlink. */
  target?: string;
  /** Permission bits. @default 0o755 for directories, else 0o644 */
  mode?: number;
  /** Numeric owner. @default 0 */
  uid?: number;
  /** Numeric group. @default 0 */
  gid?: number;
  /** Modification time in nanoseconds since 1970. @default 0 */
  mtimeNs?: bigint;
  /** Extended attributes, sorted by name. @default none */
  attributes?: ExtendedAttribute[];
  /** Major device number of a device node. @default 0 */
  deviceMajor?: number;
  /** Minor device number of a device node. @default 0 */
  deviceMinor?: number;
  /** Number of the file system it lies on. @default 1 */
  device?: number;
  /** How it misbehaves. */
  faults?: MemoryFaults;
}

/**
 * A directory of `entries`.
 *
 * @param entries nodes by name; as a list where names are bytes
 * @param rest metadata and faults
 */
export function memoryDirectory(
  entries: Record<string, MemoryNode> | [string | Uint8Array, MemoryNode][],
  rest: Partial<MemoryNode> = {},
): MemoryNode {
  const list = Array.isArray(entries) ? entries : Object.entries(entries);
  return { kind: "directory", entries: list, ...rest };
}

/**
 * A regular file.
 *
 * @param content its bytes, or text to be taken as UTF-8
 * @param rest metadata and faults
 */
export function memoryFile(
  content: string | Uint8Array,
  rest: Partial<MemoryNode> = {},
): MemoryNode {
  return {
    kind: "file",
    content: typeof content === "string" ? toBytes(content) : content,
    ...rest,
  };
}
