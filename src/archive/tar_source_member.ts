/**
 * From a node on the walk to the member it becomes: opens what must be open, before anything of the
 * member is written.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { ExtendedAttribute, TarEntry } from "../tar/entry.ts";
import type { EntryType } from "../tar/entry.ts";
import { normalizeSegments } from "../tar/sparse_map.ts";
import type { FileTree, NodeKind, NodeStat, TreeFile } from "../tree/file_tree.ts";
import { LinkMap } from "../tree/link_map.ts";
import type { Note } from "../tree/note.ts";
import type { OwnOutputs } from "../tree/own_outputs.ts";
import { type OwnerOverride, parseOwnerOption } from "../tree/owner_option.ts";
import { equalBytes, lossyText } from "../tree/path_text.ts";
import { failureNote, type WalkNode } from "../tree/walk.ts";

/** What is written of a node's metadata. */
export interface MetadataOptions {
  /** `--owner` as in GNU tar. */
  owner?: string;
  /** `--group` as in GNU tar. */
  group?: string;
  /** Leave out the names of owners. @default false */
  numericOwner?: boolean;
  /**
   * Whether permission bits, owners and ACLs are kept. Without them members get mode 0755
   * (directories and what somebody may execute) or 0644, owner 0:0 and no ACL. @default true
   */
  preservePermissions?: boolean;
}

/** A member about to be written. */
export interface Member {
  entry: TarEntry;
  /** The node when it was opened. */
  stat: NodeStat;
  /** Content, for regular files; the taker closes it. */
  file: TreeFile | undefined;
}

const NOTHING = new Uint8Array(0);
const NO_ATTRIBUTES: readonly ExtendedAttribute[] = [];
const ACL_PREFIX = "system.posix_acl_";

/** Turns nodes into members. */
export class MemberReader {
  readonly #tree: FileTree;
  readonly #options: MetadataOptions;
  readonly #own: OwnOutputs;
  readonly #note: (note: Note) => void;
  readonly #links = new LinkMap();
  readonly #remembersAll: boolean;
  readonly #owner: OwnerOverride | undefined;
  readonly #group: OwnerOverride | undefined;

