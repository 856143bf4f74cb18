/**
 * Files that options name: lists of names (`--files-from`) and of patterns (`--exclude-from`).
 *
 * @module
 */

import { fromSystemError } from "../shard/system_error.ts";

/**
 * Content of a file that an option names; `-` is standard input.
 *
 * @throws {EctarError} when it cannot be read
 */
export async function readOptionFile(file: string): Promise<Uint8Array> {
  try {
    if (file !== "-") return await Deno.readFile(file);
    return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  } catch (error) {
    throw fromSystemError(error, `cannot read ${file}`, { path: file });
  }
}
