/**
 * Replaces single files of an archive in one directory: each is written under a temporary name,
 * synced, read back and compared; only then, and all of a chunk at one instant, do they take the
 * places of what was there (see commit.ts). A kill at any moment loses nothing that was readable.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { EctarError } from "../errors.ts";
import { pathIn } from "../file_path.ts";
import { Commit, finishInterruptedCommit, pendingCommit } from "./commit.ts";
import { asideName } from "./commit_marker.ts";
import { lstatIfThere } from "./if_there.ts";
import { RepairFile } from "./repair_file.ts";
import { takeLock } from "./repair_lock.ts";
import { fromSystemError } from "./system_error.ts";

/** How a directory is repaired. */
export interface RepairDirectoryOptions {
  /** Existing directory. */
  directory: string;
  /** Archive name. */
  name: string;
  /** Makes the system forget what it has cached of a file, so that reading it back means something. */
  dropCache?: ((path: string) => void) | undefined;
}

/** A directory whose files are being repaired by this process alone. */
export class RepairDirectory {
  /** The directory. */
  readonly path: string;
  readonly #name: string;
  readonly #commit: Commit;
  readonly #dropCache: (path: string) => void;
  readonly #lock: Deno.FsFile;
  #written: string[] = [];
  #aside: Record<string, string> = {};

  private constructor(options: RepairDirectoryOptions, lock: Deno.FsFile) {
    this.path = options.directory;
    this.#name = options.name;
    this.#commit = new Commit(options.directory, options.name, repairId(options.name));
    this.#dropCache = options.dropCache ?? (() => {});
    this.#lock = lock;
  }

  /**
   * Keeps other repairs out, and finishes or clears away what killed ones left.
   *
   * @throws {EctarError} `exists` when another ectar is repairing there, `permission`, …
   */
  static async open(options: RepairDirectoryOptions): Promise<RepairDirectory> {
    const { directory, name } = options;
    const path = lockPath(directory, name);
    let lock: Deno.FsFile | undefined;
    try {
      lock = await takeLock(path, directory, name);
      await finishInterruptedCommit(directory, name);
      await removeLeftovers(directory, repairId(name));
      return new RepairDirectory(options, lock);
    } catch (error) {
      lock?.close();
      throw fromSystemError(error, `cannot repair in ${directory}`, { path: directory });
    }
  }

  /** Whether a killed repair may have left something there. */
  static async hasLeftovers(directory: string, name: string): Promise<boolean> {
    return await pendingCommit(directory, name) !== undefined ||
      await lstatIfThere(lockPath(directory, name)) !== undefined;
  }

  /** Path of a file in it. */
  pathOf(finalName: string): string {
    return pathIn(this.path, finalName);
  }

  /**
   * Starts a file that will stand as `finalName`.
   *
   * @param like a file whose owner and permissions it gets, where that is allowed
   * @throws {EctarError} `exists` when something that is no file is in its place
   */
  async create(finalName: string, like: string | undefined): Promise<RepairFile> {
    const path = this.pathOf(finalName);
    try {
      const there = await lstatIfThere(path);
      if (there?.isDirectory) {
        throw new EctarError("exists", `${path} is in the way: it is a directory`, { path });
      }
      const file = await this.#commit.createTemporary(finalName);
      const temporary = this.#commit.temporaryPath(finalName);
      if (like !== undefined) await copyOwner(like, temporary);
      return new RepairFile(file, temporary, path, this.#dropCache);
    } catch (error) {
      throw fromSystemError(error, `cannot write ${path}`, { path });
    }
  }

  /**
   * Takes a finished file into the next commit.
   *
   * @param keepOld whether what stands in its place is kept under another name
   */
  async add(finalName: string, keepOld: boolean): Promise<void> {
    this.#written.push(finalName);
    if (!keepOld || await lstatIfThere(this.pathOf(finalName)) === undefined) return;
    let number = 1;
    while (await lstatIfThere(this.pathOf(asideName(finalName, number))) !== undefined) number++;
    this.#aside[finalName] = asideName(finalName, number);
  }

  /**
   * Puts everything that was added in place.
   *
   * @returns paths under which replaced files are kept
   */
  async commit(uuid: string): Promise<string[]> {
    if (this.#written.length === 0) return [];
    const kept = Object.values(this.#aside).map((file) => this.pathOf(file));
    try {
      await this.#commit.runRepair(uuid, this.#written, this.#aside);
    } catch (error) {
      throw fromSystemError(error, `cannot replace files of ${this.#name} in ${this.path}`, {
        path: this.path,
      });
    }
    this.#written = [];
    this.#aside = {};
    return kept;
  }

  /** Removes what was not committed. */
  async rollBack(): Promise<void> {
    this.#written = [];
    this.#aside = {};
    await this.#commit.rollBack();
  }

  /** Lets others in again. */
  async close(): Promise<void> {
    await this.rollBack();
    await Deno.remove(lockPath(this.path, this.#name)).catch(() => {});
    this.#lock.close();
  }
}

/** The same for every repair of an archive, so that the next one knows what a killed one left. */
function repairId(name: string): string {
  return createHash("sha256").update(`ectar repair ${name}`).digest("hex").slice(0, 8);
}

function lockPath(directory: string, name: string): string {
  return pathIn(directory, `.${name}.ectar-repair`);
}

async function removeLeftovers(directory: string, id: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory && name.startsWith(".") && name.endsWith(`.ectar-${id}`)) {
      await Deno.remove(pathIn(directory, name));
    }
  }
}

/** Gives a file the owner and permissions of another, as far as that is allowed. */
async function copyOwner(from: string, to: string): Promise<void> {
  try {
    const { mode, uid, gid } = await Deno.stat(from);
    if (uid !== null && gid !== null) await Deno.chown(to, uid, gid).catch(() => {});
    if (mode !== null) await Deno.chmod(to, mode & 0o777);
  } catch {
    // Who owns a shard does not decide whether it is right.
  }
}
