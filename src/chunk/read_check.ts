/**
 * Checking an archive chunk by chunk, without decompressing anything.
 *
 * @module
 */

import { EctarError, isHostLimit } from "../errors.ts";
import type { ArchiveChunks } from "./read_archive_chunks.ts";
import type { ChunkReader } from "./read_chunk.ts";
import { settleNames } from "./recover_names.ts";

/**
 * How much of a chunk is checked. `ends`: presence, sizes, identity, header and trailer; `pieces`:
 * all bytes of all shards against their checksums; `parity`: besides, all shards against each other.
 */
export type CheckDepth = "ends" | "pieces" | "parity";

/** What came of checking a chunk. */
export interface ChunkCheck {
  /** Chunk number, from 1. */
  chunk: number;
  /** Data frames in it; undefined when nothing of it can be read. */
  frames: number | undefined;
  /** Those that cannot be restored; undefined when nothing of it can be read. */
  lostFrames: number | undefined;
  /** Why something cannot be restored; undefined when all can. */
  lost: string | undefined;
  /** Whether no chunk comes after it. */
  last: boolean;
}

/** What came of looking at a chunk that could be opened. */
export interface ChunkFinding {
  /** Data frames that cannot be restored. */
  lostFrames: number;
  /** Why something cannot be restored; undefined when all can. */
  lost: string | undefined;
}

/** Looks at one open chunk. */
export type ChunkVisit = (reader: ChunkReader, chunk: number) => Promise<ChunkFinding>;

/**
 * Visits all chunks in order, those that should be there and are not included.
 *
 * @param from chunk to begin with; those before it count as visited
 */
export async function* visitChunks(
  archive: ArchiveChunks,
  visit: ChunkVisit,
  from = 1,
): AsyncGenerator<ChunkCheck> {
  let next = from;
  let ended = false;
  for (const chunk of archive.numbers) {
    if (chunk < from) continue;
    if (ended) {
      archive.remark(`chunk ${chunk} comes after the archive's last; ignored`);
      continue;
    }
    for (; next < chunk; next++) yield lostChunk(archive, next, "no shards were found", false);
    next = chunk + 1;
    const check = await visitChunk(archive, chunk, visit);
    ended = check.last;
    yield check;
  }
  while (!ended) {
    const last = (await archive.recordOf(next))?.last;
    if (last === undefined) {
      const reason = "the archive's end was not found";
      if (!archive.isUnfinished) yield lostChunk(archive, next, reason, true);
      else archive.remark(`${archive.name} was never finished: it ends after chunk ${next - 1}`);
      return;
    }
    yield lostChunk(archive, next, "no shards were found", last);
    ended = last;
    next++;
  }
}

async function visitChunk(
  archive: ArchiveChunks,
  chunk: number,
  visit: ChunkVisit,
): Promise<ChunkCheck> {
  let reader: ChunkReader;
  try {
    reader = await archive.open(chunk);
  } catch (error) {
    if (!(error instanceof EctarError) || isHostLimit(error)) throw error;
    const last = (await archive.recordOf(chunk))?.last ?? false;
    return lostChunk(archive, chunk, error.message, last);
  }
  try {
    const { lostFrames, lost } = await visit(reader, chunk);
    if (lost !== undefined) recordLoss(archive, chunk, lost);
    const { facts } = reader.opened;
    const frames = facts.layout.data.length;
    return { chunk, frames, lostFrames, lost, last: facts.last };
  } finally {
    await reader.close();
  }
}

/**
 * Checks a chunk without decompressing anything.
 *
 * @param onBytes called with the chunk bytes that were proven, as they come
 */
export function checkAt(
  depth: CheckDepth,
  onBytes: (bytes: number) => void = () => {},
): ChunkVisit {
  return async (reader) => {
    if (depth === "ends") {
      await reader.opened.proveEnds();
      settleNames(reader.opened.prover, false);
      return { lostFrames: 0, lost: undefined };
    }
    let lostFrames = 0;
    let lost: string | undefined;
    for await (const frame of reader.frames({ audit: depth })) {
      if (frame.kind === "frame") onBytes(frame.bytes.length);
      if (frame.kind !== "lost") continue;
      lostFrames++;
      lost ??= frame.reason;
    }
    return { lostFrames, lost };
  };
}

function lostChunk(
  archive: ArchiveChunks,
  chunk: number,
  reason: string,
  last: boolean,
): ChunkCheck {
  archive.damage.loseChunk(chunk);
  recordLoss(archive, chunk, reason);
  return { chunk, frames: undefined, lostFrames: undefined, lost: reason, last };
}

function recordLoss(archive: ArchiveChunks, chunk: number, reason: string): void {
  archive.lost.push({
    chunks: { first: chunk, last: chunk },
    tar: { start: 0, end: undefined },
    reason: reason.includes(`chunk ${chunk}`) ? reason : `chunk ${chunk}: ${reason}`,
  });
}
