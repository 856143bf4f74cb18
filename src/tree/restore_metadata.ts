/**
 * Puts owner, attributes, permissions and time onto a restored node, in the one order that works:
 * a change of owner clears set-ID bits and capabilities, so it comes first; attributes may need the
 * owner's write permission, so they precede the permissions; an access control list holds
 * permissions too, so it follows them; the time comes last.
 *
 * What the system refuses here is noted, not an error: the content is there.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { ExtendedAttribute, TarEntry } from "../tar/entry.ts";
import type { NoteBook, RestoreNoteKind } from "./restore_report.ts";
import type { RestoreTarget } from "./restore_target.ts";

/** What is restored besides content. */
export interface MetadataPolicy {
  /** Owners as recorded; false leaves everything to the user who restores. */
  preserveOwner: boolean;
  /** Owners by number even where the recorded names exist here. */
  numericOwner: boolean;
  /** All permission bits; false applies the umask and leaves out set-ID and sticky bits. */
  preservePermissions: boolean;
  /** Extended attributes and access control lists. */
  preserveAttributes: boolean;
}

/** Metadata of one node with its owner resolved to numbers. */
export interface NodeMetadata {
  kind: "file" | "partial-file" | "directory" | "symlink" | "special";
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  xattrs: readonly ExtendedAttribute[];
}

const SET_UID = 0o4000;
const SET_GID = 0o2000;

/** Largest valid owner number; the next means "leave as it is" to the system. */
const ID_MAX = 0xfffffffe;

/** How many names are remembered before the memory is emptied. */
const NAMES_MAX = 4096;

/** Sets the metadata of nodes and notes what could not be set. */
export class MetadataSetter {
  readonly #target: RestoreTarget;
  readonly #policy: MetadataPolicy;
  readonly #notes: NoteBook;
  readonly #users: OwnerIds;
  readonly #groups: OwnerIds;

  constructor(target: RestoreTarget, policy: MetadataPolicy, notes: NoteBook) {
    this.#target = target;
    this.#policy = policy;
    this.#notes = notes;
    this.#users = new OwnerIds((name) => target.userId(name));
    this.#groups = new OwnerIds((name) => target.groupId(name));
  }

