/**
 * Where the Workers' code lies, in one place for bundlers and `deno compile --include`.
 *
 * @module
 */

/** The module that compressing Workers run. */
export function zstdWorkerUrl(): URL {
  return new URL("./zstd_worker.ts", import.meta.url);
}
