/**
 * File operations for which it is no failure that there is nothing.
 *
 * @module
 */

import { systemErrorName } from "./system_error.ts";

/** What stands under a path, links not followed; undefined when nothing does. */
export async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorName(error) ?? "")) return undefined;
    throw error;
  }
}

/** Renames a file. */
export async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (systemErrorName(error) !== "ENOENT") throw error;
  }
}

/** Removes a file. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (systemErrorName(error) !== "ENOENT") throw error;
  }
}
