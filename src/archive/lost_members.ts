/**
 * Which members lie in lost parts of the tar, as far as an index tells.
 *
 * @module
 */

import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import { memberOffset } from "./index_cursors.ts";
import type { OpenArchive } from "./open_archive.ts";
import { recordPath } from "./selected_ranges.ts";

/** Most names that are collected; beyond, members are only counted. */
const MAX_NAMES = 10_000;

/** Members that are lost or incomplete. */
export interface LostMembers {
  /** Printable paths, at most {@link MAX_NAMES}. */
  names: string[];
  /** How many there are. */
  count: number;
  /** Whether the index told of all of them. */
  complete: boolean;
}

/** Looks up which selected members overlap `lost`. */
export async function lostMembers(
  archive: OpenArchive,
  lost: readonly Pick<LostPart, "tar">[],
  selects: (path: Uint8Array, isDirectory: boolean) => boolean,
): Promise<LostMembers> {
  const found: LostMembers = { names: [], count: 0, complete: lost.length === 0 };
  if (lost.length === 0 || archive.index === undefined) return found;
  try {
    const chunkOffsets = await archive.chunkOffsets();
    for await (const file of archive.index.reader.files()) {
      const start = memberOffset(file, chunkOffsets);
      if (start === undefined) continue;
      const end = start + file.member_size;
      const isLost = lost.some(({ tar }) => start < (tar.end ?? Infinity) && end > tar.start);
      if (!isLost || !selects(recordPath(file), file.entry_type === "directory")) continue;
      found.count++;
      if (found.names.length < MAX_NAMES) found.names.push(printablePath(recordPath(file)));
    }
    found.complete = true;
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
  }
  return found;
}
