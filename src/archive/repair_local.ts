/**
 * Repairing on this machine.
 *
 * @module
 */

import { dropFileCache } from "../../ffi/drop_cache.ts";
import { FramePool } from "../zstd/frame_pool.ts";
import { repairArchive, type RepairOptions, type RepairSummary } from "./repair.ts";

/**
 * Repairs an archive in files; see {@link repairArchive}.
 *
 * @throws {EctarError} as `repairArchive`
 */
export async function repairFiles(
  options: Omit<RepairOptions, "dropCache">,
): Promise<RepairSummary> {
  const decompressor = new FramePool();
  try {
    return await repairArchive({ ...options, dropCache: dropFileCache }, decompressor);
  } finally {
    decompressor.close();
  }
}
