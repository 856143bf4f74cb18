/**
 * What an archive looks like to whoever reads it, and what it holds: read without Workers, so that
 * hundreds of crashes can be looked at.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { OpenArchive } from "../../src/archive/open_archive.ts";
import { openPlaces } from "../../src/archive/tape_input.ts";
import { verifyArchive } from "../../src/archive/verify.ts";
import { EctarError } from "../../src/errors.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";

/** Where to look. */
export interface Where {
  /** Base names or directories. */
  inputs?: string[];
  /** Tape images. */
  devices?: string[];
}

/** What is there. */
export interface ArchiveState {
  /** Whether anybody would take it for a whole archive: complete, nothing lost. */
  looksWhole: boolean;
  /** Whether nothing at all is wrong with it. */
  isSound: boolean;
  /** Its tar, where that comes without a gap. */
  tar: Buffer | undefined;
  /** Why it cannot be read, or undefined. */
  refusal: EctarError | undefined;
}

/** Opens what is there; an EctarError is the second of the two results. */
async function withArchive<T>(
  where: Where,
  work: (archive: OpenArchive) => Promise<T>,
): Promise<T | EctarError> {
  try {
    const shards = await openPlaces(where);
    try {
      const decompressor = new InProcessCompressor();
      const archive = await OpenArchive.open({ shards, decompressor });
      try {
        return await work(archive);
      } finally {
        await archive.close();
      }
    } finally {
      await shards.close();
    }
  } catch (error) {
    if (error instanceof EctarError) return error;
    throw error;
  }
}

/** Verifies in full and reads the tar. */
export async function archiveState(where: Where): Promise<ArchiveState> {
  const verified = await withArchive(where, (archive) => verifyArchive(archive, { depth: "full" }));
  const tar = await withArchive(where, readTar);
  if (verified instanceof EctarError) {
    return { looksWhole: false, isSound: false, tar: undefined, refusal: verified };
  }
  return {
    looksWhole: verified.lost.length === 0 && verified.isComplete !== false,
    isSound: verified.verdict === "whole" && verified.damage.length === 0,
    tar: tar instanceof EctarError ? undefined : tar,
    refusal: tar instanceof EctarError ? tar : undefined,
  };
}

/** The tar, or undefined where there is a gap in it. */
async function readTar(archive: OpenArchive): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  for await (const item of archive.requireShards().tar()) {
    if (item.kind !== "data") return undefined;
    parts.push(item.bytes.slice());
  }
  return Buffer.concat(parts);
}
