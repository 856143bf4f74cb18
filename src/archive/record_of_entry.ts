/**
 * File records made from the tar stream, where there is no index to give them.
 *
 * @module
 */

import type { FileRecord } from "../index/records.ts";
import type { TarEntry } from "../tar/entry.ts";
import { recordParts } from "./tar_source_record.ts";

/** Where a member lies in the tar. */
export interface StreamPlace {
  /** Tar offset of its first header. */
  tarOffset: number;
  /** Bytes of it, headers and padding included. */
  size: number;
  /** Chunk it starts in. */
  chunk: number;
  /** Tar offset of that chunk's first byte. */
  chunkOffset: number;
  /** Tar offset of the byte after that chunk's last. */
  chunkEnd: number;
}

/** The index's record of a member that was read from the stream. */
export function recordOfEntry(entry: TarEntry, place: StreamPlace, checksum: string): FileRecord {
  const { before, after } = recordParts(entry, {
    chunk: place.chunk,
    offset: place.tarOffset - place.chunkOffset,
    size: place.size,
    spansChunks: place.tarOffset + place.size > place.chunkEnd,
  });
  return JSON.parse(before + checksum + after);
}
