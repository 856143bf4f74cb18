/**
 * Before a tape is overwritten that may hold the last good copy of some pieces: a proof that the
 * others do without it.
 *
 * @module
 */

import type { ChunkReader } from "../chunk/read_chunk.ts";
import type { ChunkRebuilder } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { OpenArchive } from "./open_archive.ts";
import { RepairTarget } from "./repair_target.ts";

/** Chunks that are named before the rest is only counted. */
const MAX_NAMED = 10;

/** What must do without a tape, and how that is found out. */
export interface SufficiencyOptions {
  /** The archive as the other tapes and files give it. */
  archive: OpenArchive;
  /** Encodes its chunks. */
  rebuilder: ChunkRebuilder;
  /** Shard on the tape that is to be overwritten. */
  shard: number;
  /** Drive it is in. */
  drive: string;
  /** Called with the chunk bytes proven, as they come; may throw to end the run. */
  onBytes: (bytes: number, chunk: number) => void;
}

/**
 * Proves every byte of every chunk as rebuilding does, and writes nothing.
 *
 * @throws {EctarError} `exists` when chunks cannot be recovered, naming them
 */
export async function refuseUnlessOthersSuffice(options: SufficiencyOptions): Promise<void> {
  const { archive, rebuilder, shard, drive, onBytes } = options;
  const prove = async (chunk: ChunkReader, number: number) => {
    try {
      const onChunkBytes = (bytes: number) => onBytes(bytes, number);
      const { k, m } = chunk.opened.prover.shards;
      const nowhere = new RepairTarget(k, m, [], []);
      await rebuilder.rebuild(chunk, nowhere, { inOrder: true, onBytes: onChunkBytes });
      return { lostFrames: 0, lost: undefined };
    } catch (error) {
      const isLost = error instanceof EctarError && ["damaged", "too-few"].includes(error.code);
      if (!isLost) throw error;
      return { lostFrames: 0, lost: error.message };
    }
  };
  const lost: number[] = [];
  let reason = "";
  for await (const check of archive.requireShards().visit(prove)) {
    if (check.lost === undefined) continue;
    if (lost.length === 0) reason = check.lost;
    lost.push(check.chunk);
  }
  if (lost.length === 0) return;
  throw new EctarError(
    "exists",
    `nothing was written: the tape in drive ${drive} is, or may be, shard ${shard} of ` +
      `${printablePath(archive.name)}, and the others do not give back ${
        chunksText(lost)
      } without it (${reason})`,
    {
      drive,
      archive: archive.name,
      hint: "load a blank tape to write on, and name this one with the others, to be read",
    },
  );
}

function chunksText(chunks: readonly number[]): string {
  if (chunks.length === 1) return `chunk ${chunks[0]}`;
  const others = chunks.length - MAX_NAMED;
  const named = chunks.slice(0, MAX_NAMED).join(", ");
  return `chunks ${named}${others > 0 ? ` and ${others} more` : ""}`;
}
