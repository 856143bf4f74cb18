/**
 * Lists of paths, packed into one byte array with a zero byte after each: a million names given by
 * --files-from cost no JavaScript object each, and the list can be handed to a Worker.
 *
 * @module
 */

import { toBytes } from "./path_text.ts";

const NEWLINE = 0x0a;

/** Packs paths; text is taken as UTF-8. */
export function packPaths(paths: Iterable<Uint8Array | string>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const path of paths) {
    parts.push(typeof path === "string" ? toBytes(path) : path, Uint8Array.of(0));
  }
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/**
 * Packs the content of a list file: one path a line, or ended by zero bytes when it holds any or
 * `zeroSeparated` says so. Names are taken as they are: no quoting, no comments; empty ones are
 * skipped.
 */
export function packNameList(content: Uint8Array, zeroSeparated = content.includes(0)): Uint8Array {
  if (zeroSeparated) return content;
  return content.map((byte) => byte === NEWLINE ? 0 : byte);
}

/** The paths in a packed list, as views. */
export function* unpackPaths(packed: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < packed.length;) {
    const zero = packed.indexOf(0, start);
    const end = zero < 0 ? packed.length : zero;
    if (end > start) yield packed.subarray(start, end);
    start = end + 1;
  }
}
