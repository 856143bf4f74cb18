/**
 * Restores members without content: hard links, symbolic links, FIFOs and devices.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { TarEntry } from "../tar/entry.ts";
import { equalBytes } from "./path_text.ts";
import type { MetadataSetter, NodeMetadata } from "./restore_metadata.ts";
import { baseName, parentPath } from "./restore_path.ts";
import type { Placement } from "./restore_placement.ts";
import { MemberSettled, refused } from "./restore_refusals.ts";
import type { NoteBook } from "./restore_report.ts";
import { Errno, type RestoreTarget, type SpecialNodeType } from "./restore_target.ts";

/** Settles the hard link at `path`: what it should be linked to, `from`, cannot be used. */
export function settleAsMissing(path: Uint8Array, from: Uint8Array, why: string): never {
  const message = `${printablePath(path)} not restored: ${printablePath(from)}, ` +
    `to which it is a hard link, ${why}`;
  throw new MemberSettled({ kind: "link-target-missing", path, target: from, message });
}

/** Makes nodes that hold no content. */
export class NodeRestorer {
  readonly #target: RestoreTarget;
  readonly #placement: Placement;
  readonly #metadata: MetadataSetter;
  readonly #notes: NoteBook;

  constructor(
    target: RestoreTarget,
    placement: Placement,
    metadata: MetadataSetter,
    notes: NoteBook,
  ) {
    this.#target = target;
    this.#placement = placement;
    this.#metadata = metadata;
    this.#notes = notes;
  }

  /** Makes `path` a hard link to `from`, which must have been restored in this run. */
  hardLink(path: Uint8Array, from: Uint8Array): void {
    const target = this.#target;
    // Anything else under that name may hold other bytes than the archive's.
    if (!this.#placement.holds(from)) settleAsMissing(path, from, "was not restored");
    if (equalBytes(path, from)) return;

    const fromDirectory = target.openDirectory(parentPath(from));
    const status = fromDirectory < 0 ? fromDirectory : target.status(fromDirectory, baseName(from));
    if (typeof status === "number") settleAsMissing(path, from, "is gone");
    if (status.kind === "directory") throw refused(path, "it is a hard link to a directory");

    // Renaming one link over another to the same node does nothing and would leave both.
    const there = target.status(this.#placement.parentOf(path), baseName(path));
    if (typeof there !== "number" && there.identity === status.identity) return;

    this.#placement.takeNode(
      path,
      (directory, name) =>
        target.makeLink(target.openDirectory(parentPath(from)), baseName(from), directory, name),
    );
  }

  /** Makes a symbolic link; where it leads does not matter, as nothing is written through it. */
  symlink(path: Uint8Array, entry: TarEntry): void {
    const { linkTarget } = entry;
    if (linkTarget.length === 0 || linkTarget.includes(0)) {
      throw refused(path, "its link target is empty or holds a zero byte");
    }
    this.#placement.takeNode(path, (directory, name) => {
      const made = this.#target.makeSymlink(linkTarget, directory, name);
      return made < 0 ? made : this.#dress(directory, name, path, entry, "symlink");
    });
  }

  /** Makes a FIFO or device node. */
  special(path: Uint8Array, entry: TarEntry, type: SpecialNodeType): void {
    const { deviceMajor, deviceMinor } = entry;
    this.#placement.takeNode(path, (directory, name) => {
      const made = this.#target.makeNode(directory, name, type, deviceMajor, deviceMinor);
      if (made === -Errno.EPERM) {
        this.#notes.add("device", () => printablePath(path), this.#target.errorText(Errno.EPERM));
      }
      return made < 0 ? made : this.#dress(directory, name, path, entry, "special");
    });
  }

  /** Sets the metadata of a node that was just made. */
  #dress(
    directory: number,
    name: Uint8Array,
    path: Uint8Array,
    entry: TarEntry,
    kind: NodeMetadata["kind"],
  ): number {
    const handle = this.#target.openNode(directory, name);
    if (handle < 0) return handle;
    this.#metadata.apply(handle, this.#metadata.of(entry, kind), path);
    return this.#target.close(handle);
  }
}
