/**
 * Verifying an archive: how much of it is as it was written, what would still restore, and how much
 * more could be lost.
 *
 * @module
 */

import type { CheckDepth, ChunkCheck } from "../chunk/read_check.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";
import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import type { FileRecord } from "../index/records.ts";
import { printablePath } from "../printable.ts";
import { streamRecords } from "./list.ts";
import type { OpenArchive } from "./open_archive.ts";
import { recordPath } from "./selected_ranges.ts";

/**
 * How thorough: `quick` looks at presence, sizes, headers and identity; `checksums` reads everything
 * and compares all checksums; `full` besides compares parity with data and every file's content.
 */
export type VerifyDepth = "quick" | "checksums" | "full";

/** How to verify. */
export interface VerifyOptions {
  /** How thorough. */
  depth: VerifyDepth;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Called after each chunk. */
  onChunk?: ((check: ChunkCheck) => void) | undefined;
}

/** A file whose content or metadata is not what the index says. */
export interface WrongFile {
  /** Printable path. */
  path: string;
  /** What differs. */
  reason: string;
}

/** What came of it. */
export interface VerifySummary {
  /** Archive name. */
  name: string;
  /** Archive UUID, where it is proven. */
  uuid: string | undefined;
  /** How thorough it was. */
  depth: VerifyDepth;
  /** Data and total shards, where known. */
  shardCounts: { k: number; m: number } | undefined;
  /** By chunk, in order. */
  chunks: ChunkCheck[];
  /** What is wrong with which shard. */
  damage: ShardDamage[];
  /** What cannot be restored. */
  lost: readonly LostPart[];
  /** Files that differ from the index; only at `full` and with an index. */
  wrongFiles: WrongFile[];
  /** Files compared with the index. */
  filesCompared: number;
  /** What was noticed, one line each. */
  remarks: string[];
  /** The verdict: whole, damaged but restorable, or something is lost. */
  verdict: "whole" | "repairable" | "unrepairable";
}

/** Most wrong files that are listed. */
const MAX_WRONG_FILES = 10_000;

const DEPTHS: Record<VerifyDepth, CheckDepth> = {
  quick: "ends",
  checksums: "pieces",
  full: "parity",
};

/**
 * Verifies an archive.
 *
 * @throws {EctarError} `not-found` without shards, `interrupted`
 */
export async function verifyArchive(
  archive: OpenArchive,
  options: VerifyOptions,
): Promise<VerifySummary> {
  const reader = archive.requireShards();
  const chunks: ChunkCheck[] = [];
  for await (const check of reader.check(DEPTHS[options.depth])) {
    if (options.signal?.aborted) throw new EctarError("interrupted", "interrupted");
    chunks.push(check);
    options.onChunk?.(check);
  }
  const lost = [...reader.lost];
  const comparison = options.depth === "full" && archive.index !== undefined
    ? await compareFiles(archive, archive.index.reader.files(), options)
    : { wrong: [], compared: 0 };
  const damage = reader.damage.report();
  const unfinished = archive.index?.head.complete === false;
  const isLost = lost.length > 0 || comparison.wrong.length > 0;
  return {
    name: archive.name,
    uuid: reader.archiveUuid,
    depth: options.depth,
    shardCounts: reader.shardCounts,
    chunks,
    damage,
    lost,
    wrongFiles: comparison.wrong,
    filesCompared: comparison.compared,
    remarks: archive.remarks,
    verdict: isLost ? "unrepairable" : damage.length > 0 || unfinished ? "repairable" : "whole",
  };
}

/** Reads all members and compares them with the index's records, in order. */
async function compareFiles(
  archive: OpenArchive,
  recorded: AsyncGenerator<FileRecord>,
  options: VerifyOptions,
): Promise<{ wrong: WrongFile[]; compared: number }> {
  const wrong: WrongFile[] = [];
  let compared = 0;
  const blame = (file: FileRecord, reason: string) => {
    if (wrong.length < MAX_WRONG_FILES) {
      wrong.push({ path: printablePath(recordPath(file)), reason });
    }
  };
  try {
    await streamRecords(archive, { checksums: true, signal: options.signal }, async (file) => {
      const { value, done } = await recorded.next();
      compared++;
      if (done) return blame(file, "it is not in the index");
      const field = firstDifference(file, value);
      if (field !== undefined) blame(file, `${field} differs from the index`);
    });
    for await (const file of recorded) blame(file, "it is in the index, not in the shards");
  } finally {
    await recorded.return(undefined);
  }
  return { wrong, compared };
}

function firstDifference(read: FileRecord, recorded: FileRecord): string | undefined {
  for (const [name, value] of Object.entries(recorded)) {
    const other = read[name as keyof FileRecord];
    if (JSON.stringify(other) !== JSON.stringify(value)) return name;
  }
  return undefined;
}
