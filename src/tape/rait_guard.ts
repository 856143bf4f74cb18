/**
 * The guard for a whole set: every tape passes before any is written.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { type GuardFinding, inspectForWriting } from "./guard.ts";
import type { DeadDrive } from "./rait_options.ts";
import { TimedDevice } from "./timed_device.ts";

/**
 * Looks at all tapes at once.
 *
 * @param drives the drives in shard order
 * @param overwrite the operator gave up what is on the tapes
 * @returns for each drive why it cannot be used, or undefined when it can
 * @throws {EctarError} when a tape must not be written, naming all such tapes and what is on them
 */
export async function refuseUnlessWritable(
  drives: readonly (TimedDevice | DeadDrive)[],
  overwrite: boolean,
): Promise<(string | undefined)[]> {
  const refused: { drive: string; code: EctarError["code"]; why: string; hint: string }[] = [];
  const failures = await Promise.all(drives.map(async (drive) => {
    if (!(drive instanceof TimedDevice)) return drive.failure;
    let finding: GuardFinding;
    try {
      finding = await inspectForWriting(drive);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (finding.kind === "unusable") {
      const { code, reason, hint } = finding;
      refused.push({ drive: drive.name, code, why: reason, hint });
    } else if (finding.kind === "data" && !overwrite) {
      refused.push({
        drive: drive.name,
        code: "exists",
        why: `the tape is not blank: it holds ${finding.content}`,
        hint: "load blank tapes, or --overwrite to lose what is on these",
      });
    }
    return undefined;
  }));
  if (refused.length === 0) return failures;
  refused.sort((a, b) =>
    drives.findIndex((d) => d.name === a.drive) -
    drives.findIndex((d) => d.name === b.drive)
  );
  const lines = refused.map(({ drive, why }) => `${drive}: ${why}`).join("; ");
  throw new EctarError(refused[0].code, `nothing was written: ${lines}`, {
    drive: refused[0].drive,
    hint: refused[0].hint,
  });
}
