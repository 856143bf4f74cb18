/**
 * The marker file of a commit (see commit.ts): what a killed run had decided to make visible. It may
 * be torn, or planted, so it is believed only where it is whole and names nothing but the archive's
 * own files.
 *
 * @module
 */

import * as v from "valibot";
import { archiveOfFile, indexFileName, parseShardFileName } from "./shard_name.ts";

const MARKER_SCHEMA = v.object({
  /** Of the run: the ending of its temporary names. */
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
  /** Archive UUID. */
  uuid: v.string(),
  /** Number of chunks, each with shards 0 to m-1. */
  chunks: v.pipe(v.number(), v.integer(), v.minValue(0)),
  m: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256)),
  /** Whether there is an index. */
  index: v.boolean(),
  /**
   * Of a repair: the only files that are replaced, by name, and the names under which the present
   * files of some of them are kept.
   */
  repair: v.optional(v.object({
    files: v.array(v.string()),
    aside: v.record(v.string(), v.string()),
  })),
});

/** A repair names each file it replaces; larger markers are none of ours. */
export const MAX_MARKER_BYTES = 256 * 2 ** 20;

/** A commit that was begun and not finished. */
export type PendingCommit = v.InferOutput<typeof MARKER_SCHEMA>;

/** The marker's content. */
export function encodeMarker(commit: PendingCommit): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(commit) + "\n");
}

/** Reads a marker of archive `name`; undefined when it never took effect or is none of ours. */
export function parseMarker(name: string, text: string): PendingCommit | undefined {
  // Killed while the marker was being written: it was not in force yet.
  if (!text.endsWith("\n")) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), MARKER_SCHEMA), text);
  if (!parsed.success) return undefined;
  const { repair } = parsed.output;
  const areOurs = (repair?.files ?? []).every((file) => isFileOf(name, file)) &&
    Object.entries(repair?.aside ?? {}).every(([file, kept]) => isAsideOf(file, kept));
  return areOurs ? parsed.output : undefined;
}

/** Whether a commit makes a file of that name. */
export function isMadeBy(
  { chunks, m, index }: PendingCommit,
  name: string,
  fileName: string,
): boolean {
  if (fileName === indexFileName(name)) return index;
  const shard = parseShardFileName(fileName);
  return shard?.name === name && shard.chunk <= chunks && shard.shard < m;
}

/** Name under which a repair keeps what stood under `finalName`, the `number`th of that kind. */
export function asideName(finalName: string, number: number): string {
  return `${finalName}.ectar-aside-${number}`;
}

function isAsideOf(finalName: string, kept: string): boolean {
  const number = Number(kept.slice(kept.lastIndexOf("-") + 1));
  return Number.isSafeInteger(number) && kept === asideName(finalName, number) &&
    !kept.includes("/");
}

/** Whether a file name is one of archive `name`'s, and no path to anywhere else. */
function isFileOf(name: string, fileName: string): boolean {
  return archiveOfFile(fileName) === name && !fileName.includes("/");
}
