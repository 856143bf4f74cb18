/**
 * Files that options name: lists of names (`--files-from`) and of patterns (`--exclude-from`).
 *
 * @module
 */

import { readSpecialFile } from "../../ffi/special_file.ts";
import { EctarError } from "../errors.ts";
import { fromSystemError } from "../shard/system_error.ts";

/**
 * Content of a file that an option names; `-` is standard input. It may be a pipe that somebody
 * writes to slowly, such as `<(find …)` of a shell: an aborted `signal` ends the waiting.
 *
 * @throws {EctarError} when it cannot be read, or `interrupted`
 */
export async function readOptionFile(file: string, signal: AbortSignal): Promise<Uint8Array> {
  const aborted = Promise.withResolvers<never>();
  const abort = () =>
    aborted.reject(new EctarError("interrupted", "interrupted; nothing was done"));
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([read(file), aborted.promise]);
  } catch (error) {
    throw fromSystemError(error, `cannot read ${file}`, { path: file });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Contents of the pattern files that `--exclude-from` names.
 *
 * @throws {EctarError} as {@link readOptionFile}
 */
export async function readPatternFiles(
  files: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const contents: string[] = [];
  for (const file of files) {
    contents.push(new TextDecoder().decode(await readOptionFile(file, signal)));
  }
  return contents;
}

async function read(file: string): Promise<Uint8Array> {
  if (file === "-") return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return await readSpecialFile(file);
    throw error;
  }
}