  /**
   * @param remembersAll look for nodes met before even among those with a single name, because the
   * paths named overlap
   * @throws {EctarError} usage when an owner is unknown
   */
  constructor(
    tree: FileTree,
    options: MetadataOptions,
    own: OwnOutputs,
    remembersAll: boolean,
    note: (note: Note) => void,
  ) {
    this.#tree = tree;
    this.#options = options;
    this.#own = own;
    this.#note = note;
    this.#remembersAll = remembersAll;
    this.#owner = options.owner === undefined ? undefined : parseOwnerOption(
      options.owner,
      "--owner",
      { id: (name) => tree.userId(name), name: (id) => tree.userName(id) },
    );
    this.#group = options.group === undefined ? undefined : parseOwnerOption(
      options.group,
      "--group",
      { id: (name) => tree.groupId(name), name: (id) => tree.groupName(id) },
    );
  }

  /** The member, or undefined when there is none to write. */
  read(node: WalkNode): Member | undefined {
    try {
      return node.kind === "file" ? this.#readFile(node) : this.#readOther(node);
    } catch (error) {
      this.#note(failureNote(error, node.path));
      return undefined;
    }
  }

  /** Remembers that the node now stands in the archive under `path`. */
  written(stat: NodeStat, path: Uint8Array): void {
    if (this.#isTracked(stat) && this.#links.find(stat) === undefined) this.#links.add(stat, path);
  }

  #readFile(node: WalkNode): Member | undefined {
    const file = node.directory.openFile(node.name, node.follow);
    let taken = false;
    try {
      const stat = file.stat();
      if (stat.kind !== "file") {
        this.#noteVanished(node);
        return undefined;
      }
      if (this.#isOwn(node, stat)) return undefined;
      const first = this.#isTracked(stat) ? this.#links.find(stat) : undefined;
      if (first !== undefined) return this.#hardLink(node, stat, first);
      const entry = this.#entry(node, stat, "file", () => file.attributes());
      entry.size = stat.size;
      if (stat.blocks * 512 < stat.size) {
        const segments = file.segments(stat.size);
        if (segments !== undefined) entry.sparse = normalizeSegments(segments, stat.size);
      }
      taken = true;
      return { entry, stat, file };
    } finally {
      if (!taken) file.close();
    }
  }

  #readOther(node: WalkNode): Member | undefined {
    const { directory, name, follow } = node;
    const stat = node.opened?.stat ?? directory.statOf(name, follow);
    const type = entryType(stat.kind);
    if (type === undefined) {
      const path = printablePath(node.path);
      const message = `${path} is a socket: skipped`;
      this.#note({ kind: "socket-skipped", path, message });
      return undefined;
    }
    // It was something else when it was listed; a file must be opened, a directory walked.
    if (stat.kind !== node.kind && (type === "file" || type === "directory")) {
      this.#noteVanished(node);
      return undefined;
    }
    if (type !== "directory") {
      if (this.#isOwn(node, stat)) return undefined;
      const first = this.#isTracked(stat) ? this.#links.find(stat) : undefined;
      if (first !== undefined) return this.#hardLink(node, stat, first);
    }
    const entry = this.#entry(
      node,
      stat,
      type,
      () => node.opened?.attributes() ?? directory.attributesOf(name, follow),
    );
    if (type === "symlink") entry.linkTarget = directory.linkTarget(name);
    if (type === "char-device" || type === "block-device") {
      entry.deviceMajor = stat.deviceMajor;
      entry.deviceMinor = stat.deviceMinor;
    }
    return { entry, stat, file: undefined };
  }

  /** A second name of a node that stands in the archive; nothing when it is the same name again. */
  #hardLink(node: WalkNode, stat: NodeStat, first: Uint8Array): Member | undefined {
    if (equalBytes(first, node.path)) return undefined;
    const entry = this.#entry(node, stat, "hardlink", () => NO_ATTRIBUTES);
    entry.linkTarget = first;
    return { entry, stat, file: undefined };
  }

  #entry(
    node: WalkNode,
    stat: NodeStat,
    type: EntryType,
    attributes: () => readonly ExtendedAttribute[],
  ): TarEntry {
    const entry: TarEntry = {
      path: node.path,
      type,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      user: NOTHING,
      group: NOTHING,
      size: 0,
      mtimeNs: BigInt(stat.mtimeSeconds) * 1_000_000_000n + BigInt(stat.mtimeNanoseconds),
      linkTarget: NOTHING,
      deviceMajor: 0,
      deviceMinor: 0,
      xattrs: this.#attributes(node.path, attributes),
      sparse: undefined,
    };
    if (this.#options.preservePermissions === false) this.#neutralize(entry);
    else this.#nameOwners(entry);
    this.#override(entry);
    return entry;
  }

  #attributes(
    path: Uint8Array,
    attributes: () => readonly ExtendedAttribute[],
  ): readonly ExtendedAttribute[] {
    try {
      return attributes();
    } catch (error) {
      const { message } = failureNote(error, path);
      const shown = printablePath(path);
      this.#note({
        kind: "metadata-unreadable",
        path: shown,
        message: `stored without extended attributes: ${message}`,
      });
      return NO_ATTRIBUTES;
    }
  }

  #neutralize(entry: TarEntry): void {
    const executable = entry.type === "directory" || (entry.mode & 0o111) !== 0;
    entry.mode = entry.type === "symlink" ? 0o777 : executable ? 0o755 : 0o644;
    entry.uid = 0;
    entry.gid = 0;
    entry.xattrs = entry.xattrs.filter(({ name }) => !lossyText(name).startsWith(ACL_PREFIX));
  }

  #nameOwners(entry: TarEntry): void {
    if (this.#options.numericOwner) return;
    entry.user = this.#tree.userName(entry.uid);
    entry.group = this.#tree.groupName(entry.gid);
  }

  #override(entry: TarEntry): void {
    const { numericOwner } = this.#options;
    if (this.#owner !== undefined) {
      entry.uid = this.#owner.id ?? entry.uid;
      if (!numericOwner) entry.user = this.#owner.name ?? entry.user;
    }
    if (this.#group !== undefined) {
      entry.gid = this.#group.id ?? entry.gid;
      if (!numericOwner) entry.group = this.#group.name ?? entry.group;
    }
  }

  #isTracked(stat: NodeStat): boolean {
    return stat.kind !== "directory" && (stat.links > 1 || this.#remembersAll);
  }

  #isOwn(node: WalkNode, stat: NodeStat): boolean {
    if (!this.#own.isOwnNode(stat)) return false;
    const path = printablePath(node.path);
    const message = `${path} belongs to the archive being written: left out`;
    this.#note({ kind: "own-output-skipped", path, message });
    return true;
  }

  #noteVanished(node: WalkNode): void {
    const path = printablePath(node.path);
    const message = `${path} became something else before it was read: left out`;
    this.#note({ kind: "vanished", path, message });
  }
}

function entryType(kind: NodeKind): EntryType | undefined {
  return kind === "socket" || kind === "unknown" ? undefined : kind;
}
