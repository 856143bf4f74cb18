/**
 * Directories that are made when they are not there yet.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { fromSystemError, systemErrorName } from "./system_error.ts";

/**
 * Makes a directory and those above it, as far as they are not there.
 *
 * @throws {EctarError} when it cannot be made, or something else stands there
 */
export async function ensureDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    const name = systemErrorName(error);
    if (name === "EEXIST" || name === "ENOTDIR") {
      throw new EctarError("exists", `cannot make directory ${path}: a file stands in its way`, {
        path,
        hint: "name another directory",
      }, { cause: error });
    }
    throw fromSystemError(error, `cannot make directory ${path}`, { path });
  }
}
