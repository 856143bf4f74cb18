/**
 * `verify --resume FILE`: where an earlier run ended, kept in a file.
 *
 * @module
 */

import { parseProgress, type VerifyProgress } from "../archive/verify_progress.ts";
import { EctarError } from "../errors.ts";
import { replaceFile } from "./replace_file.ts";
import { fromSystemError, systemErrorName } from "../shard/system_error.ts";

/**
 * Reads where the last run ended; undefined when there is no such file.
 *
 * @throws {EctarError} `format` when the file is something else
 */
export async function readProgress(path: string): Promise<VerifyProgress | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (systemErrorName(error) === "ENOENT") return undefined;
    throw fromSystemError(error, `cannot read ${path}`, { path });
  }
  try {
    return parseProgress(text);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    throw new EctarError(error.code, `${path}: ${error.message}`, { path });
  }
}

/** Keeps where this run ended, or removes the file when there is nothing left to do. */
export async function keepProgress(
  path: string,
  progress: VerifyProgress | undefined,
): Promise<void> {
  try {
    if (progress !== undefined) return await replaceFile(path, JSON.stringify(progress) + "\n");
    await Deno.remove(path);
  } catch (error) {
    if (progress === undefined && systemErrorName(error) === "ENOENT") return;
    throw fromSystemError(error, `cannot keep the state of the run in ${path}`, { path });
  }
}
