/**
 * Where the benchmarks find ectar and put their data.
 *
 * @module
 */

/** How ectar is started. */
export const ECTAR: readonly string[] = [
  Deno.execPath(),
  "run",
  "-A",
  new URL("../cli.ts", import.meta.url).pathname,
];

/** A new directory below `parent`; whoever asks for it removes it. */
export function scratchDirectory(parent: string): string {
  return Deno.makeTempDirSync({ dir: parent, prefix: "ectar-bench-" });
}

/** Bytes of all files directly in a directory. */
export function directorySize(directory: string): number {
  let bytes = 0;
  for (const { name } of Deno.readDirSync(directory)) {
    bytes += Deno.statSync(`${directory}/${name}`).size;
  }
  return bytes;
}
