/**
 * Where an archive ends whose end nothing tells: its writing was interrupted, and no tape has an
 * index.
 *
 * Its tapes end in a chunk that is torn, or not begun, and in different ones where drives were not
 * equally far. What is lost behind all that can be proven is that end, or damage that nobody can tell
 * from it.
 *
 * @module
 */

import type { ChunkCheck } from "../chunk/read_check.ts";
import { printablePath } from "../printable.ts";
import type { OpenArchive } from "./open_archive.ts";

/** Whether that is what came of looking behind the last chunk that was found. */
export function isOpenEnd(archive: OpenArchive, check: ChunkCheck): boolean {
  const { frames, last, lost } = check;
  // An index lists only what had been written: what it knows of is no end.
  return archive.index === undefined && lost !== undefined && last && frames === undefined;
}

/** Says of a tape written up to such an end what it holds. */
export function openEndRemark(name: string, chunks: number): string {
  const held = chunks === 1 ? "chunk 1" : `chunks 1 to ${chunks}`;
  return `the end of ${printablePath(name)} was not found, as if it was never finished: the new ` +
    `tape holds ${held} and no index, as the others`;
}
