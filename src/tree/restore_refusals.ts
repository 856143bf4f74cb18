/**
 * What ends one member, and what ends the whole restore.
 *
 * @module
 */

import { EctarError, type ErrorCode } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { RestoreOutcome } from "./restore_report.ts";
import { Errno, type RestoreTarget } from "./restore_target.ts";

/** Thrown inside the restorer to end the current member with an outcome; never leaves it. */
export class MemberSettled extends Error {
  constructor(readonly outcome: RestoreOutcome) {
    super(outcome.kind);
  }
}

/** Failures that the next member would meet as well. */
const FATAL: ReadonlyMap<number, ErrorCode> = new Map([
  [Errno.ENOSPC, "no-space"],
  [Errno.EDQUOT, "no-space"],
  [Errno.EROFS, "permission"],
  [Errno.EIO, "io"],
  [Errno.ENOMEM, "io"],
  [Errno.EMFILE, "io"],
  [Errno.ENFILE, "io"],
]);

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(Errno).map(([name, number]) => [number, name]),
);

/**
 * Passes a result on, or throws what its failure means.
 *
 * @param action what was tried, as in "cannot ACTION PATH"
 * @throws {MemberSettled} when only this member is concerned
 * @throws {EctarError} when no further member can be restored
 */
export function check(
  target: RestoreTarget,
  result: number,
  action: string,
  path: Uint8Array,
): number {
  if (result >= 0) return result;
  const errno = -result;
  const message = `cannot ${action} ${printablePath(path)}: ${target.errorText(errno)}`;
  const code = FATAL.get(errno);
  if (code === undefined) throw new MemberSettled({ kind: "failed", path, errno, message });
  const name = ERRNO_NAMES.get(errno) ?? `E${errno}`;
  throw new EctarError(code, message, { path: printablePath(path), errno: name });
}

/** The member is not restored, because that would not be safe. */
export function refused(path: Uint8Array, why: string): MemberSettled {
  return new MemberSettled({
    kind: "refused",
    path,
    message: `${printablePath(path)} refused: ${why}`,
  });
}

/** The member is not restored, because something stands in its place. */
export function inTheWay(path: Uint8Array, what: string): MemberSettled {
  return new MemberSettled({
    kind: "exists",
    path,
    message: `${printablePath(path)} not restored: ${what}`,
  });
}
