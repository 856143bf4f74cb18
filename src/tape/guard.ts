/**
 * The guard before writing: a tape is written only when it is positively blank, or when the
 * operator said that what is on it may go. Looking never writes.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { TapeDevice } from "./device.ts";
import { describeContent, readAnyBlock } from "./first_block.ts";

/** What the guard found in one drive. */
export type GuardFinding =
  /** The tape is positively blank and rewound. */
  | { kind: "blank" }
  /** The tape holds something; `content` says what in one phrase. */
  | { kind: "data"; content: string }
  /** The tape must not be written, whatever the operator says. */
  | { kind: "unusable"; code: ErrorCode; reason: string; hint: string };

const FIRST_BUFFER_BYTES = 1 << 20;

/**
 * Looks at the beginning of the tape in a drive and rewinds it.
 *
 * Blank is only what reports end of data at its very beginning. A read that fails in any other way
 * may hide somebody's data.
 *
 * @throws {EctarError} when the drive itself fails
 */
export async function inspectForWriting(device: TapeDevice): Promise<GuardFinding> {
  const status = await device.status();
  if (status.noMedium || !status.online) {
    return {
      kind: "unusable",
      code: "not-found",
      reason: "no tape is in the drive, or it is not ready",
      hint: "load a tape",
    };
  }
  if (status.writeProtected) {
    return {
      kind: "unusable",
      code: "permission",
      reason: "the tape is write-protected",
      hint: "move its write-protect tab, or load another",
    };
  }
  await device.rewind();
  const finding = await lookAtBeginning(device);
  await device.rewind();
  return finding;
}

async function lookAtBeginning(device: TapeDevice): Promise<GuardFinding> {
  const { met, block } = await readAnyBlock(device, new Uint8Array(FIRST_BUFFER_BYTES));
  switch (met.kind) {
    case "end-of-data":
      return { kind: "blank" };
    case "block":
      return { kind: "data", content: describeContent(block) };
    case "filemark":
      return { kind: "data", content: "a filemark at its beginning, and perhaps data behind it" };
    case "too-long":
      return { kind: "data", content: "unknown data (first block over 16 MiB)" };
    case "bad-block":
      return {
        kind: "unusable",
        code: "io",
        reason: `the tape's beginning cannot be read (${met.errno}), so it may hold data`,
        hint: "clean the drive, try another, or erase the tape if nothing on it is wanted",
      };
  }
}
