/**
 * Files that options name: lists of names (`--files-from`) and of patterns (`--exclude-from`).
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { fromSystemError } from "../shard/system_error.ts";

/**
 * Content of a file that an option names; `-` is standard input. It may be a pipe that somebody
 * writes to slowly: an aborted `signal` ends the waiting.
 *
 * @throws {EctarError} when it cannot be read, or `interrupted`
 */
export async function readOptionFile(file: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    if (file !== "-") return await Deno.readFile(file, { signal });
    const input = Deno.stdin.readable.pipeThrough(new TransformStream(), { signal });
    return new Uint8Array(await new Response(input).arrayBuffer());
  } catch (error) {
    if (signal.aborted) throw new EctarError("interrupted", "interrupted; nothing was done");
    throw fromSystemError(error, `cannot read ${file}`, { path: file });
  }
}
