/**
 * Puts the members of a tar archive back onto a file system, one after the other, safely.
 *
 * A file grows under a temporary name beside its place and gets its own name when it is whole, so
 * that nothing half ever stands under a member's name. What existed before the run is replaced only
 * with `force`; what this run made is replaced by a later member of the same name, as in tar.
 * Symbolic links are made as they are and never walked through.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { TarEntry } from "../tar/entry.ts";
import { DirectoryLog } from "./restore_directories.ts";
import { type MetadataPolicy, MetadataSetter } from "./restore_metadata.ts";
import { NodeRestorer, settleAsMissing } from "./restore_nodes.ts";
import { DEPTH_MAX, innerPath } from "./restore_path.ts";
import { Placement } from "./restore_placement.ts";
import { check, MemberSettled, refused } from "./restore_refusals.ts";
import { NoteBook, type RestoreOutcome, type RestoreSummary } from "./restore_report.ts";
import type { RestoreTarget } from "./restore_target.ts";

/** How to restore. */
export interface RestoreOptions extends Partial<MetadataPolicy> {
  /** Replace what existed before. @default false */
  force?: boolean;
  /** Leading components to drop from names and from hard links' targets. @default 0 */
  stripComponents?: number;
  /** Gives each path (after stripping) its place, or undefined to leave the member out. */
  rename?: (path: Uint8Array) => Uint8Array | undefined;
}

/** The file that is being written. */
interface OpenFile {
  /** -1 once it is closed. */
  handle: number;
  temporary: Uint8Array;
  /** Offset after the last byte written. */
  end: number;
}

