/**
 * Makes many temporary files visible as one archive, so that a kill at any moment leaves either the
 * old state or one that can be completed:
 *
 * 1. all files are written as `.FINALNAME.ectar-ID` and synced,
 * 2. the marker `.NAME.ectar-commit` (JSON with ID and archive UUID) is created and synced: from
 *    here on the new archive exists,
 * 3. the files are renamed, files of an archive that is replaced are removed,
 * 4. the marker is removed.
 *
 * Whoever finds a marker finishes 3 and 4, or reads as if they were done. A repair goes the same way
 * with single files of an archive.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { pathIn } from "../file_path.ts";
import { existingArchiveFiles, listFiles, temporaryPath } from "./archive_files.ts";
import {
  encodeMarker,
  isMadeBy,
  MAX_MARKER_BYTES,
  parseMarker,
  type PendingCommit,
} from "./commit_marker.ts";
import { lstatIfThere, removeIfThere, renameIfThere } from "./if_there.ts";
import { fromSystemError, systemErrorName } from "./system_error.ts";

/** The temporary files of one run and their commit. */
export class Commit {
  readonly #directory: string;
  readonly #name: string;
  readonly #id: string;
  /** Final names of the temporary files there are. */
  readonly #finalNames = new Set<string>();

  /** @param id ending of the temporary names: 8 hexadecimal digits. @default random */
  constructor(directory: string, name: string, id: string = randomId()) {
    this.#id = id;
    this.#directory = directory;
    this.#name = name;
  }

  /** Creates the temporary file that will become `finalName`; never one that exists. */
  async createTemporary(finalName: string): Promise<Deno.FsFile> {
    const file = await Deno.open(this.temporaryPath(finalName), {
      read: true,
      write: true,
      createNew: true,
    });
    this.#finalNames.add(finalName);
    return file;
  }

  /** Removes one temporary file again. */
  async removeTemporary(finalName: string): Promise<void> {
    await Deno.remove(this.temporaryPath(finalName));
    this.#finalNames.delete(finalName);
  }

  /**
   * Makes the files visible. `check` runs when no other ectar can commit the same name any more; if
   * it throws, nothing has changed.
   */
  async run(archive: Omit<PendingCommit, "id">, check: () => Promise<void>): Promise<void> {
    const marker = { id: this.#id, ...archive };
    await createMarker(this.#directory, this.#name, marker);
    try {
      await check();
    } catch (error) {
      await Deno.remove(markerPath(this.#directory, this.#name));
      throw error;
    }
    await rollForward(this.#directory, this.#name, marker);
    this.#finalNames.clear();
  }

  /**
   * Makes some files visible in place of those there are, whatever else the archive has.
   *
   * @param aside by name of a file: the name under which what stands there is kept
   */
  async runRepair(
    uuid: string,
    files: readonly string[],
    aside: Record<string, string>,
  ): Promise<void> {
    const repair = { files: [...files], aside };
    const marker = { id: this.#id, uuid, chunks: 0, m: 1, index: false, repair };
    await createMarker(this.#directory, this.#name, marker);
    await rollForward(this.#directory, this.#name, marker);
    for (const finalName of files) this.#finalNames.delete(finalName);
  }

  /** Path of the temporary file that will become `finalName`. */
  temporaryPath(finalName: string): string {
    return temporaryPath(this.#directory, finalName, this.#id);
  }

  /** Removes all temporary files; returns one line for each that stays. */
  async rollBack(): Promise<string[]> {
    const left: string[] = [];
    for (const finalName of this.#finalNames) {
      const path = this.temporaryPath(finalName);
      try {
        await Deno.remove(path);
      } catch (error) {
        if (systemErrorName(error) !== "ENOENT") left.push(`${path} could not be removed`);
      }
    }
    this.#finalNames.clear();
    return left;
  }
}

/** The unfinished commit of archive `name`, if there is one. */
export async function pendingCommit(
  directory: string,
  name: string,
): Promise<PendingCommit | undefined> {
  let text: string;
  try {
    const path = markerPath(directory, name);
    // Never waits for a FIFO, follows a link, or reads without end.
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile || size > MAX_MARKER_BYTES) return undefined;
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (systemErrorName(error) === "ENOENT" || systemErrorName(error) === "ENOTDIR") {
      return undefined;
    }
    throw fromSystemError(error, `cannot read ${markerPath(directory, name)}`, {});
  }
  return parseMarker(name, text);
}

/** Completes what a killed run had committed, and clears away a marker that never took effect. */
export async function finishInterruptedCommit(directory: string, name: string): Promise<void> {
  const pending = await pendingCommit(directory, name);
  try {
    if (pending === undefined) {
      await removeIfThere(markerPath(directory, name));
      return;
    }
    await rollForward(directory, name, pending);
  } catch (error) {
    throw fromSystemError(error, `cannot finish the interrupted archive ${name}`, {
      archive: name,
      path: directory,
    });
  }
}

async function rollForward(directory: string, name: string, marker: PendingCommit): Promise<void> {
  if (marker.repair === undefined) await replaceArchive(directory, name, marker);
  else await replaceFiles(directory, marker.id, marker.repair);
  await syncDirectory(directory);
  await removeIfThere(markerPath(directory, name));
  await syncDirectory(directory);
}

async function replaceFiles(
  directory: string,
  id: string,
  { files, aside }: NonNullable<PendingCommit["repair"]>,
): Promise<void> {
  for (const finalName of files) {
    const temporary = temporaryPath(directory, finalName, id);
    // Done already, before a kill.
    if (await lstatIfThere(temporary) === undefined) continue;
    const final = pathIn(directory, finalName);
    const kept = Object.hasOwn(aside, finalName) ? aside[finalName] : undefined;
    if (kept !== undefined) await renameIfThere(final, pathIn(directory, kept));
    await Deno.rename(temporary, final);
  }
}

async function replaceArchive(
  directory: string,
  name: string,
  marker: PendingCommit,
): Promise<void> {
  const arriving = (await listFiles(directory)).filter(({ isTemporary, id, fileName }) =>
    isTemporary && id === marker.id && isMadeBy(marker, name, fileName)
  );
  for (const { path, fileName } of arriving) await renameIfThere(path, pathIn(directory, fileName));
  for (const fileName of await existingArchiveFiles(directory, name)) {
    if (!isMadeBy(marker, name, fileName)) await Deno.remove(pathIn(directory, fileName));
  }
}

async function createMarker(
  directory: string,
  name: string,
  marker: PendingCommit,
): Promise<void> {
  await syncDirectory(directory);
  const path = markerPath(directory, name);
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { write: true, createNew: true });
  } catch (error) {
    if (systemErrorName(error) !== "EEXIST") throw error;
    throw new EctarError("exists", `another ectar is writing archive ${name} in ${directory}`, {
      archive: name,
      path,
      hint: "wait for it to end, then try again",
    });
  }
  try {
    const bytes = encodeMarker(marker);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.sync();
  } catch (error) {
    file.close();
    await Deno.remove(path);
    throw error;
  }
  file.close();
  await syncDirectory(directory);
}

/** A rename is on the disk only once its directory is; some file systems cannot sync directories. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await Deno.open(directory, { read: true });
  try {
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "EROFS", "ENOSYS", "ENOTSUP"].includes(systemErrorName(error) ?? "")) {
      throw error;
    }
  } finally {
    handle.close();
  }
}

function randomId(): string {
  const random = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function markerPath(directory: string, name: string): string {
  return pathIn(directory, `.${name}.ectar-commit`);
}
