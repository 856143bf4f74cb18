/**
 * The files of archives in a directory: shards and indexes under their own names, or under the
 * temporary ones that they have until a commit (see commit.ts).
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { pathIn, splitPath } from "../file_path.ts";
import { archiveOfFile } from "./shard_name.ts";
import { fromSystemError } from "./system_error.ts";

/** A file of an archive, temporary or not. */
export interface ArchiveFile {
  /** Name it has, or will have. */
  fileName: string;
  /** Path it has now. */
  path: string;
  /** Whether it still has a temporary name. */
  isTemporary: boolean;
  /** ID of the run that wrote a temporary file. */
  id: string | undefined;
}

const TEMPORARY_NAME = /^\.(.+)\.ectar-([0-9a-f]{8})$/s;

/** Path of the temporary file of run `id` that will become `finalName`. */
export function temporaryPath(directory: string, finalName: string, id: string): string {
  return pathIn(directory, `.${finalName}.ectar-${id}`);
}

/**
 * All files of `directory` that may belong to archives.
 *
 * @throws {EctarError} when it cannot be listed
 */
export async function listFiles(directory: string): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  try {
    for await (const { name, isFile, isSymlink } of Deno.readDir(directory)) {
      if (!isFile && !isSymlink) continue;
      const path = pathIn(directory, name);
      const temporary = TEMPORARY_NAME.exec(name);
      files.push({
        fileName: temporary?.[1] ?? name,
        path,
        isTemporary: temporary !== null,
        id: temporary?.[2],
      });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new EctarError("not-found", `directory ${directory} does not exist`, {
        path: directory,
        errno: "ENOENT",
      }, { cause: error });
    }
    throw fromSystemError(error, `cannot list directory ${directory}`, { path: directory });
  }
  return files;
}

/** Final names of the files of archive `name` that stand in `directory`, in order. */
export async function existingArchiveFiles(directory: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const { fileName, isTemporary } of await listFiles(directory)) {
    if (!isTemporary && archiveOfFile(fileName) === name) found.push(fileName);
  }
  return found.sort();
}

/** Names of temporary files of archive `name` in `directory`, of whichever run, in order. */
export async function temporaryFiles(directory: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const { fileName, path, isTemporary } of await listFiles(directory)) {
    if (!isTemporary || archiveOfFile(fileName) !== name) continue;
    found.push(splitPath(path).fileName);
  }
  return found.sort();
}