/** Restores members that are handed over in archive order. */
export class Restorer {
  readonly #target: RestoreTarget;
  readonly #placement: Placement;
  readonly #metadata: MetadataSetter;
  readonly #nodes: NodeRestorer;
  readonly #strip: number;
  readonly #rename: (path: Uint8Array) => Uint8Array | undefined;
  readonly #notes = new NoteBook();
  readonly #directories = new DirectoryLog();
  readonly #counts: RestoreSummary["counts"] = {
    "restored": 0,
    "partial": 0,
    "exists": 0,
    "refused": 0,
    "link-target-missing": 0,
    "failed": 0,
    "ignored": 0,
  };

  #entry: TarEntry | undefined;
  #path: Uint8Array = new Uint8Array(0);
  #file: OpenFile | undefined;
  /** The outcome, as soon as it is known. */
  #settled: RestoreOutcome | undefined;

  /**
   * @param target where to restore to
   * @param options how; by default all metadata is restored that the user may set
   */
  constructor(target: RestoreTarget, options: RestoreOptions = {}) {
    this.#target = target;
    this.#strip = options.stripComponents ?? 0;
    this.#rename = options.rename ?? ((path) => path);
    this.#placement = new Placement(target, options.force ?? false);
    this.#metadata = new MetadataSetter(target, {
      preserveOwner: options.preserveOwner ?? true,
      numericOwner: options.numericOwner ?? false,
      preservePermissions: options.preservePermissions ?? true,
      preserveAttributes: options.preserveAttributes ?? true,
    }, this.#notes);
    this.#nodes = new NodeRestorer(target, this.#placement, this.#metadata, this.#notes);
  }

  /**
   * Begins a member. Every `begin` is followed by one `end`, and for files by `data` in between.
   *
   * @throws {EctarError} `no-space`, `permission` or `io` when no further member can be restored
   */
  begin(entry: TarEntry): void {
    this.abort();
    this.#entry = entry;
    this.#settled = undefined;
    this.#path = entry.path;
    this.#step(() => {
      const place = this.#placeOf(entry.path);
      if (place === undefined) throw new MemberSettled({ kind: "ignored" });
      this.#path = place;
      if (this.#path.length === 0 && entry.type !== "directory") {
        throw refused(entry.path, "it would take the place of the output directory");
      }
      if (entry.type === "file") {
        this.#file = { ...this.#placement.createFile(this.#path), end: 0 };
      }
    });
  }

  /**
   * Writes content at `fileOffset` of the file that was begun; what is never written reads as zeros.
   *
   * @throws {EctarError} as `begin`
   */
  data(bytes: Uint8Array, fileOffset: number): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#step(() => {
      check(this.#target, this.#target.write(file.handle, bytes, fileOffset), "write", this.#path);
      file.end = Math.max(file.end, fileOffset + bytes.length);
    });
  }

  /**
   * Ends the member.
   *
   * @param intact whether all of its content was given; if not, a file stands as
   *   NAME.ectar-partial
   * @throws {EctarError} as `begin`
   */
  end(intact: boolean): RestoreOutcome {
    const entry = this.#entry;
    if (entry === undefined) throw new Error("end without begin");
    this.#step(() => this.#complete(entry, intact));

    const outcome = this.#settled ?? { kind: "restored", path: this.#path };
    this.#entry = undefined;
    this.#counts[outcome.kind]++;
    if (outcome.kind !== "ignored") {
      this.#placement.supersede(this.#path, outcome.kind === "restored");
    }
    return outcome;
  }

  /** Drops the member that was begun and not ended, and its temporary file. */
  abort(): void {
    this.#entry = undefined;
    this.#dropFile();
  }

  /**
   * Sets the metadata of all directories and sums up. To be called in every case, after a thrown
   * error too: until then new directories are accessible to the restoring user only.
   */
  finish(): RestoreSummary {
    this.abort();
    for (const { path, ...metadata } of this.#directories.deepestFirst()) {
      const handle = this.#target.openDirectory(path);
      if (handle >= 0) {
        this.#metadata.apply(handle, { kind: "directory", ...metadata }, path);
      } else {
        this.#notes.add("directory", () => printablePath(path), this.#target.errorText(-handle));
      }
    }
    return { counts: this.#counts, notes: this.#notes.notes(), line: this.#notes.line() };
  }

  /** Runs a step of the current member, unless its outcome is known; a settled step ends only it. */
  #step(step: () => void): void {
    if (this.#settled !== undefined) return;
    try {
      step();
    } catch (error) {
      this.#dropFile();
      if (!(error instanceof MemberSettled)) {
        this.#entry = undefined;
        throw error;
      }
      this.#settled = error.outcome;
    }
  }

  #dropFile(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    if (file.handle >= 0) this.#target.close(file.handle);
    this.#placement.drop(this.#path, file.temporary);
  }

  /** Where a member of that name, or the target of a hard link, lies in the output directory. */
  #placeOf(name: Uint8Array): Uint8Array | undefined {
    const inner = innerPath(name, this.#strip);
    if (inner === undefined) return undefined;
    if (inner === "nul") throw refused(this.#path, "a name holds a zero byte");
    if (inner === "dot-dot") {
      throw refused(this.#path, `${printablePath(name)} could lead outside`);
    }
    if (inner === "too-deep") {
      throw refused(this.#path, `it lies more than ${DEPTH_MAX} directories deep`);
    }
    if (inner.wasAbsolute) this.#notes.add("absolute", () => printablePath(name), "");
    return this.#rename(inner.path);
  }

  #linkedPlace(entry: TarEntry): Uint8Array {
    const place = this.#placeOf(entry.linkTarget);
    return place ?? settleAsMissing(this.#path, entry.linkTarget, "was left out");
  }

  #complete(entry: TarEntry, intact: boolean): void {
    switch (entry.type) {
      case "file":
        return this.#completeFile(entry, this.#file!, intact);
      case "directory":
        return this.#completeDirectory(entry);
      case "hardlink":
        return this.#nodes.hardLink(this.#path, this.#linkedPlace(entry));
      case "symlink":
        return this.#nodes.symlink(this.#path, entry);
      default:
        return this.#nodes.special(this.#path, entry, entry.type);
    }
  }

  #completeFile(entry: TarEntry, file: OpenFile, intact: boolean): void {
    const { handle, temporary } = file;
    if (file.end !== entry.size) {
      check(this.#target, this.#target.truncate(handle, entry.size), "size", this.#path);
    }
    this.#metadata.apply(
      handle,
      this.#metadata.of(entry, intact ? "file" : "partial-file"),
      this.#path,
    );
    // Some file systems report a failed write only here, so the name comes after.
    file.handle = -1;
    check(this.#target, this.#target.close(handle), "write", this.#path);

    this.#file = undefined;
    if (intact) return this.#placement.rename(this.#path, temporary);
    const path = this.#placement.renamePartial(this.#path, temporary);
    const message = `${printablePath(this.#path)} is incomplete, see ${printablePath(path)}`;
    this.#settled = { kind: "partial", path, message };
  }

  #completeDirectory(entry: TarEntry): void {
    if (this.#path.length > 0) this.#placement.takeDirectory(this.#path);
    const { mode, mtimeNs, xattrs } = entry;
    const owner = this.#metadata.localOwner(entry);
    this.#directories.add({ path: this.#path, mode, mtimeNs, xattrs, ...owner });
  }
}
