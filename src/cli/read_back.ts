/**
 * `create --verify`: reads back what was written and says what came of it.
 *
 * @module
 */

import { readBack, type ReadBackOptions } from "../archive/read_back.ts";
import type { VerifySummary } from "../archive/verify.ts";
import { EXIT } from "./exit_codes.ts";
import type { CommandContext } from "./program.ts";
import { progressLine } from "./progress.ts";
import { mapLines, verifyLines } from "./verify_format.ts";

export { placesOfCreated } from "../archive/read_back.ts";

const EXIT_CODES: Record<VerifySummary["verdict"], number> = {
  whole: EXIT.ok,
  repairable: EXIT.repairable,
  unrepairable: EXIT.unrepairable,
};

/** Reads back; sets the exit code where something is not as it was written. */
export async function readBackAndTell(
  { terminal, signal, exit }: CommandContext,
  progress: boolean | undefined,
  written: Omit<ReadBackOptions, "signal" | "onProgress" | "onNotice">,
): Promise<void> {
  const line = await progressLine(terminal, progress);
  const summary = await readBack({
    ...written,
    signal,
    onNotice: (text) => terminal.info(`ectar: ${text}`),
    onProgress: ({ bytes, totalBytes }) =>
      line.update({ verb: "read back", doneBytes: bytes, totalBytes }),
  }).finally(() => line.stop());
  if (summary.verdict === "whole") {
    terminal.info(`${summary.name}: read back, all as it was written`);
    return;
  }
  for (const text of [...mapLines(summary), ...verifyLines(summary)]) terminal.warn(text);
  exit(EXIT_CODES[summary.verdict]);
}
