/**
 * Extracting to this machine's file system.
 *
 * @module
 */

import { LinuxRestoreTree } from "../../ffi/restore_tree.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";
import { ensureDirectory } from "../shard/ensure_directory.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
import { FramePool } from "../zstd/frame_pool.ts";
import {
  extractInto,
  type ExtractOptions,
  type ExtractSummary,
  type SinkNeeds,
} from "./extract.ts";
import { OpenArchive, type OpenArchiveOptions } from "./open_archive.ts";
import { openLocalSink } from "./tar_sink.ts";
import { openWorkerSink } from "./tar_sink_worker_backed.ts";

/**
 * With less tar than this, what a Worker takes off the main thread is less than starting one takes:
 * frames are decompressed in Workers either way.
 */
const WORTH_A_WORKER_BYTES = 256 * 2 ** 20;

/** How to extract to a directory. */
export interface ExtractLocalOptions extends Omit<ExtractOptions, "target"> {
  /** Directory to restore to; made when it is not there. */
  directory: string;
  /** Compare SHA-256s. @default true */
  verify?: boolean | undefined;
}

/** What came of it, with what was noticed. */
export interface ExtractedArchive extends ExtractSummary {
  /** Archive name. */
  name: string;
  /** Archive UUID, where it is known. */
  uuid: string | undefined;
  /** What was noticed, one line each. */
  remarks: string[];
  /** Shards found damaged, missing or wrong. */
  damage: ShardDamage[];
}

/**
 * Opens an archive with Workers that decompress, for the time of `use`.
 *
 * @param shards closed at the end
 * @param options `start`: a Worker starts right away, because frames will be decompressed
 */
export async function withArchive<T>(
  shards: ShardSetReader,
  { start, ...options }: Pick<OpenArchiveOptions, "verify" | "audit"> & { start?: boolean },
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const decompressor = new FramePool();
  if (start) decompressor.start();
  try {
    const archive = await OpenArchive.open({ ...options, shards, decompressor });
    try {
      return await use(archive);
    } finally {
      await archive.close();
    }
  } finally {
    decompressor.close();
    await shards.close();
  }
}

/**
 * Extracts an archive into a directory.
 *
 * @throws {EctarError} as `extractArchive`
 */
export async function extractToDirectory(
  shards: ShardSetReader,
  options: ExtractLocalOptions,
): Promise<ExtractedArchive> {
  const { directory, verify = true, ...extract } = options;
  return await withArchive(shards, { verify, start: true }, async (archive) => {
    archive.requireShards();
    await ensureDirectory(directory);
    const path = new TextEncoder().encode(directory);
    const { selection, restore: { rename, ...restore } = {}, signal } = extract;
    // Opened in any case, so that what is wrong with it is told before anything is read.
    using target = new LinuxRestoreTree(path);
    const open = ({ selector, hooks, tarBytes }: SinkNeeds) =>
      rename !== undefined || tarBytes < WORTH_A_WORKER_BYTES
        ? openLocalSink(target, selector, extract.restore, hooks)
        : openWorkerSink({ directory: path, selection, restore, signal }, hooks);
    const summary = await extractInto(archive, extract, open);
    return {
      ...summary,
      name: archive.name,
      uuid: archive.uuid,
      remarks: archive.remarks,
      damage: archive.damage,
    };
  });
}
