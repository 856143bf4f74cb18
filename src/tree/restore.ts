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
import { type MetadataPolicy, MetadataSetter, type NodeMetadata } from "./restore_metadata.ts";
import { equalBytes } from "./path_text.ts";
import { baseName, innerPath, parentPath } from "./restore_path.ts";
import { Placement } from "./restore_placement.ts";
import { check, MemberSettled, refused } from "./restore_refusals.ts";
import { NoteBook, type RestoreOutcome, type RestoreSummary } from "./restore_report.ts";
import { Errno, type RestoreTarget } from "./restore_target.ts";

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
      this.#path = this.#placeOf(entry.path);
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
  #placeOf(name: Uint8Array): Uint8Array {
    const inner = innerPath(name, this.#strip);
    if (inner === undefined) throw new MemberSettled({ kind: "ignored" });
    if (inner === "nul") throw refused(name, "there is a zero byte in its name or link target");
    if (inner === "dot-dot") throw refused(name, "a .. component could lead outside");
    if (inner.wasAbsolute) this.#notes.add("absolute", () => printablePath(name), "");

    const place = this.#rename(inner.path);
    if (place === undefined) throw new MemberSettled({ kind: "ignored" });
    return place;
  }

  #complete(entry: TarEntry, intact: boolean): void {
    switch (entry.type) {
      case "file":
        return this.#completeFile(entry, this.#file!, intact);
      case "directory":
        return this.#completeDirectory(entry);
      case "hardlink":
        return this.#completeHardLink(entry);
      case "symlink":
        return this.#completeSymlink(entry);
      default:
        return this.#completeSpecial(entry);
    }
  }

  #completeFile(entry: TarEntry, file: OpenFile, intact: boolean): void {
    const { handle, temporary } = file;
    if (file.end !== entry.size) {
      check(this.#target, this.#target.truncate(handle, entry.size), "size", this.#path);
    }
    this.#metadata.apply(
      handle,
      this.#metadataOf(entry, intact ? "file" : "partial-file"),
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
    if (this.#path.length > 0 && this.#placement.takeDirectory(this.#path)) {
      this.#openUp(this.#path);
    }
    const { mode, mtimeNs, xattrs } = entry;
    const owner = this.#metadata.localOwner(entry);
    this.#directories.add({ path: this.#path, mode, mtimeNs, xattrs, ...owner });
  }

  /** Gives a user access to a directory of his that existed, for its metadata comes at the end. */
  #openUp(path: Uint8Array): void {
    const target = this.#target;
    if (target.uid === 0) return;
    const parent = this.#placement.parentOf(path);
    const status = target.status(parent, baseName(path));
    if (typeof status === "number" || status.uid !== target.uid) return;
    if ((status.mode & 0o700) === 0o700) return;
    const handle = target.openNode(parent, baseName(path));
    if (handle < 0) return;
    target.setMode(handle, status.mode | 0o700);
    target.close(handle);
  }

  #completeHardLink(entry: TarEntry): void {
    const target = this.#target;
    const from = this.#placeOf(entry.linkTarget);
    const missing = (why: string) =>
      new MemberSettled({
        kind: "link-target-missing",
        path: this.#path,
        target: from,
        message: `${printablePath(this.#path)} not restored: ${printablePath(from)}, ` +
          `to which it is a hard link, ${why}`,
      });

    if (equalBytes(from, this.#path) && this.#placement.wasMade(from)) return;
    // Anything else under that name may hold other bytes than the archive's.
    if (!this.#placement.wasMade(from)) throw missing("was not restored");
    const fromDirectory = target.openDirectory(parentPath(from));
    const status = fromDirectory < 0 ? fromDirectory : target.status(fromDirectory, baseName(from));
    if (typeof status === "number") throw missing("is gone");
    if (status.kind === "directory") throw refused(this.#path, "it is a hard link to a directory");
    if (this.#isSameNode(status.identity)) return;

    this.#placement.takeNode(
      this.#path,
      (directory, name) =>
        target.makeLink(target.openDirectory(parentPath(from)), baseName(from), directory, name),
    );
  }

  /** Whether the current member's place already is a link to the node of that identity. */
  #isSameNode(identity: string): boolean {
    const parent = this.#placement.parentOf(this.#path);
    const status = this.#target.status(parent, baseName(this.#path));
    return typeof status !== "number" && status.identity === identity;
  }

  #completeSymlink(entry: TarEntry): void {
    const { linkTarget } = entry;
    if (linkTarget.length === 0 || linkTarget.includes(0)) {
      throw refused(this.#path, "its link target is empty or holds a zero byte");
    }
    this.#placement.takeNode(
      this.#path,
      (directory, name) =>
        this.#made(
          directory,
          name,
          entry,
          "symlink",
          () => this.#target.makeSymlink(linkTarget, directory, name),
        ),
    );
  }

  #completeSpecial(entry: TarEntry): void {
    const { deviceMajor, deviceMinor } = entry;
    const type = entry.type as "fifo" | "char-device" | "block-device";
    this.#placement.takeNode(
      this.#path,
      (directory, name) => {
        const result = this.#made(
          directory,
          name,
          entry,
          "special",
          () => this.#target.makeNode(directory, name, type, deviceMajor, deviceMinor),
        );
        if (result === -Errno.EPERM) {
          this.#notes.add(
            "device",
            () => printablePath(this.#path),
            this.#target.errorText(Errno.EPERM),
          );
        }
        return result;
      },
    );
  }

  /** Makes a node and sets its metadata, so that both are there when it gets its name. */
  #made(
    directory: number,
    name: Uint8Array,
    entry: TarEntry,
    kind: NodeMetadata["kind"],
    make: () => number,
  ): number {
    const result = make();
    if (result < 0) return result;
    const handle = this.#target.openNode(directory, name);
    if (handle < 0) return handle;
    this.#metadata.apply(handle, this.#metadataOf(entry, kind), this.#path);
    return this.#target.close(handle);
  }

  #metadataOf(entry: TarEntry, kind: NodeMetadata["kind"]): NodeMetadata {
    const { mode, mtimeNs, xattrs } = entry;
    return { kind, mode, mtimeNs, xattrs, ...this.#metadata.localOwner(entry) };
  }
}
