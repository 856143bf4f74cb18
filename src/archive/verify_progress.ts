/**
 * How far a verification has come that may go on another day, and what it has found so far: plain
 * data that goes to JSON and back.
 *
 * @module
 */

import * as v from "valibot";
import type { ChunkCheck } from "../chunk/read_check.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";
import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const range = v.object({ start: count, end: count });
/** What is undefined in memory is absent in JSON. */
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(schema);

const progressSchema = v.object({
  state: v.literal("ectar-verify"),
  version: v.literal(1),
  /** Archive name. */
  archiveName: v.string(),
  /** Archive UUID, where it is proven. */
  archiveUuid: maybe(v.string()),
  /** How thorough the run is. */
  depth: v.picklist(["quick", "checksums", "full"]),
  /** What comes next. */
  phase: v.picklist(["indexes", "chunks", "files", "done"]),
  /** Chunk to go on with. */
  nextChunk: v.pipe(count, v.minValue(1)),
  /** Chunk bytes proven so far. */
  bytes: count,
  /** Members compared so far. */
  filesCompared: count,
  chunks: v.array(v.object({
    chunk: count,
    frames: maybe(count),
    lostFrames: maybe(count),
    lost: maybe(v.string()),
    last: v.boolean(),
  })),
  damage: v.array(v.object({
    chunk: count,
    shard: count,
    origin: v.string(),
    what: v.picklist(["missing", "truncated", "foreign", "misnamed", "damaged", "unreadable"]),
    ranges: v.array(range),
    repaired: v.boolean(),
    detail: v.string(),
  })),
  indexDamage: v.array(v.object({ origin: v.string(), problem: v.string() })),
  lost: v.array(v.object({
    chunks: v.object({ first: count, last: maybe(count) }),
    tar: v.object({ start: count, end: maybe(count) }),
    reason: v.string(),
  })),
  wrongFiles: v.array(v.object({ path: v.string(), reason: v.string() })),
  remarks: v.array(v.string()),
});

/** Where a verification ended; the fields are those of the schema above. */
export interface VerifyProgress {
  /** What this is. */
  state: "ectar-verify";
  /** Version of this form. */
  version: 1;
  /** Archive name. */
  archiveName: string;
  /** Archive UUID, where it is proven. */
  archiveUuid: string | undefined;
  /** How thorough the run is. */
  depth: "quick" | "checksums" | "full";
  /** What comes next. */
  phase: "indexes" | "chunks" | "files" | "done";
  /** Chunk to go on with. */
  nextChunk: number;
  /** Chunk bytes proven so far. */
  bytes: number;
  /** Members compared so far. */
  filesCompared: number;
  /** Chunks checked so far. */
  chunks: ChunkCheck[];
  /** What is wrong with which shard. */
  damage: ShardDamage[];
  /** Indexes that are damaged or foreign. */
  indexDamage: { origin: string; problem: string }[];
  /** What cannot be restored. */
  lost: LostPart[];
  /** Files that differ from the index. */
  wrongFiles: { path: string; reason: string }[];
  /** What was noticed, one line each. */
  remarks: string[];
}

/** A run that has not begun. */
export function emptyProgress(
  archiveName: string,
  archiveUuid: string | undefined,
  depth: VerifyProgress["depth"],
): VerifyProgress {
  return {
    state: "ectar-verify",
    version: 1,
    archiveName,
    archiveUuid,
    depth,
    phase: "indexes",
    nextChunk: 1,
    bytes: 0,
    filesCompared: 0,
    chunks: [],
    damage: [],
    indexDamage: [],
    lost: [],
    wrongFiles: [],
    remarks: [],
  };
}

/**
 * Reads what was written as JSON.
 *
 * @throws {EctarError} `format` when it is no such thing
 */
export function parseProgress(text: string): VerifyProgress {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), progressSchema), text);
  if (!parsed.success) throw new EctarError("format", "it is no state of `ectar verify --resume`");
  const { archiveUuid, chunks, lost, ...rest } = parsed.output;
  return {
    ...rest,
    archiveUuid,
    chunks: chunks.map(({ chunk, frames, lostFrames, lost: reason, last }) => ({
      chunk,
      frames,
      lostFrames,
      lost: reason,
      last,
    })),
    lost: lost.map(({ chunks: { first, last }, tar: { start, end }, reason }) => ({
      chunks: { first, last },
      tar: { start, end },
      reason,
    })),
  };
}

/** @throws {EctarError} `usage` when the run that ended was of another archive or depth */
export function refuseOtherRun(
  progress: VerifyProgress,
  archiveName: string,
  archiveUuid: string | undefined,
  depth: VerifyProgress["depth"],
): void {
  const hint = "give another file to --resume, or remove that one to begin anew";
  if (progress.archiveUuid !== archiveUuid || progress.archiveName !== archiveName) {
    throw new EctarError("usage", `the run to be resumed was of ${progress.archiveName}`, { hint });
  }
  if (progress.depth !== depth) {
    throw new EctarError("usage", `the run to be resumed was ${progress.depth}, not ${depth}`, {
      hint,
    });
  }
}
