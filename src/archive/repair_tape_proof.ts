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
import { surveyArchive } from "../tape/tape_files.ts";
import { findTape } from "../tape/tape_set.ts";
import type { TimedDevice } from "../tape/timed_device.ts";
import type { OpenArchive } from "./open_archive.ts";
import { isLoss } from "./repair_tape_chunks.ts";
import { isOpenEnd } from "./repair_tape_end.ts";
import type { LostChunk } from "./repair_tape_options.ts";
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
  device: TimedDevice;
  /** Called with the chunk bytes proven, as they come; may throw to end the run. */
  onBytes: (bytes: number, chunk: number) => void;
}

/**
 * Proves every byte of every chunk as rebuilding does, and writes nothing. Where nothing tells the
 * archive's end, the tape must hold no more than is proven.
 *
 * @throws {EctarError} `exists` when chunks cannot be recovered, naming them
 */
export async function refuseUnlessOthersSuffice(options: SufficiencyOptions): Promise<void> {
  const { archive, rebuilder, shard, device, onBytes } = options;
  const prove = async (chunk: ChunkReader, number: number) => {
    try {
      const onChunkBytes = (bytes: number) => onBytes(bytes, number);
      const { k, m } = chunk.opened.prover.shards;
      const nowhere = new RepairTarget(k, m, [], []);
      await rebuilder.rebuild(chunk, nowhere, { inOrder: true, onBytes: onChunkBytes });
      return { lostFrames: 0, lost: undefined };
    } catch (error) {
      if (!isLoss(error)) throw error;
      return { lostFrames: 0, lost: error.message };
    }
  };
  const lost: LostChunk[] = [];
  let proven = 0;
  let endIsOpen = false;
  for await (const check of archive.requireShards().visit(prove)) {
    const { chunk, lost: reason } = check;
    if (reason === undefined) proven = chunk;
    else lost.push({ chunk, reason });
    endIsOpen = isOpenEnd(archive, check);
  }
  if (lost.length === 0) return;
  const [first] = lost;
  const onlyEnd = endIsOpen && proven > 0 && first.chunk > proven;
  if (onlyEnd && await holdsAtMost(device, archive, proven)) return;
  const drive = device.name;
  const lack = onlyEnd
    ? `may hold more of it than the others, which prove its chunks up to ${proven} and not its end`
    : `the others do not give back ${chunksText(lost)} without it (${first.reason})`;
  throw new EctarError(
    "exists",
    `nothing was written: the tape in drive ${drive} is, or may be, shard ${shard} of ` +
      `${printablePath(archive.name)}, and ${lack}`,
    {
      drive,
      archive: archive.name,
      hint: "load a blank tape to write on, and name this one with the others, to be read",
    },
  );
}

/** Whether all that a tape holds of the archive is so many chunks, and no index. */
async function holdsAtMost(
  device: TimedDevice,
  archive: OpenArchive,
  chunks: number,
): Promise<boolean> {
  const { uuid } = archive;
  if (uuid === undefined) return false;
  const found = await findTape(device, { uuid });
  if (found.kind !== "labelled") return false;
  const survey = await surveyArchive(found.head, found.labelFile, found.label.blockSize);
  return survey.failure === undefined && survey.indexFile === undefined && survey.chunks <= chunks;
}

function chunksText(lost: readonly LostChunk[]): string {
  const chunks = lost.map(({ chunk }) => chunk);
  if (chunks.length === 1) return `chunk ${chunks[0]}`;
  const others = chunks.length - MAX_NAMED;
  const named = chunks.slice(0, MAX_NAMED).join(", ");
  return `chunks ${named}${others > 0 ? ` and ${others} more` : ""}`;
}
