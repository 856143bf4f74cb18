/**
 * Checking an archive chunk by chunk, without decompressing anything.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { ChunkReader } from "./read_chunk.ts";
import type { DamageLog } from "./read_damage.ts";
import type { LostPart } from "./read_timeline.ts";

/** How much of a chunk is checked. */
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
}

/** The archive whose chunks are checked. */
export interface CheckedArchive {
  /** Archive name. */
  name: string;
  /** Numbers of the chunks that were found, rising. */
  chunks: readonly number[];
  /** Opens one of them; what is wrong with its shards goes to `damage`. */
  open(chunk: number): Promise<ChunkReader>;
  /** Whether the index calls a chunk the last; undefined when it does not know the chunk. */
  isLast(chunk: number): Promise<boolean | undefined>;
  /** Whether an index says that the archive was never finished. */
  isUnfinished: boolean;
  /** Takes damage of shards. */
  damage: DamageLog;
  /** Takes what cannot be restored. */
  lost: LostPart[];
  /** Takes what else was noticed. */
  remark(line: string): void;
}

/** Checks all chunks in order, those that should be there and are not included. */
export async function* checkChunks(
  archive: CheckedArchive,
  depth: CheckDepth,
): AsyncGenerator<ChunkCheck> {
  let next = 1;
  let ended = false;
  for (const chunk of archive.chunks) {
    if (ended) {
      archive.remark(`chunk ${chunk} comes after the archive's last; ignored`);
      continue;
    }
    for (; next < chunk; next++) yield lostChunk(archive, next, "no shards were found");
    next = chunk + 1;
    const { last, check } = await checkChunk(archive, chunk, depth);
    ended = last;
    yield check;
  }
  while (!ended) {
    const last = await archive.isLast(next);
    if (last === undefined) {
      if (!archive.isUnfinished) yield lostChunk(archive, next, "the archive's end was not found");
      else archive.remark(`${archive.name} was never finished: it ends after chunk ${next - 1}`);
      return;
    }
    yield lostChunk(archive, next, "no shards were found");
    ended = last;
    next++;
  }
}

async function checkChunk(
  archive: CheckedArchive,
  chunk: number,
  depth: CheckDepth,
): Promise<{ check: ChunkCheck; last: boolean }> {
  let reader: ChunkReader;
  try {
    reader = await archive.open(chunk);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    const last = await archive.isLast(chunk) ?? false;
    return { check: lostChunk(archive, chunk, error.message), last };
  }
  try {
    const { facts, proveEnds } = reader.opened;
    let lostFrames = 0;
    let lost: string | undefined;
    if (depth === "ends") await proveEnds();
    else {
      for await (const frame of reader.frames({ audit: depth })) {
        if (frame.kind !== "lost") continue;
        lostFrames++;
        lost ??= frame.reason;
      }
    }
    if (lost !== undefined) recordLoss(archive, chunk, lost);
    const frames = facts.layout.data.length;
    return { check: { chunk, frames, lostFrames, lost }, last: facts.last };
  } finally {
    await reader.close();
  }
}

function lostChunk(archive: CheckedArchive, chunk: number, reason: string): ChunkCheck {
  archive.damage.loseChunk(chunk);
  recordLoss(archive, chunk, reason);
  return { chunk, frames: undefined, lostFrames: undefined, lost: reason };
}

function recordLoss(archive: CheckedArchive, chunk: number, reason: string): void {
  archive.lost.push({
    chunks: { first: chunk, last: chunk },
    tar: { start: 0, end: undefined },
    reason: reason.includes(`chunk ${chunk}`) ? reason : `chunk ${chunk}: ${reason}`,
  });
}
