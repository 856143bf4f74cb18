/**
 * One tape of the archive being read: which shard it holds and where its chunks are.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { Extent } from "../shard/shard_io.ts";
import { peekIndex } from "./index_peek.ts";
import { type BlockCount, notOnTape, ReadAhead } from "./read_ahead.ts";
import { type ArchiveExtent, surveyArchive, walkTapeFiles } from "./tape_files.ts";
import type { TapeHead } from "./tape_head.ts";
import type { UsableTape } from "./tape_set.ts";

/** Where the shards of one chunk lie, as its index record says. */
export interface ChunkPosition {
  /** Chunk number, from 1. */
  chunk: number;
  /** Bytes of each shard, zfec header included. */
  shardSize: number;
  /** For each shard by number; empty where it was not committed. */
  extents: readonly (readonly Extent[])[];
}

/** Where a shard lies on a tape. */
export interface ShardPlace {
  /** Its stretches, in order; the last may have no known end (`blocks` is Infinity). */
  extents: readonly Extent[];
  /** Bytes of the shard, where known. */
  size: number | undefined;
}

/** A tape of the archive. */
export class ArchiveTape {
  /** Drive it is in. */
  readonly drive: string;
  /** Shard number its label (or its first shard) says. */
  readonly shard: number;
  /** Its blocks. */
  readonly blocks: ReadAhead;
  /** What was noticed about it. */
  readonly remarks: string[] = [];
  readonly #labelFile: number;
  readonly #head: TapeHead;
  #survey: ArchiveExtent | undefined;
  /** Blocks of tape files that were counted. */
  readonly #counted = new Map<number, BlockCount>();
  /** First tape file that turned out not to be there. */
  #endFile = Infinity;

  /**
   * Takes a tape that was found.
   *
   * @param tape what was found in the drive
   * @param slots blocks of memory for it
   */
  constructor(tape: UsableTape, slots: number) {
    this.#head = tape.head;
    this.drive = tape.head.device.name;
    const labelled = tape.kind === "labelled";
    this.shard = labelled ? tape.label.shard : tape.header.sharenum;
    this.#labelFile = labelled ? tape.labelFile : 0;
    this.blocks = new ReadAhead(
      tape.head,
      labelled ? tape.label.blockSize : tape.blockSize,
      slots,
    );
    if (!labelled) {
      this.remarks.push(
        `drive ${this.drive}: the label cannot be read; its shards say ${this.shard}`,
      );
    }
  }

  /** Where the shard of a chunk is, or undefined when it is known not to be there. */
  placeOf(chunk: number, position: ChunkPosition | undefined): ShardPlace | undefined {
    const listed = position?.extents[this.shard]?.filter((extent) => extent.volume === 0) ?? [];
    const tapeFile = this.#labelFile + chunk;
    const extents = listed.length > 0
      ? listed
      : [{ volume: 0, tapeFile, firstBlock: 0, blocks: Infinity }];
    if (extents[0].tapeFile >= this.#endFile) return undefined;
    const blocks = this.#survey?.chunkBlocks[chunk - 1];
    const size = position?.shardSize ??
      (blocks === undefined ? undefined : blocks * this.blocks.blockSize);
    return { extents, size };
  }

  /**
   * Blocks of a tape file, counted by reading it.
   *
   * @throws {EctarError} when the drive fails
   */
  async blocksIn(tapeFile: number): Promise<BlockCount> {
    const known = this.#counted.get(tapeFile);
    if (known !== undefined) return known;
    const blocks = await this.blocks.countBlocks(tapeFile);
    this.#counted.set(tapeFile, blocks);
    return blocks;
  }

  /** Notes that a tape file is not there, so that it is not looked for again. */
  noteMissing(tapeFile: number): EctarError {
    this.#endFile = Math.min(this.#endFile, tapeFile);
    return notOnTape(this.drive, tapeFile);
  }

  /** Only so many chunks belong to the archive. */
  limitTo(chunks: number): void {
    this.#endFile = Math.min(this.#endFile, this.#labelFile + 1 + chunks);
  }

  /** Computes where tape files start from the sizes of all before them. */
  computeStarts(positions: Iterable<ChunkPosition>): void {
    const first = this.#labelFile + 1;
    const firstStart = this.#head.startOf(first);
    if (firstStart === undefined) return;
    let file = first;
    let start = firstStart;
    for (const { shardSize } of positions) {
      this.#head.noteStart(file++, start);
      start += shardSize / this.blocks.blockSize + 1;
    }
  }

  /** Goes through the archive on this tape, as far as the drive can. */
  async survey(): Promise<ArchiveExtent | undefined> {
    return await this.#attempt(async (head) => {
      this.#survey ??= await this.#goThrough(head);
      return this.#survey;
    });
  }

  /**
   * Finds the tape file of the index: usually the last one on the tape, else by going through.
   *
   * @param archiveUuid whose index it must be, where that is known
   */
  async findIndex(archiveUuid: string | undefined): Promise<number | undefined> {
    if (this.#survey !== undefined) return this.#survey.indexFile;
    const last = await this.#attempt((head) => lastFileIfIndex(head, archiveUuid));
    if (last === "none") return undefined;
    return last ?? (await this.survey())?.indexFile;
  }

  /** Stops reading ahead. */
  async stop(): Promise<void> {
    await this.blocks.exclusive(() => Promise.resolve());
  }

  async #goThrough(head: TapeHead): Promise<ArchiveExtent> {
    const found = await surveyArchive(head, this.#labelFile, this.blocks.blockSize);
    if (found.failure !== undefined) this.remarks.push(found.failure.message);
    if (found.unreadableEnd !== undefined) {
      this.remarks.push(
        `drive ${this.drive}: the beginning of tape file ${found.unreadableEnd} is unreadable: it ` +
          `may be the index and no chunk`,
      );
    }
    return found;
  }

  async #attempt<T>(work: (head: TapeHead) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.blocks.exclusive(work);
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.remarks.push(error.message);
      return undefined;
    }
  }
}

/**
 * The last tape file's number if it is the archive's index; "none" if it is no index at all: then
 * the archive on this tape has none. Undefined when only going through the tape can tell.
 */
async function lastFileIfIndex(
  head: TapeHead,
  archiveUuid: string | undefined,
): Promise<number | "none" | undefined> {
  const endFile = await head.toEndOfData();
  if (endFile === undefined || endFile < 2) return undefined;
  for await (const { file, kind, block } of walkTapeFiles(head, endFile - 1)) {
    if (kind.kind !== "zstd") return kind.kind === "shard" ? "none" : undefined;
    const peek = await peekIndex(block);
    const own = archiveUuid === undefined || peek.archiveUuid === archiveUuid;
    return own ? file : undefined;
  }
  return undefined;
}
