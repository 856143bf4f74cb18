/**
 * Checksums of files whose whole content lies in one frame. They are computed with the frame's
 * compression, on as many cores, because the one thread that reads files is the limit where those
 * are small; then they are put into the records that wait for them.
 *
 * @module
 */

import { SUM_LENGTH } from "../zstd/frame_compressor.ts";
import type { TarFrame } from "./tar_frames.ts";

/**
 * Completes a frame's records.
 *
 * @param frame whose `records` get the checksums
 * @param checksums SHA-256 of each of its unhashed contents, in hexadecimal, one after the other;
 *   their memory is given up
 */
export function fillChecksums(
  { records, unhashed: { places } }: Pick<TarFrame, "records" | "unhashed">,
  checksums: Uint8Array<ArrayBuffer>,
): void {
  if (checksums.length !== places.length * SUM_LENGTH) {
    throw new Error(`${places.length} checksums needed, ${checksums.length} digits given`);
  }
  for (let file = 0; file < places.length; file++) {
    const start = file * SUM_LENGTH;
    records.set(checksums.subarray(start, start + SUM_LENGTH), places[file]);
  }
  // Half a megabyte with every frame of small files would await the garbage collector.
  checksums.buffer.transfer(0);
}
