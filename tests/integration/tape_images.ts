/**
 * Tape images as other programs see them: read with nothing of ectar's own.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Blocks of each tape file of a SIMH image; what follows the last filemark is there if it is not empty. */
export function tapeFiles(path: string): Uint8Array[][] {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  const files: Uint8Array[][] = [[]];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length === 0) {
      files.push([]);
      continue;
    }
    files.at(-1)!.push(bytes.subarray(at, at + length));
    at += length + (length & 1);
    assert.equal(view.getUint32(at, true), length, "both length words are the same");
    at += 4;
  }
  if (files.at(-1)!.length === 0) files.pop();
  return files;
}

/** Names of tape images, `t0.tap` and so on. */
export function imageNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `t${i}.tap`);
}
