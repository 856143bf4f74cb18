/**
 * Forgetting what the system has cached of a file, so that the next read comes from the medium.
 *
 * @module
 */

import { AT_FDCWD } from "./flags.ts";
import { libc } from "./libc.ts";
import { openQuietly } from "./open_quietly.ts";

const POSIX_FADV_DONTNEED = 4;

/**
 * Asks the system to drop a file's cached pages; written ones must have been synced. It is a
 * request: a file system in memory has nothing to drop them to.
 *
 * @returns whether the system took the request
 */
export function dropFileCache(path: string): boolean {
  const descriptor = openQuietly(AT_FDCWD, new TextEncoder().encode(path + "\0"), 0);
  if (descriptor < 0) return false;
  const result = libc().posix_fadvise(descriptor, 0n, 0n, POSIX_FADV_DONTNEED);
  libc().close(descriptor);
  return result === 0;
}
