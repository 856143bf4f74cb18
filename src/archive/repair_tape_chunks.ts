/**
 * Writing the chunks of a lost tape onto the one that takes its place.
 *
 * @module
 */

import type { ChunkShards } from "../chunk/chunk_writer_stripes.ts";
import type { ChunkReader } from "../chunk/read_chunk.ts";
import type { ChunkRebuilder, RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import type { MediumState } from "../shard/shard_io.ts";
import { encodeZfecHeader } from "../shard/zfec_header.ts";
import { CommitPolicy, DEFAULT_COMMIT_BYTES } from "../tape/commit_policy.ts";
import type { DriveLane } from "../tape/drive_lane.ts";
import type { ChunkBooks } from "./chunk_books.ts";
import type { OpenArchive } from "./open_archive.ts";
import { isOpenEnd } from "./repair_tape_end.ts";
import type { LostChunk } from "./repair_tape_options.ts";

/** What is written, and onto what. */
export interface TapeChunksOptions {
  /** The archive as the other tapes and files give it. */
  archive: OpenArchive;
  /** Encodes its chunks. */
  rebuilder: ChunkRebuilder;
  /** Data and total shards. */
  shardCounts: { k: number; m: number };
  /** The drive; its tape has a label. */
  lane: DriveLane;
  /** Gets the chunks. */
  books: ChunkBooks;
  /** Called with the chunk bytes done, as they come; may throw to end the run. */
  onBytes: (bytes: number, chunk: number) => void;
}

/** What came of it. */
export interface TapeChunks {
  /** The last chunk that was written. */
  last: RebuiltChunk;
  /** Whether nothing tells where the archive ends. */
  endIsOpen: boolean;
  /** Chunks that were found behind the last one written, and cannot be recovered. */
  lost: LostChunk[];
}

/**
 * Writes one shard of each chunk, one tape file each, and commits them. An archive that was never
 * finished, and has no index, is written up to the last chunk that can be proven.
 *
 * @throws {EctarError} `damaged`, `too-few` when a chunk cannot be recovered, and what is wrong with
 *   the drive
 */
export async function writeTapeChunks(options: TapeChunksOptions): Promise<TapeChunks> {
  const { archive, books, lane, onBytes, rebuilder, shardCounts: { k, m } } = options;
  const policy = new CommitPolicy(DEFAULT_COMMIT_BYTES);
  const lost: LostChunk[] = [];
  let last: RebuiltChunk | undefined;
  const visit = async (chunk: ChunkReader, number: number) => {
    // What was lost before a chunk that is there is no end.
    if (lost.length > 0) throw new EctarError("damaged", lost[0].reason);
    const target = new TapeTarget(lane, k, m, number);
    const onChunkBytes = (bytes: number) => onBytes(bytes, number);
    try {
      last = await rebuilder.rebuild(chunk, target, { inOrder: true, onBytes: onChunkBytes });
    } catch (error) {
      if (!isLoss(error)) throw error;
      return { lostFrames: 0, lost: error.message };
    }
    const { record } = last;
    lane.endFile(policy.afterFile(record.shard_size) === "synchronous" || record.last);
    await books.add(record);
    return { lostFrames: 0, lost: undefined };
  };
  let endIsOpen = false;
  for await (const check of archive.requireShards().visit(visit)) {
    if (check.lost === undefined) continue;
    endIsOpen = isOpenEnd(archive, check);
    if (!endIsOpen) lost.push({ chunk: check.chunk, reason: check.lost });
    const mayBeEnd = archive.index === undefined && last !== undefined && !check.last;
    if (!endIsOpen && !mayBeEnd) break;
  }
  if (last === undefined || lost.length > 0 && !endIsOpen) {
    throw new EctarError("damaged", lost[0]?.reason ?? `no chunk of ${archive.name} was found`);
  }
  await lane.commit();
  requireWorking(lane);
  return { last, endIsOpen, lost };
}

/** Whether a chunk cannot be recovered, and nothing else is wrong. */
export function isLoss(error: unknown): error is EctarError {
  return error instanceof EctarError && ["damaged", "too-few"].includes(error.code);
}

/** @throws {EctarError} `no-space` or `io` when the lane's drive takes no more */
export function requireWorking(lane: DriveLane): void {
  if (lane.trouble === undefined) return;
  throw new EctarError(lane.alive ? "no-space" : "io", lane.trouble, { drive: lane.device.name });
}

/** Takes all shards of a chunk and puts one of them onto the tape. */
class TapeTarget implements ChunkShards {
  readonly k: number;
  readonly m: number;
  readonly blockSize = 1;
  readonly #lane: DriveLane;
  readonly #tapeFile: number;

  constructor(lane: DriveLane, k: number, m: number, tapeFile: number) {
    this.#lane = lane;
    this.k = k;
    this.m = m;
    this.#tapeFile = tapeFile;
  }

  async beginChunk(): Promise<void> {
    const { k, m } = this;
    this.#lane.beginFile();
    await this.#lane.put(encodeZfecHeader({ k, m, padlen: 0, sharenum: this.#lane.shard }));
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    await this.#lane.put(shards[this.#lane.shard]);
    requireWorking(this.#lane);
    return "ok";
  }

  endChunk(): Promise<void> {
    return Promise.resolve();
  }

  async discardChunk(): Promise<void> {
    await this.#lane.discardFile(this.#tapeFile);
  }
}