  /** Owner numbers on this system: those of the names where both are known here, else as recorded. */
  localOwner(
    { uid, gid, user, group }: { uid: number; gid: number; user: Uint8Array; group: Uint8Array },
  ): { uid: number; gid: number } {
    if (this.#policy.numericOwner || !this.#policy.preserveOwner) return { uid, gid };
    return {
      uid: this.#users.of(user) ?? uid,
      gid: this.#groups.of(group) ?? gid,
    };
  }

  /** What is to be set on the node of an archive member. */
  of(entry: TarEntry, kind: NodeMetadata["kind"]): NodeMetadata {
    const { mode, mtimeNs, xattrs } = entry;
    return { kind, mode, mtimeNs, xattrs, ...this.localOwner(entry) };
  }

  /** Sets everything on the node behind `handle`; `path` is for notes. */
  apply(handle: number, node: NodeMetadata, path: Uint8Array): void {
    const lostBits = this.#setOwner(handle, node, path);
    if (this.#policy.preserveAttributes) this.#setAttributes(handle, node, path, isNoAcl);
    if (node.kind !== "symlink") this.#setMode(handle, node, lostBits, path);
    if (this.#policy.preserveAttributes) this.#setAttributes(handle, node, path, isAcl);
    this.#note("time", this.#target.setTime(handle, node.mtimeNs), path);
  }

  /** @returns the set-ID bits that must not be set, because the owner they lend is not right */
  #setOwner(handle: number, node: NodeMetadata, path: Uint8Array): number {
    const { uid, gid } = node;
    const target = this.#target;

    if (target.uid === 0 && this.#policy.preserveOwner) {
      const valid = uid <= ID_MAX && gid <= ID_MAX;
      const result = valid ? target.setOwner(handle, uid, gid) : -22;
      return this.#note("owner", result, path) ? 0 : SET_UID | SET_GID;
    }

    // As a user: the owner is what it is, the group may be any that the user is in.
    const mayGroup = target.groups.includes(gid);
    let groupRight = mayGroup && gid === target.groups[0] && (node.mode & SET_GID) === 0;
    if (mayGroup && !groupRight && this.#policy.preserveOwner) {
      groupRight = target.setOwner(handle, -1, gid) === 0;
    }
    const ownerRight = uid === target.uid;
    if (this.#policy.preserveOwner && !(ownerRight && groupRight)) this.#note("owner", -1, path);
    return (ownerRight ? 0 : SET_UID) | (groupRight ? 0 : SET_GID);
  }

  #setMode(handle: number, node: NodeMetadata, lostBits: number, path: Uint8Array): void {
    let mode = node.mode;
    if (!this.#policy.preservePermissions) {
      mode &= 0o777 & ~this.#target.umask;
    } else if (node.kind === "partial-file") {
      mode &= ~(SET_UID | SET_GID);
    } else if (node.kind !== "directory" && (mode & lostBits) !== 0) {
      mode &= ~lostBits;
      this.#notes.add("set-id", () => printablePath(path), "owner differs");
    }
    this.#note("mode", this.#target.setMode(handle, mode), path);
  }

  #setAttributes(
    handle: number,
    node: NodeMetadata,
    path: Uint8Array,
    wanted: (name: Uint8Array) => boolean,
  ): void {
    for (const { name, value } of node.xattrs) {
      if (!wanted(name)) continue;
      // A file with holes where its code was must not run with more rights than its caller.
      if (node.kind === "partial-file" && startsWith(name, CAPABILITY)) continue;
      const result = this.#target.setAttribute(handle, name, value);
      this.#note(isAcl(name) ? "acl" : "xattr", result, path, name);
    }
  }

  /** Notes a failure; true when there was none. */
  #note(kind: RestoreNoteKind, result: number, path: Uint8Array, detail?: Uint8Array): boolean {
    if (result >= 0) return true;
    const text = this.#target.errorText(-result);
    const reason = detail === undefined ? text : `${printablePath(detail)}: ${text}`;
    this.#notes.add(kind, () => printablePath(path), reason);
    return false;
  }
}

const ASCII = new TextEncoder();
const ACL = ASCII.encode("system.posix_acl_");
const CAPABILITY = ASCII.encode("security.capability");

function isAcl(name: Uint8Array): boolean {
  return startsWith(name, ACL);
}

function isNoAcl(name: Uint8Array): boolean {
  return !isAcl(name);
}

function startsWith(name: Uint8Array, prefix: Uint8Array): boolean {
  return name.length >= prefix.length && prefix.every((byte, at) => name[at] === byte);
}

/** Numbers of names, each asked once; names are remembered up to a bound. */
class OwnerIds {
  readonly #ask: (name: Uint8Array) => number | undefined;
  readonly #known = new Map<string, number | undefined>();
  #last: Uint8Array | undefined;
  #lastId: number | undefined;

  constructor(ask: (name: Uint8Array) => number | undefined) {
    this.#ask = ask;
  }

  of(name: Uint8Array): number | undefined {
    // Members with the same owner in a row, as most are, share the bytes of its name.
    if (name !== this.#last) {
      this.#lastId = name.length === 0 ? undefined : this.#lookUp(name);
      this.#last = name;
    }
    return this.#lastId;
  }

  #lookUp(name: Uint8Array): number | undefined {
    const key = String.fromCharCode(...name.subarray(0, 256));
    if (this.#known.has(key)) return this.#known.get(key);
    if (this.#known.size >= NAMES_MAX) this.#known.clear();
    const id = name.length > 256 || name.includes(0) ? undefined : this.#ask(name);
    this.#known.set(key, id);
    return id;
  }
}
