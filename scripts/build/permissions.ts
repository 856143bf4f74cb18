/**
 * What an executable may do: files, the C library, the variables it reads, the host's name for tape
 * labels. No network, no other programs.
 *
 * @module
 */

import { ENVIRONMENT } from "../../src/cli/environment.ts";

/** Options of `deno run` and `deno compile`. */
export const PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  // Deno cannot narrow this to libc.so.6: it takes such a name for a file in the current directory.
  "--allow-ffi",
  `--allow-env=${ENVIRONMENT.map(([name]) => name).join(",")}`,
  "--allow-sys=hostname",
  "--deny-net",
  "--deny-run",
];
