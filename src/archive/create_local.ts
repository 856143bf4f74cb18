/**
 * Creating an archive from this machine's files, onto shard files. (What goes onto tapes takes the
 * same source and another writer: see create_tapes.ts.)
 *
 * @module
 */

import { temporaryFiles } from "../shard/archive_files.ts";
import { FileShardSetWriter } from "../shard/file_writer.ts";
import { checkArchiveName } from "../shard/shard_name.ts";
import type { ShardSetWriter } from "../shard/shard_io.ts";
import type { OwnOutputOptions } from "../tree/own_outputs.ts";
import { toBytes } from "../tree/path_text.ts";
import { FramePool } from "../zstd/frame_pool.ts";
import {
  type ArchiveContent,
  archiveHead,
  type ArchivePlace,
  type ArchiveShape,
  producerOptions,
} from "./archive_content.ts";
import type { CreatedArchive } from "./archive_tree.ts";
import { createArchive, type CreateHooks } from "./create.ts";
import { framesInFlight } from "./frames_ahead.ts";
import { FileSpool, SPOOL_NAME } from "./file_spool.ts";
import { measureInWorker } from "./tar_size_worker_backed.ts";
import { openWorkerSource } from "./tar_source_worker_backed.ts";

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
  await noteLeftovers(directory, shape.name, hooks);
  const own = { directories: [{ path: toBytes(directory), names: ownNames(shape.name) }] };
  return await createFromTree(content, { ...shape, uuid }, writer, {
    begin: () => Promise.resolve({ layout: "files" }),
    own,
    spoolDirectory: directory,
  }, hooks);
}

/** A killed run cannot say what it left; the next one does, for another may be running. */
async function noteLeftovers(directory: string, name: string, hooks: CreateHooks): Promise<void> {
  const left = await temporaryFiles(directory, name);
  if (left.length === 0) return;
  hooks.onNote?.({
    kind: "leftovers",
    path: directory,
    message:
      `${directory} holds temporary files of a run that was killed (${left.length}, such as ` +
      `${left[0]}); remove them unless another ectar is writing ${name} now`,
  });
}

/** What {@link createFromTree} must know of the outputs. */
export interface OutputTraits {
  /**
   * Makes the outputs ready, once the paths to archive are known to be there; resolves to what the
   * index says of where the shards are.
   */
  begin: () => Promise<ArchivePlace>;
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
  const compressor = new FramePool();
  let stopMeasuring = () => {};
  try {
    const options = { ...producerOptions(content, shape), ownOutputs: traits.own };
    const opening = openWorkerSource(options, framesInFlight(compressor) + 2);
    // Both Workers start at the same time; there is a frame in every archive.
    compressor.start();
    const source = await opening;
    const place = await traits.begin().catch(async (error) => {
      await source.close();
      throw error;
    });
    if (hooks.onSize !== undefined) stopMeasuring = measureInWorker(options, hooks.onSize);
    return {
      name: shape.name,
      uuid: shape.uuid,
      ...await createArchive({
        source,
        compressor,
        writer,
        newSpool: () => FileSpool.create(traits.spoolDirectory),
        head: archiveHead(shape, writer, place),
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
    stopMeasuring();
    compressor.close();
  }
}

/** The names an archive gives to its files, temporary ones included. */
export function ownNames(name: string): RegExp {
  const literal = RegExp.escape(name);
  const final = `${literal}(?:\\.c\\d{3,}\\.s\\d{2,}|\\.index\\.zst)`;
  return new RegExp(
    `^(?:${final}|\\.${final}\\.ectar-[0-9a-f]{8}|\\.${literal}\\.ectar-commit|` +
      `${SPOOL_NAME.source})$`,
    "s",
  );
}
