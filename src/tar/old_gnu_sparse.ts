/**
 * The sparse maps of GNU tar's own format (type `S`): four stretches in the header, twenty-one in
 * each extension block behind it.
 *
 * @module
 */

import type { SparseSegment } from "./entry.ts";
import { badTar } from "./tar_limits.ts";
import { readNumber } from "./ustar_decode.ts";
import {
  FIELD,
  GNU_SPARSE_EXTENSION_MORE,
  GNU_SPARSE_EXTENSION_PAIRS,
  GNU_SPARSE_PAIR_SIZE,
  GNU_SPARSE_PAIRS,
} from "./ustar_layout.ts";

/** What the header itself says. */
export function readOldGnuSegments(
  bytes: Uint8Array,
  base: number,
  offset: number,
): { segments: SparseSegment[]; realSize: number; isExtended: boolean } {
  const segments: SparseSegment[] = [];
  readPairs(bytes, base + FIELD.gnuSparse.at, GNU_SPARSE_PAIRS, offset, segments);
  const realSize = readNumber(bytes, base, FIELD.gnuRealSize, offset, "sparse file size");
  if (realSize < 0) throw badTar(offset, "sparse file size is out of range");
  return { segments, realSize, isExtended: bytes[base + FIELD.gnuIsExtended.at] !== 0 };
}

/**
 * Adds the stretches of an extension block.
 *
 * @returns true when another extension block follows
 */
export function readOldGnuExtension(
  bytes: Uint8Array,
  base: number,
  offset: number,
  segments: SparseSegment[],
  maxSegments: number,
): boolean {
  readPairs(bytes, base, GNU_SPARSE_EXTENSION_PAIRS, offset, segments);
  if (segments.length > maxSegments) {
    throw badTar(offset, `sparse map has more than ${maxSegments} stretches`);
  }
  return bytes[base + GNU_SPARSE_EXTENSION_MORE] !== 0;
}

function readPairs(
  bytes: Uint8Array,
  from: number,
  pairs: number,
  tarOffset: number,
  segments: SparseSegment[],
): void {
  for (let i = 0; i < pairs; i++) {
    const base = from + i * GNU_SPARSE_PAIR_SIZE;
    if (bytes[base + 12] === 0) return;
    const offset = readNumber(bytes, base, { at: 0, length: 12 }, tarOffset, "sparse offset");
    const length = readNumber(bytes, base, { at: 12, length: 12 }, tarOffset, "sparse length");
    if (length !== 0) segments.push({ offset, length });
  }
}
