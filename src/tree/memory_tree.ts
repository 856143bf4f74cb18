/**
 * A file tree in memory: needs no permission, and misbehaves where it is told to, so that vanishing,
 * shrinking and unreadable files can be tried out.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { ExtendedAttribute, SparseSegment } from "../tar/entry.ts";
import type { FileTree, NodeNames, NodeStat, TreeDirectory, TreeFile } from "./file_tree.ts";
import type { MemoryNode } from "./memory_node.ts";
import { compareBytes, lossyText, matchingText, toBytes } from "./path_text.ts";

interface Identity {
  inode: number;
  links: number;
}

/** A tree whose root directory and current directory are both `root`. */
export class MemoryFileTree implements FileTree {
  /** Names of users by number. */
  readonly users: Map<number, string> = new Map();
  /** Names of groups by number. */
  readonly groups: Map<number, string> = new Map();
  /** Directories and files open now. */
  open = 0;
  readonly #root: MemoryNode;
  readonly #identities = new Map<MemoryNode, Identity>();

  /**
   * A tree of nodes; their names must not change any more.
   *
   * @param root the directory that paths are looked up in
   */
  constructor(root: MemoryNode) {
    this.#root = root;
    this.#number(root);
  }

  enter(path: Uint8Array): TreeDirectory {
    let node = this.#root;
    for (const part of lossyText(path).split("/")) {
      if (part === "" || part === ".") continue;
      node = find(node, toBytes(part)) ?? refuse("not-found", "enter", path, "ENOENT");
    }
    return new MemoryDirectory(this, node, []);
  }

  userName(uid: number): Uint8Array {
    return toBytes(this.users.get(uid) ?? "");
  }

  groupName(gid: number): Uint8Array {
    return toBytes(this.groups.get(gid) ?? "");
  }

  userId(name: Uint8Array): number | undefined {
    return keyOf(this.users, lossyText(name));
  }

  groupId(name: Uint8Array): number | undefined {
    return keyOf(this.groups, lossyText(name));
  }

  /** What the tree says about a node. */
  statOf(node: MemoryNode): NodeStat {
    const identity = this.#identities.get(node)!;
    const faults = node.faults ?? {};
    if (faults.keepsChanging) node.mtimeNs = (node.mtimeNs ?? 0n) + 1n;
    const mtimeNs = node.mtimeNs ?? 0n;
    const seconds = (mtimeNs - modulo(mtimeNs)) / 1_000_000_000n;
    return {
      kind: node.kind,
      mode: node.mode ?? (node.kind === "directory" ? 0o755 : 0o644),
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      size: faults.sizeHidden ? 0 : node.segments?.size ?? node.content?.length ?? 0,
      blocks: node.segments ? 0 : Math.ceil((node.content?.length ?? 0) / 512),
      links: identity.links,
      mtimeSeconds: Number(seconds),
      mtimeNanoseconds: Number(modulo(mtimeNs)),
      ctimeSeconds: 0,
      ctimeNanoseconds: 0,
      device: node.device ?? 1,
      inodeHigh: 0,
      inodeLow: identity.inode,
      deviceMajor: node.deviceMajor ?? 0,
      deviceMinor: node.deviceMinor ?? 0,
    };
  }

  #number(node: MemoryNode): void {
    const known = this.#identities.get(node);
    if (known !== undefined) {
      known.links++;
      return;
    }
    this.#identities.set(node, { inode: this.#identities.size + 1, links: 1 });
    for (const [, child] of node.entries ?? []) this.#number(child);
  }
}

class MemoryDirectory implements TreeDirectory {
  readonly stat: NodeStat;
  readonly #tree: MemoryFileTree;
  readonly #node: MemoryNode;
  /** Directories above, the nearest last. */
  readonly #above: MemoryNode[];

  constructor(tree: MemoryFileTree, node: MemoryNode, above: MemoryNode[]) {
    this.#tree = tree;
    this.#node = node;
    this.#above = above;
    this.stat = tree.statOf(node);
    tree.open++;
  }

