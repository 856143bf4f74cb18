/**
 * Bounds on what a tar may make its reader hold in memory, and the errors when it asks for more.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { MAX_PAX_SIZE } from "./pax_encode.ts";
import { MAX_SPARSE_SEGMENTS } from "./sparse_map.ts";

/** Bounds for hostile or damaged archives. */
export interface TarLimits {
  /**
   * Bytes of metadata before one member (PAX records, GNU long names), and of all global records.
   *
   * @default 64 MiB
   */
  maxMetadataSize: number;
  /**
   * Stretches of one sparse file.
   *
   * @default 1,048,576
   */
  maxSparseSegments: number;
}

/** The limits that hold unless others are given; all that ectar writes is within them. */
export const DEFAULT_LIMITS: Readonly<TarLimits> = {
  maxMetadataSize: MAX_PAX_SIZE,
  maxSparseSegments: MAX_SPARSE_SEGMENTS,
};

/** The error for bytes that are no tar, naming the tar offset. */
export function badTar(offset: number, what: string): EctarError {
  return new EctarError("format", `not a valid tar at offset ${offset}: ${what}`);
}
