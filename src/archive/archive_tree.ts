/**
 * Creating an archive from any file tree, through any shard writer, on the calling thread: needs no
 * permission of its own.
 *
 * @module
 */

import { MemorySpool, type RecordSpool } from "../index/record_spool.ts";
import { checkArchiveName } from "../shard/shard_name.ts";
import type { ShardSetWriter } from "../shard/shard_io.ts";
import type { FileTree } from "../tree/file_tree.ts";
import { type FrameCompressor, InProcessCompressor } from "../zstd/frame_compressor.ts";
import {
  type ArchiveContent,
  archiveHead,
  type ArchivePlace,
  type ArchiveShape,
  producerOptions,
} from "./archive_content.ts";
import { createArchive, type CreateHooks, type CreateSummary } from "./create.ts";
import { framesInFlight } from "./frames_ahead.ts";
import { openLocalSource } from "./tar_source.ts";

/** How a tree is archived. */
export interface ArchiveTreeOptions extends CreateHooks {
  /** What the index says of where the shards are. @default shard files */
  place?: ArchivePlace | undefined;
  /** Compresses frames; the caller closes it. @default one that works on the calling thread */
  compressor?: FrameCompressor | undefined;
  /** Makes a place where index records wait; about 400 bytes a member. @default memory */
  newSpool?: (() => Promise<RecordSpool>) | undefined;
}

/** What came of it, and how the archive is known from now on. */
export interface CreatedArchive extends CreateSummary {
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  uuid: string;
}

/**
 * Archives a file tree.
 *
 * @param tree where the paths of `content` are looked up
 * @param content what to archive
 * @param shape what the archive is called, how it is cut and compressed
 * @param writer takes the shards; closed or aborted at the end. One that labels its media must have
 *   been told the same name, UUID and time
 * @throws {EctarError} `usage`, `not-found` or `permission` when it cannot begin; what the writer
 *   throws, such as `too-few` or `no-space`; `interrupted`
 */
export async function archiveTree(
  tree: FileTree,
  content: ArchiveContent,
  shape: ArchiveShape,
  writer: ShardSetWriter,
  options: ArchiveTreeOptions = {},
): Promise<CreatedArchive> {
  const { place, compressor = new InProcessCompressor(), newSpool, ...hooks } = options;
  const uuid = shape.uuid ?? crypto.randomUUID();
  try {
    checkArchiveName(shape.name);
    const head = archiveHead({ ...shape, uuid }, writer, place ?? { layout: "files" });
    const slots = framesInFlight(compressor) + 1;
    const source = openLocalSource(tree, producerOptions(content, shape), slots);
    const summary = await createArchive({
      source,
      compressor,
      writer,
      newSpool: newSpool ?? (() => Promise.resolve(new MemorySpool())),
      head,
      index: shape.index,
      ...hooks,
    });
    return { name: shape.name, uuid, ...summary };
  } catch (error) {
    // Aborting twice does no harm: when createArchive failed, it has aborted already.
    await writer.abort();
    throw error;
  }
}
