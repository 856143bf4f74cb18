/**
 * A drive's status as lines for people; what `ectar tape status` prints.
 *
 * @module
 */

import { tapeDensity } from "./density.ts";
import type { TapePosition, TapeStatus } from "./device.ts";

/**
 * The status in words, one fact a line, without the drive's name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MockTapeDevice, statusLines } from "@ectar/ectar";
 *
 * const lines = statusLines(await new MockTapeDevice().status());
 * assert(lines[0] === "tape: ready");
 * ```
 */
export function statusLines(status: TapeStatus): string[] {
  if (!status.online) return [`tape: ${status.noMedium ? "none in the drive" : "not ready"}`];
  const lines = ["tape: ready", `medium: ${medium(status.density)}`];
  lines.push(`write-protected: ${status.writeProtected ? "yes" : "no"}`);
  lines.push(`blocks: ${blocks(status.blockSize)}`);
  lines.push(`hardware compression: ${compression(status.compression)}`);
  lines.push(`position: ${position(status.position)}${flags(status)}`);
  if (status.cleaningWanted) lines.push("the drive asks for a cleaning cartridge");
  return lines;
}

function medium(code: number | undefined): string {
  if (code === undefined) return "unknown";
  const known = tapeDensity(code);
  const hex = `density code 0x${code.toString(16)}`;
  return known === undefined ? hex : `${known.name}, ${known.capacityBytes / 1e12} TB (${hex})`;
}

function blocks(size: number | undefined): string {
  if (size === undefined) return "unknown";
  return size === 0 ? "variable size" : `fixed size, ${size} bytes`;
}

function compression(on: boolean | undefined): string {
  return on === undefined ? "unknown" : on ? "on" : "off";
}

function position({ file, block, logical }: TapePosition): string {
  const counted = file === undefined
    ? "unknown"
    : `tape file ${file}${block === undefined ? "" : `, block ${block}`}`;
  return logical === undefined ? counted : `${counted} (logical block ${logical})`;
}

function flags(status: TapeStatus): string {
  const set = [
    status.beginningOfTape ? "beginning of tape" : "",
    status.atFilemark ? "behind a filemark" : "",
    status.endOfData ? "end of data" : "",
    status.endOfTape ? "near the end of the tape" : "",
  ].filter((flag) => flag !== "");
  return set.length === 0 ? "" : `; ${set.join(", ")}`;
}
