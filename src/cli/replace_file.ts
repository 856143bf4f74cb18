/**
 * Small files that a command leaves where the operator says.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { systemErrorName } from "../shard/system_error.ts";

/** Writes a file so that a kill leaves the old or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * Refuses a link, which whoever may write to its directory could lead anywhere.
 *
 * @throws {EctarError} `exists`
 */
async function refuseLink(path: string): Promise<void> {
  if ((await lstatIfThere(path))?.isSymlink !== true) return;
  throw new EctarError("exists", `${path} is a symbolic link, which is not followed`, {
    path,
    hint: "name another file",
  });
}

/** Finds out whether `writeOutput` could write there, before hours of work that would be lost. */
export async function tryOutput(path: string): Promise<void> {
  await refuseLink(path);
  const there = await lstatIfThere(path);
  if (there?.isDirectory) {
    throw new EctarError("exists", `cannot write ${path}: it is a directory`, { path });
  }
  if (there !== undefined && !there.isFile) return;
  const temporary = temporaryName(path);
  await Deno.writeTextFile(temporary, "", { createNew: true });
  await Deno.remove(temporary);
}

/** Writes a file that is made, or takes the place of one that is there; a FIFO is written to. */
export async function writeOutput(path: string, text: string): Promise<void> {
  await refuseLink(path);
  const there = await lstatIfThere(path);
  if (there === undefined || there.isFile) await replaceFile(path, text);
  else await Deno.writeTextFile(path, text, { create: false });
}

function temporaryName(path: string): string {
  const name = path.lastIndexOf("/") + 1;
  const id = crypto.randomUUID().slice(0, 8);
  return `${path.slice(0, name)}.${path.slice(name)}.ectar-${id}`;
}

async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    // Whatever else keeps it from being looked at, writing will meet and explain.
    if (systemErrorName(error) === undefined) throw error;
    return undefined;
  }
}
