/**
 * Walking a tape from tape file to tape file, looking at the first block of each.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { classifyFirstBlock, type FileKind } from "./first_block.ts";
import type { TapeHead } from "./tape_head.ts";

/** A tape file, seen from its beginning. */
export interface TapeFile {
  /** Number, from 0. */
  file: number;
  /** Logical block number of its first block, where the drive tells. */
  start: number | undefined;
  /** What it seems to be; `unreadable`: its first block cannot be read; `empty`: two filemarks. */
  kind: FileKind | { kind: "unreadable" } | { kind: "empty" };
  /** Its first block; valid until the walk goes on. */
  block: Uint8Array;
}

/** Larger than any usual block, so that bogus blocks, which fill the buffer, show. */
const WALK_BUFFER_BYTES = (1 << 20) + 4096;

/**
 * Goes through the tape files in order, to the end of data.
 *
 * @param head the tape
 * @param from number of the first tape file
 * @throws {EctarError} when the drive fails
 */
export async function* walkTapeFiles(head: TapeHead, from: number): AsyncGenerator<TapeFile> {
  let buffer: Uint8Array = new Uint8Array(WALK_BUFFER_BYTES);
  let empty = 0;
  for (let file = from; await head.seek(file, 0); file++) {
    const start = head.startOf(file);
    const read = await head.readAny(buffer);
    buffer = read.buffer;
    switch (read.met.kind) {
      case "end-of-data":
        return;
      case "filemark":
        // Two filemarks in a row end the data for many programs; one more look cannot harm.
        if (++empty > 1) return;
        yield { file, start, kind: { kind: "empty" }, block: read.block };
        continue;
      case "block":
        yield { file, start, kind: classifyFirstBlock(read.block), block: read.block };
        break;
      case "too-long":
        yield { file, start, kind: { kind: "unknown" }, block: read.block };
        break;
      case "bad-block":
        yield { file, start, kind: { kind: "unreadable" }, block: read.block };
        break;
    }
    empty = 0;
  }
}

/** What lies behind an archive's label on one tape. */
export interface ArchiveExtent {
  /** Chunks of which there is a tape file. */
  chunks: number;
  /** Blocks of each chunk's tape file, undefined where the drive does not tell. */
  chunkBlocks: (number | undefined)[];
  /** Tape file of the index, or undefined: the tape is incomplete. */
  indexFile: number | undefined;
  /** The last tape file where its beginning cannot be read: it counts as a chunk and may be the index. */
  unreadableEnd: number | undefined;
  /** The index's first block, as far as read. */
  indexStart: Uint8Array;
  /** Number of the tape file behind the archive. */
  endFile: number;
  /** Why the drive could go no further; what it has passed until then counts. */
  failure: EctarError | undefined;
}

/**
 * Goes through one archive on a tape.
 *
 * @param labelFile tape file of its label
 * @param blockSize bytes per block, as its label says; a longer one is none of its blocks
 * @returns what was found, until the drive failed if it did
 */
export async function surveyArchive(
  head: TapeHead,
  labelFile: number,
  blockSize: number,
): Promise<ArchiveExtent> {
  const starts: (number | undefined)[] = [];
  const found: ArchiveExtent = {
    chunks: 0,
    chunkBlocks: [],
    indexFile: undefined,
    unreadableEnd: undefined,
    indexStart: new Uint8Array(0),
    endFile: labelFile + 1,
    failure: undefined,
  };
  try {
    await walkArchive(head, found, blockSize, starts);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    found.failure = error;
  }
  for (let i = 0; i < found.chunks; i++) {
    const [start, next] = [starts[i], starts[i + 1] ?? head.startOf(labelFile + 2 + i)];
    found.chunkBlocks.push(
      start === undefined || next === undefined ? undefined : next - start - 1,
    );
  }
  return found;
}

async function walkArchive(
  head: TapeHead,
  found: ArchiveExtent,
  blockSize: number,
  starts: (number | undefined)[],
): Promise<void> {
  for await (const { file, start, kind, block } of walkTapeFiles(head, found.endFile)) {
    if (kind.kind === "label" || kind.kind === "broken-label" || kind.kind === "tar") break;
    if (kind.kind === "empty" || block.length > blockSize) break;
    found.endFile = file + 1;
    found.unreadableEnd = kind.kind === "unreadable" ? file : undefined;
    starts.push(start);
    if (kind.kind === "zstd") {
      found.indexFile = file;
      found.indexStart = block.slice(0, 128 * 1024);
      break;
    }
    found.chunks++;
  }
}
