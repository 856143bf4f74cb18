/**
 * Reading an archive back right after it was written, from the media and not from memory.
 *
 * @module
 */

import { dropFileCache } from "../../ffi/drop_cache.ts";
import { findArchiveFiles } from "../shard/places.ts";
import { shardFileName } from "../shard/shard_name.ts";
import type { CreateSummary } from "./create.ts";
import { withArchive } from "./extract_local.ts";
import { type ArchivePlaces, openPlaces } from "./tape_input.ts";
import { verifyArchive, type VerifyOptions, type VerifySummary } from "./verify.ts";

/** What was written, and where. */
export interface ReadBackOptions
  extends
    Pick<VerifyOptions, "signal" | "onProgress">,
    Pick<ArchivePlaces, "inputs" | "devices" | "timeouts" | "bufferBytes" | "onNotice"> {
  /** What the writing run says is missing: that is no news. */
  missing: CreateSummary["missing"];
}

/** What to name for reading an archive in files back: a directory may have its name, too. */
export function placesOfCreated(directory: string, name: string): string[] {
  return [`${directory}/${shardFileName(name, 1, 0)}`];
}

/**
 * Compares everything that was written with its checksums. Files are dropped from the system's cache
 * first, as far as it does that; tapes are rewound.
 *
 * @returns as `verifyArchive`, without the shards that were known to be missing
 * @throws {EctarError} when it cannot be read at all, `interrupted`
 */
export async function readBack(options: ReadBackOptions): Promise<VerifySummary> {
  const { inputs, devices, timeouts, bufferBytes, onNotice, missing, ...run } = options;
  if (inputs !== undefined) await dropCaches(inputs);
  const shards = await openPlaces({
    inputs,
    devices,
    signal: run.signal,
    onNotice,
    ...timeouts === undefined ? {} : { timeouts },
    ...bufferBytes === undefined ? {} : { bufferBytes },
  });
  const summary = await withArchive(
    shards,
    {},
    (archive) => verifyArchive(archive, { ...run, depth: "checksums" }),
  );
  const known = new Set(missing.map(({ chunk, shard }) => `${chunk}/${shard}`));
  const damage = summary.damage.filter(({ chunk, shard }) => !known.has(`${chunk}/${shard}`));
  const isWhole = summary.verdict === "repairable" && damage.length === 0 &&
    summary.indexDamage.length === 0;
  return { ...summary, damage, verdict: isWhole ? "whole" : summary.verdict };
}

async function dropCaches(inputs: readonly string[]): Promise<void> {
  const { shards, indexes } = await findArchiveFiles(inputs);
  for (const { path } of [...shards.values()].flat()) dropFileCache(path);
  for (const path of indexes) dropFileCache(path);
}
