/**
 * Checksums of files whose whole content lies in one frame. They are computed with the frame's
 * compression, on as many cores, because the one thread that reads files is the limit where those
 * are small; then they are put into the records that wait for them.
 *
 * @module
 */

import type { TarFrame } from "./tar_frames.ts";

/** Characters of a SHA-256 in hexadecimal. */
export const CHECKSUM_LENGTH = 64;

/**
 * Completes a frame's records.
 *
 * @param frame whose `records` get the checksums
 * @param checksums SHA-256 of each of its unhashed contents, in hexadecimal, one after the other
 */
export function fillChecksums(
  { records, unhashed: { places } }: Pick<TarFrame, "records" | "unhashed">,
  checksums: string,
): void {
  if (checksums.length !== places.length * CHECKSUM_LENGTH) {
    throw new Error(`${places.length} checksums needed, ${checksums.length} characters given`);
  }
  const digits = new TextEncoder().encode(checksums);
  for (const [file, place] of places.entries()) {
    const start = file * CHECKSUM_LENGTH;
    records.set(digits.subarray(start, start + CHECKSUM_LENGTH), place);
  }
}
