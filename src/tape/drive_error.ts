/**
 * Failures of tape drives in an operator's words: one line, what, where and what to do.
 *
 * @module
 */

import { EctarError, type ErrorCode, type ErrorContext } from "../errors.ts";

const CAUSES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EACCES: ["permission", "no permission; join the group that owns the drive (usually tape)"],
  EPERM: ["permission", "no permission; join the group that owns the drive (usually tape)"],
  EBUSY: ["permission", "another program is using it"],
  EROFS: ["permission", "the tape is write-protected"],
  ENOENT: ["not-found", "no such device or file"],
  ENXIO: ["not-found", "the drive is not there or is offline"],
  ENODEV: ["not-found", "the drive is not there or is offline"],
  ENOMEDIUM: ["not-found", "no tape is in the drive"],
  ENOSPC: ["no-space", "the tape is full"],
  EINVAL: ["unsupported", "the drive refuses the request"],
  ENOMEM: ["io", "the block is too large for the buffer or the host adapter"],
  EBADF: ["io", "the drive is closed"],
  ETIMEDOUT: ["io", "the drive does not answer"],
  EIO: ["io", "input/output error"],
};

/**
 * The error to throw when `doing` failed on `drive`.
 *
 * @param drive the drive as the operator named it
 * @param doing what was tried, such as "writing a block"
 * @param errno system error name such as `EIO`
 * @param context more of where it happened
 * @returns a message such as `/dev/nst0: writing a block failed: no tape is in the drive (ENOMEDIUM)`
 */
export function driveError(
  drive: string,
  doing: string,
  errno: string,
  context: ErrorContext = {},
): EctarError {
  const [code, cause] = CAUSES[errno] ?? ["io", "the drive or the system reports an error"];
  const message = `${drive}: ${doing} failed: ${cause} (${errno})`;
  return new EctarError(code, message, { drive, errno, ...context });
}
