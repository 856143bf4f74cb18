/**
 * Making an archive's index again, from its shards alone.
 *
 * @module
 */

import type { ChunkHeader } from "../chunk/header.ts";
import { indexPieceSize } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import { IndexReader } from "../index/index_reader.ts";
import { encodeIndex } from "../index/index_writer.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import { type ChunkRecord, type IndexHead, RECORD_END } from "../index/records.ts";
import type { IndexHandle } from "../shard/shard_io.ts";
import { VERSION } from "../version.ts";
import { streamRecords } from "./list.ts";
import type { OpenArchive } from "./open_archive.ts";

/** An index that was found, read from end to end. */
export interface IndexFound {
  /** Where it lies. */
  handle: IndexHandle;
  /** Its head, where that can be read. */
  head: IndexHead | undefined;
  /** What is wrong with it, or undefined. */
  problem: string | undefined;
  /** Whether it says that it is of another archive. */
  isOfAnother?: boolean;
}

/**
 * Reads an index from end to end.
 *
 * @param archiveUuid archive it should be of, where that is proven
 * @param headOnly whether to leave it at its head
 */
export async function inspectIndex(
  handle: IndexHandle,
  archiveUuid: string | undefined,
  headOnly = false,
): Promise<IndexFound> {
  const reader = new IndexReader(handle);
  let head: IndexHead | undefined;
  try {
    head = await reader.head();
    if (archiveUuid !== undefined && head.archive_uuid !== archiveUuid) {
      const problem = `it is of another archive (${head.archive_uuid})`;
      return { handle, head: undefined, problem, isOfAnother: true };
    }
    if (headOnly) return { handle, head, problem: undefined };
    for await (const _ of reader.chunks());
    for await (const _ of reader.files());
    return { handle, head, problem: undefined };
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    return { handle, head, problem: error.message.replace(`index ${handle.origin}: `, "") };
  }
}

/** What a rebuilt index is made from. */
export interface IndexSources {
  /** Header of any of the archive's chunks. */
  header: ChunkHeader;
  /** Whether the archive's last chunk is there. */
  complete: boolean;
  /** The head of an index of the archive that could not be read to its end. */
  oldHead: IndexHead | undefined;
  /** Records of all chunks, in order. */
  chunks: AsyncIterable<ChunkRecord>;
  /** The archive, whole, opened without any index. */
  archive: OpenArchive;
  /** Keeps file records. */
  spool: RecordSpool;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
}

/**
 * The bytes of NAME.index.zst. All files are read and hashed.
 *
 * @throws {EctarError} `damaged` when members cannot be read, `interrupted`
 */
export async function* rebuildIndex(sources: IndexSources): AsyncGenerator<Uint8Array> {
  const { archive, spool } = sources;
  await streamFiles(archive, spool, sources.signal);
  yield* encodeIndex(headOf(sources), sources.chunks, spool.read(0, spool.size));
}

/**
 * Reads and hashes all members and puts their records into a spool.
 *
 * @throws {EctarError} `damaged` when members cannot be read, `interrupted`
 */
export async function streamFiles(
  archive: OpenArchive,
  spool: RecordSpool,
  signal: AbortSignal | undefined,
): Promise<void> {
  const encoder = new TextEncoder();
  await streamRecords(archive, { checksums: true, signal }, async (file) => {
    await spool.append(encoder.encode(JSON.stringify(file) + RECORD_END));
  });
  const [lost] = archive.requireShards().lost;
  if (lost === undefined) return;
  throw new EctarError("damaged", `the index cannot be rebuilt: ${lost.reason}`, {
    archive: archive.name,
  });
}

/** What the shards tell of an index's head; the rest from an older index, where there is one. */
export function headOf(
  { header, complete, oldHead }: Pick<IndexSources, "header" | "complete" | "oldHead">,
): IndexHead {
  return {
    version: "2.0",
    created: header.created,
    tool_version: oldHead?.tool_version ?? VERSION,
    archive_name: header.name,
    archive_uuid: header.archiveUuid,
    complete,
    layout: oldHead?.layout ?? "files",
    parameters: {
      data_shards: header.k,
      parity_shards: header.m - header.k,
      chunk_size: header.chunkSize,
      compression_level: header.compressionLevel,
      frame_size: header.frameSize,
      block_size: header.blockSize,
      piece_size: indexPieceSize(header),
    },
    ...oldHead?.tape_set_uuid === undefined ? {} : { tape_set_uuid: oldHead.tape_set_uuid },
    ...oldHead?.volumes === undefined ? {} : { volumes: oldHead.volumes },
  };
}
