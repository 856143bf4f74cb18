/**
 * Creating an archive from this machine's files, onto shard files. (What goes onto tapes takes the
 * same source and another writer: see create_tapes.ts.)
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { IndexHead } from "../index/records.ts";
import { FileShardSetWriter } from "../shard/file_writer.ts";
import { checkArchiveName } from "../shard/shard_name.ts";
import type { ShardSetWriter } from "../shard/shard_io.ts";
import type { ExclusionOptions } from "../tree/exclusion.ts";
import { packPaths } from "../tree/name_list.ts";
import type { OwnOutputOptions } from "../tree/own_outputs.ts";
import { VERSION } from "../version.ts";
import { FRAME_SIZE } from "../zstd/frame.ts";
import { FramePool } from "../zstd/frame_pool.ts";
import {
  type ArchiveHead,
  createArchive,
  type CreateParts,
  type CreateSummary,
  framesInFlight,
} from "./create.ts";
import { FileSpool } from "./file_spool.ts";
import { openWorkerSource } from "./tar_source_worker_backed.ts";

/** What to archive, and how; independent of where it goes. */
export interface ArchiveContent {
  /** Paths to archive, taken relative to `directory`. */
  paths: readonly string[];
  /** More paths, packed as by `packNameList`. */
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
  /** Archive name. */
  name: string;
  /** Tar bytes per chunk. */
  chunkSize: number;
  /** zstd level, 0 to store. */
  compressionLevel: number;
  /** Write an index. @default true */
  index?: boolean | undefined;
  /** Archive UUID; a random one unless given. */
  uuid?: string | undefined;
  /** Creation time, RFC 3339; now unless given. */
  created?: string | undefined;
}

/** Hooks of a run. */
export type CreateHooks = Pick<CreateParts, "signal" | "onProgress" | "onNote">;

/** Where shard files go. */
export interface FileOutput {
  /** Existing directory. */
  directory: string;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** Bytes every shard file is a multiple of. @default 1 */
  blockSize?: number | undefined;
  /** Replace an archive of that name. @default false */
  force?: boolean | undefined;
}

/** What came of it, and how the archive is known from now on. */
export interface CreatedArchive extends CreateSummary {
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  uuid: string;
}

/**
 * Archives files of this machine into shard files.
 *
 * @throws {EctarError} when it cannot be done; nothing that looks whole is left then
 */
export async function createFiles(
  content: ArchiveContent,
  shape: ArchiveShape,
  output: FileOutput,
  hooks: CreateHooks = {},
): Promise<CreatedArchive> {
  checkArchiveName(shape.name);
  const { directory, k, m } = output;
  const uuid = shape.uuid ?? crypto.randomUUID();
  const blockSize = output.blockSize ?? 1;
  const force = output.force ?? false;
  const writer = await FileShardSetWriter.open(
    { directory, name: shape.name, uuid, k, m, blockSize, force },
  );
  const own = { directories: [{ path: bytesOf(directory), names: ownNames(shape.name) }] };
  return await createFromTree(content, { ...shape, uuid }, writer, {
    begin: () => Promise.resolve({ layout: "files" }),
    own,
    spoolDirectory: directory,
  }, hooks);
}

/** What {@link createFromTree} must know of the outputs. */
export interface OutputTraits {
  /**
   * Makes the outputs ready, once the paths to archive are known to be there; resolves to what the
   * index says of where the shards are.
   */
  begin: () => Promise<Pick<IndexHead, "layout" | "tape_set_uuid" | "volumes">>;
  /** Files that must not be archived because they are being written. */
  own: OwnOutputOptions;
  /** Directory for temporary records. */
  spoolDirectory: string;
  /** Where the index goes. @default the shards' writer */
  indexTarget?: Pick<ShardSetWriter, "writeIndex"> | undefined;
}

/**
 * Archives files of this machine into any shard writer; closes or aborts it.
 *
 * @throws {EctarError} when it cannot be done
 */
export async function createFromTree(
  content: ArchiveContent,
  shape: ArchiveShape & { uuid: string },
  writer: ShardSetWriter,
  traits: OutputTraits,
  hooks: CreateHooks,
): Promise<CreatedArchive> {
  const created = shape.created ?? new Date().toISOString();
  const frameSize = Math.min(FRAME_SIZE, shape.chunkSize);
  const head: Omit<ArchiveHead, "layout"> = {
    version: "2.0",
    created,
    tool_version: VERSION,
    archive_name: shape.name,
    archive_uuid: shape.uuid,
    parameters: {
      data_shards: writer.k,
      parity_shards: writer.m - writer.k,
      chunk_size: shape.chunkSize,
      compression_level: shape.compressionLevel,
      frame_size: frameSize,
      block_size: writer.blockSize,
    },
  };
  const compressor = new FramePool();
  try {
    const source = await openSource(content, shape.chunkSize, frameSize, traits.own, compressor);
    const layout = await traits.begin().catch(async (error) => {
      await source.close();
      throw error;
    });
    return {
      name: shape.name,
      uuid: shape.uuid,
      ...await createArchive({
        source,
        compressor,
        writer,
        newSpool: () => FileSpool.create(traits.spoolDirectory),
        head: { ...head, ...layout },
        index: shape.index,
        indexTarget: traits.indexTarget,
        ...hooks,
      }),
    };
  } catch (error) {
    // Aborting twice does no harm: when createArchive failed, it has aborted already.
    await writer.abort();
    throw error;
  } finally {
    compressor.close();
  }
}

async function openSource(
  content: ArchiveContent,
  chunkSize: number,
  frameSize: number,
  ownOutputs: OwnOutputOptions,
  compressor: FramePool,
): ReturnType<typeof openWorkerSource> {
  const base = bytesOf(content.directory ?? ".");
  const groups = [{ base, paths: packPaths(content.paths) }];
  if (content.packedPaths !== undefined) groups.push({ base, paths: content.packedPaths });
  if (groups.every((group) => group.paths.length === 0)) {
    throw new EctarError("usage", "nothing to archive was named");
  }
  return await openWorkerSource({
    groups,
    chunkSize,
    frameSize,
    ownOutputs,
    followSymlinks: content.followSymlinks ?? false,
    oneFileSystem: content.oneFileSystem ?? false,
    preservePermissions: content.preservePermissions ?? true,
    numericOwner: content.numericOwner ?? false,
    ...content.exclude === undefined ? {} : { exclude: content.exclude },
    ...content.owner === undefined ? {} : { owner: content.owner },
    ...content.group === undefined ? {} : { group: content.group },
  }, framesInFlight(compressor) + 2);
}

/** The names an archive gives to its files, temporary ones included. */
export function ownNames(name: string): RegExp {
  const literal = RegExp.escape(name);
  const final = `${literal}(?:\\.c\\d{3,}\\.s\\d{2,}|\\.index\\.zst)`;
  return new RegExp(
    `^(?:${final}|\\.${final}\\.ectar-[0-9a-f]{8}|\\.${literal}\\.ectar-commit)$`,
    "s",
  );
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
