/**
 * What a user says an archive should hold and be like, and what the parts below make of it.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { IndexHead } from "../index/records.ts";
import type { ShardSetWriter } from "../shard/shard_io.ts";
import type { ExclusionOptions } from "../tree/exclusion.ts";
import { packPaths, unpackPaths } from "../tree/name_list.ts";
import { toBytes } from "../tree/path_text.ts";
import { VERSION } from "../version.ts";
import { FRAME_SIZE } from "../zstd/frame.ts";
import type { ProducerOptions } from "./tar_producer.ts";

/** What to archive, and how; independent of where it goes. */
export interface ArchiveContent {
  /** Paths to archive, taken relative to `directory`. */
  paths: readonly string[];
  /** More paths as bytes, each ended by a zero byte. */
  packedPaths?: Uint8Array | undefined;
  /** Directory that paths are relative to. @default "." */
  directory?: string | undefined;
  /** What to leave out. */
  exclude?: ExclusionOptions | undefined;
  /** Archive what symlinks lead to. @default false */
  followSymlinks?: boolean | undefined;
  /** Stay on the file system of each path. @default false */
  oneFileSystem?: boolean | undefined;
  /** Record owners, permissions and ACLs. @default true */
  preservePermissions?: boolean | undefined;
  /** Owner for everything, as GNU tar's --owner. */
  owner?: string | undefined;
  /** Group for everything, as GNU tar's --group. */
  group?: string | undefined;
  /** Leave out the names of owners. @default false */
  numericOwner?: boolean | undefined;
}

/** How the archive is cut and compressed, and what it is called. */
export interface ArchiveShape {
  /** Archive name: a file name without an ending. */
  name: string;
  /** Tar bytes per chunk, up to 64 GiB. */
  chunkSize: number;
  /** zstd level 1 to 22, 0 to store. */
  compressionLevel: number;
  /** Write an index. @default true */
  index?: boolean | undefined;
  /** Archive UUID, lower case with dashes. @default a random one */
  uuid?: string | undefined;
  /** When the archive was begun, RFC 3339 in UTC. @default now */
  created?: string | undefined;
}

/** What an index says before the chunks, without what only the end of the run tells. */
export interface ArchiveHead extends Omit<IndexHead, "complete" | "parameters"> {
  /** How the archive is written. */
  parameters: Omit<IndexHead["parameters"], "piece_size">;
}

/** What an index says of where the shards are. */
export type ArchivePlace = Pick<IndexHead, "layout" | "tape_set_uuid" | "volumes">;

/** What goes into the index of an archive that begins now. */
export function archiveHead(
  shape: ArchiveShape & { uuid: string },
  writer: Pick<ShardSetWriter, "k" | "m" | "blockSize">,
  place: ArchivePlace,
): ArchiveHead {
  return {
    version: "2.0",
    created: shape.created ?? new Date().toISOString(),
    tool_version: VERSION,
    archive_name: shape.name,
    archive_uuid: shape.uuid,
    parameters: {
      data_shards: writer.k,
      parity_shards: writer.m - writer.k,
      chunk_size: shape.chunkSize,
      compression_level: shape.compressionLevel,
      frame_size: frameSizeOf(shape),
      block_size: writer.blockSize,
    },
    ...place,
  };
}

/**
 * What the tar producer is told.
 *
 * @throws {EctarError} `usage` when nothing to archive was named
 */
export function producerOptions(content: ArchiveContent, shape: ArchiveShape): ProducerOptions {
  const base = toBytes(content.directory ?? ".");
  const groups = [{ base, paths: packPaths(content.paths) }];
  if (content.packedPaths !== undefined) groups.push({ base, paths: content.packedPaths });
  if (content.paths.includes("")) throw new EctarError("usage", "an empty path was named");
  if (groups.every(({ paths }) => unpackPaths(paths).next().done)) {
    throw new EctarError("usage", "nothing to archive was named");
  }
  return {
    groups,
    chunkSize: shape.chunkSize,
    frameSize: frameSizeOf(shape),
    followSymlinks: content.followSymlinks ?? false,
    oneFileSystem: content.oneFileSystem ?? false,
    preservePermissions: content.preservePermissions ?? true,
    numericOwner: content.numericOwner ?? false,
    ...content.exclude === undefined ? {} : { exclude: content.exclude },
    ...content.owner === undefined ? {} : { owner: content.owner },
    ...content.group === undefined ? {} : { group: content.group },
  };
}

/** A chunk smaller than a frame is one frame. */
function frameSizeOf({ chunkSize }: ArchiveShape): number {
  return Math.min(FRAME_SIZE, chunkSize);
}
