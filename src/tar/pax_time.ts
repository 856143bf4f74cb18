/**
 * PAX times: decimal seconds with a fraction, exact to the nanosecond in both directions.
 *
 * @module
 */

import { fromLatin1, isDigit } from "./bytes.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** Digits of the largest number of seconds accepted: 64-bit times have 19. */
const MAX_SECONDS_DIGITS = 19;

/** `-1.500000000` for minus 1.5 s; no fraction when there is none. */
export function formatPaxTime(timeNs: bigint): Uint8Array {
  const magnitude = timeNs < 0n ? -timeNs : timeNs;
  const fraction = magnitude % NS_PER_SECOND;
  const sign = timeNs < 0n ? "-" : "";
  const tail = fraction === 0n ? "" : `.${fraction.toString().padStart(9, "0")}`;
  return fromLatin1(`${sign}${magnitude / NS_PER_SECOND}${tail}`);
}

/**
 * Reads a PAX time of any number of digits; what is finer than a nanosecond is rounded down.
 *
 * @returns nanoseconds, or undefined when the bytes are no such time
 */
export function parsePaxTime(bytes: Uint8Array, from: number, to: number): bigint | undefined {
  const negative = bytes[from] === 0x2d;
  let at = negative ? from + 1 : from;
  const secondsFrom = at;
  let high = 0;
  let low = 0;
  // Two halves of at most 10 digits each stay exact as doubles.
  for (; at < to && isDigit(bytes[at]); at++) {
    const digits = at - secondsFrom;
    if (digits >= MAX_SECONDS_DIGITS) return undefined;
    if (digits < 10) high = high * 10 + (bytes[at] - 0x30);
    else low = low * 10 + (bytes[at] - 0x30);
  }
  const digits = at - secondsFrom;
  const hasFraction = at < to && bytes[at] === 0x2e;
  if (digits === 0 && !hasFraction) return undefined;

  let nanos = 0;
  let finer = false;
  if (hasFraction) {
    at++;
    let scale = 100_000_000;
    for (; at < to && isDigit(bytes[at]); at++) {
      nanos += (bytes[at] - 0x30) * scale;
      if (scale === 0 && bytes[at] !== 0x30) finer = true;
      scale = scale === 1 ? 0 : scale / 10;
    }
  }
  if (at !== to) return undefined;

  let seconds = BigInt(high);
  if (digits > 10) seconds = seconds * 10n ** BigInt(digits - 10) + BigInt(low);
  const magnitude = seconds * NS_PER_SECOND + BigInt(nanos);
  if (!negative) return magnitude;
  return finer ? -magnitude - 1n : -magnitude;
}
