/**
 * Sizes as operators write them: `512`, `64K`, `512KB`, `1GiB`. All units are powers of 1024, as
 * tape block sizes are.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { printableLine } from "../printable.ts";

const UNITS = ["", "K", "M", "G", "T", "P"];
const LONGEST_DURATION_MS = 10 * 366 * 86_400_000;

/**
 * Bytes of a size such as `1.5GiB`.
 *
 * @throws {EctarError} `usage` when it is no size, not a whole number of bytes, or above 8 PiB
 */
export function parseSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?\s*$/i.exec(text);
  if (match === null) {
    throw new EctarError("usage", `"${printableLine(text)}" is not a size`, {
      hint: "write a number with K, M, G or T, such as 512K, 512KB or 1GiB",
    });
  }
  const bytes = Number(match[1]) * 1024 ** UNITS.indexOf(match[2].toUpperCase());
  if (!Number.isSafeInteger(bytes)) {
    throw new EctarError(
      "usage",
      `"${printableLine(text)}" is not a whole number of bytes below 8 PiB`,
    );
  }
  return bytes;
}

/** A size for people, such as `1.5 GiB`; exact below 1 KiB. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded to 1024.0 goes to the next unit, too.
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${UNITS[unit]}iB`;
}

/**
 * Milliseconds of a time such as `90s`, `20min` or `2h`; a bare number is in seconds.
 *
 * @throws {EctarError} `usage` when it is no time, or longer than any computer runs
 */
export function parseDuration(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|d)?\s*$/i.exec(text);
  if (match === null) {
    throw new EctarError("usage", `"${printableLine(text)}" is not a length of time`, {
      hint: "write seconds, or a number with s, min or h, such as 20min",
    });
  }
  const unit = (match[2] ?? "s").toLowerCase();
  const factors: Record<string, number> = { s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86400 };
  const milliseconds = Number(match[1]) * factors[unit] * 1000;
  if (milliseconds > LONGEST_DURATION_MS) {
    throw new EctarError("usage", `"${printableLine(text)}" is longer than ten years`);
  }
  return milliseconds;
}