  names(): NodeNames {
    const entries = [...this.#node.entries ?? []]
      .map(([name, node]): [Uint8Array, MemoryNode] => [nameBytes(name), node])
      .sort((a, b) => compareBytes(a[0], b[0]));
    return {
      count: entries.length,
      name: (index) => entries[index][0],
      kind: (index) => {
        const node = entries[index][1];
        return node.faults?.kindHidden ? "unknown" : node.kind;
      },
    };
  }

  statOf(name: Uint8Array, follow: boolean): NodeStat {
    return this.#tree.statOf(this.#find(name, follow, "look at").node);
  }

  openDirectory(name: Uint8Array, follow: boolean): TreeDirectory {
    const { node, above } = this.#find(name, follow, "open directory");
    if (node.kind !== "directory") refuse("not-found", "open directory", name, "ENOTDIR");
    if (node.faults?.unreadable) refuse("permission", "open directory", name, "EACCES");
    return new MemoryDirectory(this.#tree, node, above);
  }

  enter(name: Uint8Array): TreeDirectory {
    return this.openDirectory(name, true);
  }

  openFile(name: Uint8Array, follow: boolean): TreeFile {
    const { node } = this.#find(name, follow, "open");
    if (node.faults?.unreadable) refuse("permission", "open", name, "EACCES");
    return new MemoryFile(this.#tree, node, name);
  }

  linkTarget(name: Uint8Array): Uint8Array {
    return toBytes(this.#find(name, false, "read the symlink").node.target ?? "");
  }

  attributesOf(name: Uint8Array, follow: boolean): ExtendedAttribute[] {
    return attributesOf(this.#find(name, follow, "read attributes of").node, name);
  }

  attributes(): ExtendedAttribute[] {
    return attributesOf(this.#node, toBytes("."));
  }

  close(): void {
    this.#tree.open--;
  }

  #find(
    name: Uint8Array,
    follow: boolean,
    verb: string,
  ): { node: MemoryNode; above: MemoryNode[] } {
    let node: MemoryNode = this.#node;
    let above = this.#above;
    const parts = [lossyText(name)];
    for (let steps = 0; parts.length > 0; steps++) {
      if (steps > 100) refuse("io", verb, name, "ELOOP");
      const part = parts.shift()!;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        if (above.length > 0) [node, above] = [above[above.length - 1], above.slice(0, -1)];
        continue;
      }
      const last = parts.length === 0;
      const child = find(node, last && steps === 0 ? name : toBytes(part));
      if (child === undefined || child.faults?.vanished) refuse("not-found", verb, name, "ENOENT");
      if (child.kind === "symlink" && (follow || !last)) parts.unshift(...child.target!.split("/"));
      else [node, above] = [child, [...above, node]];
    }
    return { node, above };
  }
}

class MemoryFile implements TreeFile {
  readonly #tree: MemoryFileTree;
  readonly #node: MemoryNode;
  readonly #name: Uint8Array;

  constructor(tree: MemoryFileTree, node: MemoryNode, name: Uint8Array) {
    this.#tree = tree;
    this.#node = node;
    this.#name = name.slice();
    tree.open++;
  }

  stat(): NodeStat {
    return this.#tree.statOf(this.#node);
  }

  read(into: Uint8Array, offset: number): number {
    const { faults = {}, segments, content = new Uint8Array(0) } = this.#node;
    const size = Math.min(faults.endsAt ?? Infinity, segments?.size ?? content.length);
    let count = Math.max(0, Math.min(into.length, size - offset));
    if (faults.failsAt !== undefined) {
      if (offset >= faults.failsAt) refuse("io", "read", this.#name, "EIO");
      count = Math.min(count, faults.failsAt - offset);
    }
    const pieces = segments?.data ?? [{ offset: 0, data: content }];
    into.fill(0, 0, count);
    for (const piece of pieces) {
      const from = Math.max(piece.offset, offset);
      const to = Math.min(piece.offset + piece.data.length, offset + count);
      if (from < to) {
        into.set(piece.data.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
    }
    return count;
  }

  segments(): SparseSegment[] | undefined {
    return this.#node.segments?.data.map(({ offset, data }) => ({ offset, length: data.length }));
  }

  attributes(): ExtendedAttribute[] {
    return attributesOf(this.#node, this.#name);
  }

  close(): void {
    this.#tree.open--;
  }
}

function refuse(
  code: "not-found" | "permission" | "io",
  verb: string,
  name: Uint8Array,
  errno: string,
): never {
  throw new EctarError(code, `cannot ${verb} ${printablePath(name)}: ${errno}`, { errno });
}

function attributesOf(node: MemoryNode, name: Uint8Array): ExtendedAttribute[] {
  if (node.faults?.attributesUnreadable) {
    refuse("permission", "read attributes of", name, "EACCES");
  }
  return node.attributes ?? [];
}

function nameBytes(name: string | Uint8Array): Uint8Array {
  return typeof name === "string" ? toBytes(name) : name;
}

/** Entries by name, made when a directory is first searched; its names must not change after. */
const searched = new WeakMap<MemoryNode, Map<string, MemoryNode>>();

function find(directory: MemoryNode, name: Uint8Array): MemoryNode | undefined {
  let byName = searched.get(directory);
  if (byName === undefined) {
    byName = new Map(
      directory.entries?.map(([own, node]) => [matchingText(nameBytes(own)), node]),
    );
    searched.set(directory, byName);
  }
  return byName.get(matchingText(name));
}

function keyOf(names: Map<number, string>, name: string): number | undefined {
  for (const [id, own] of names) if (own === name) return id;
  return undefined;
}

function modulo(ns: bigint): bigint {
  return ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
}
