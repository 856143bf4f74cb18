/**
 * How many bytes of tar a tree will be, without reading its files: for a progress line, so roughly.
 *
 * @module
 */

import type { FileTree, NodeStat, TreeFile } from "../tree/file_tree.ts";
import { OwnOutputs } from "../tree/own_outputs.ts";
import { walk } from "../tree/walk.ts";
import type { ProducerOptions } from "./tar_producer.ts";

/** Header of most members: times with nanoseconds take a PAX header of two blocks besides. */
const HEADER_BYTES = 3 * 512;

/** Files whose holes are worth being looked for. */
const LARGE_BYTES = 1024 * 1024;

/** Names of files that are counted once; of more, further names count as further files. */
const MAX_LINKED_FILES = 1_000_000;

/** About how many bytes `startTar` will give for the same options. */
export function estimateTarSize(tree: FileTree, options: ProducerOptions): number {
  const own = new OwnOutputs(tree, options.ownOutputs);
  const linked = new Set<string>();
  let bytes = 0;
  for (const { directory, follow, kind, name } of walk(tree, options, own, () => {})) {
    bytes += HEADER_BYTES;
    if (kind !== "file") continue;
    try {
      const stat = directory.statOf(name, follow);
      if (isCounted(stat, linked)) continue;
      const isSparse = stat.size >= LARGE_BYTES && stat.blocks * 512 < stat.size;
      const data = isSparse ? dataBytes(directory.openFile(name, follow), stat.size) : stat.size;
      bytes += 512 * Math.ceil(data / 512);
    } catch {
      // Whoever archives it will say what is wrong with it.
    }
  }
  return bytes;
}

/** Holes are not stored. Fewer blocks alone may just as well mean that the file is compressed. */
function dataBytes(file: TreeFile, size: number): number {
  try {
    const segments = file.segments(size);
    return segments === undefined ? size : segments.reduce((sum, { length }) => sum + length, 0);
  } finally {
    file.close();
  }
}

/** Whether the file was counted under another of its names. */
function isCounted({ device, inodeHigh, inodeLow, links }: NodeStat, linked: Set<string>): boolean {
  if (links < 2) return false;
  const identity = `${device} ${inodeHigh} ${inodeLow}`;
  if (linked.has(identity)) return true;
  if (linked.size < MAX_LINKED_FILES) linked.add(identity);
  return false;
}
