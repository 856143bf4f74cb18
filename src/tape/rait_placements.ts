/**
 * Where the shards of a tape set ended up, and which chunks are safe on enough of its tapes.
 *
 * @module
 */

import type { ShardPlacement } from "../shard/shard_io.ts";
import { DriveLane } from "./drive_lane.ts";
import type { DriveSummary } from "./rait_options.ts";

/** A shard whose drive did not work from the start, or the lane of its drive. */
export type Place =
  | DriveLane
  | Pick<DriveSummary, "shard" | "drive" | "volumeUuid" | "state"> & { reason: string };

/**
 * How many chunks, from the first on, are committed on at least `k` tapes each. A tape holds a chunk
 * only with all before it.
 */
export function chunksOnEnough(places: readonly Place[], k: number): number {
  const chunks = places.map((place) =>
    place instanceof DriveLane ? Math.max(0, place.committedFiles - 1) : 0
  );
  return chunks.sort((a, b) => b - a)[k - 1];
}

/** Where the shard of a chunk of so many blocks is. */
export function placement(place: Place, chunk: number, blocks: number): ShardPlacement {
  const { shard } = place;
  if (!(place instanceof DriveLane)) return { shard, extents: [], missing: place.reason };
  if (chunk >= place.committedFiles) {
    return { shard, extents: [], missing: place.trouble ?? "not committed" };
  }
  const extents = [{ volume: 0, tapeFile: chunk, firstBlock: 0, blocks }];
  return { shard, extents, missing: undefined };
}
