/**
 * Lists of names from files: `--files-from`, one name a line or ended by zero bytes.
 *
 * @module
 */

import { fromSystemError } from "../shard/system_error.ts";

/**
 * Names in the given files; `-` is standard input.
 *
 * @param nullEnded names end with a zero byte; otherwise found out by whether there is one
 */
export async function readNameList(
  files: readonly string[],
  nullEnded: boolean,
): Promise<Uint8Array[]> {
  const names: Uint8Array[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    names.push(...splitNames(bytes, nullEnded || bytes.includes(0)));
  }
  return names;
}

/** Splits at line ends or zero bytes; empty names are left out. */
export function splitNames(bytes: Uint8Array, nullEnded: boolean): Uint8Array[] {
  const end = nullEnded ? 0 : 0x0a;
  const names: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(end, start);
    const stop = found < 0 ? bytes.length : found;
    if (stop > start) names.push(bytes.slice(start, stop));
    start = stop + 1;
  }
  return names;
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    if (file !== "-") return await Deno.readFile(file);
    return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  } catch (error) {
    throw fromSystemError(error, `cannot read ${file}`, { path: file });
  }
}
