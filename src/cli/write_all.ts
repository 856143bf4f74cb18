/**
 * Writing that ends only when everything is written.
 *
 * @module
 */

/** Writes all of `bytes`. */
export function writeAllSync(
  to: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let done = 0; done < bytes.length;) done += to.writeSync(bytes.subarray(done));
}
