/**
 * Opens for reading without touching the access time where that is allowed.
 *
 * @module
 */

import { O_CLOEXEC, O_PATH } from "./flags.ts";
import { errno, errorName, libc } from "./libc.ts";

const O_NOATIME = 0o1000000;

/** The descriptor of `path` (ended by a zero byte), or -1 on failure (errno says why). */
export function openQuietly(
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
): number {
  const quietly = flags & O_PATH ? 0 : O_NOATIME;
  const descriptor = libc().openat(directory, path, flags | O_CLOEXEC | quietly, 0);
  // Only the owner and root may ask for an unchanged access time.
  if (descriptor >= 0 || quietly === 0 || errorName(errno()) !== "EPERM") return descriptor;
  return libc().openat(directory, path, flags | O_CLOEXEC, 0);
}
