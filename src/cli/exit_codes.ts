/**
 * What ectar's exit codes mean. Shown by `ectar --help` and in docs/exit-codes.md.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";

/** Exit codes by meaning. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notes: 3,
  repairable: 4,
  unrepairable: 5,
  interrupted: 130,
} as const;

/** The table as operators read it. */
export const EXIT_CODE_TABLE: readonly (readonly [number, string])[] = [
  [EXIT.ok, "all is well"],
  [EXIT.failed, "failed; what was there before is untouched"],
  [EXIT.usage, "wrong options or arguments; nothing was done"],
  [EXIT.notes, "done, with something to know: something skipped, partial, less redundant"],
  [EXIT.repairable, "damage that can be repaired: verify, --verify of others, repair --dry-run"],
  [EXIT.unrepairable, "something is lost: verify, create --verify, repair"],
  [EXIT.interrupted, "interrupted; ended cleanly"],
];

/** Exit code of a failure. */
export function exitCodeOf(code: ErrorCode): number {
  if (code === "usage") return EXIT.usage;
  if (code === "interrupted") return EXIT.interrupted;
  return EXIT.failed;
}
