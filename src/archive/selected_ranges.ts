/**
 * Where in the tar the selected members lie, as the index says.
 *
 * @module
 */

import type { FileRecord } from "../index/records.ts";
import type { ByteRange } from "../shard/shard_io.ts";
import { memberOffset } from "./index_cursors.ts";
import type { OpenArchive } from "./open_archive.ts";

/** Path bytes of a record. */
export function recordPath(file: FileRecord): Uint8Array {
  return file.path_b64 === undefined
    ? new TextEncoder().encode(file.path)
    : Uint8Array.fromBase64(file.path_b64);
}

/** Where selected members lie. */
export interface SelectedRanges {
  /** Tar ranges in rising order, neighbours merged. */
  ranges: ByteRange[];
  /** How many members there are in them. */
  members: number;
}

/**
 * Tar ranges of all members that `selects` chooses.
 *
 * @throws {EctarError} when the index cannot be read to its end
 */
export async function selectedRanges(
  archive: OpenArchive,
  selects: (path: Uint8Array, isDirectory: boolean) => boolean,
): Promise<SelectedRanges> {
  const ranges: ByteRange[] = [];
  let members = 0;
  const chunkOffsets = await archive.chunkOffsets();
  if (archive.index === undefined) return { ranges, members };
  for await (const file of archive.index.reader.files()) {
    if (!selects(recordPath(file), file.entry_type === "directory")) continue;
    const start = memberOffset(file, chunkOffsets);
    if (start === undefined) continue;
    members++;
    const end = start + file.member_size;
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return { ranges, members };
}
