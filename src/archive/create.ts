/**
 * Creating an archive: tar frames come from a source, are compressed in parallel, and go in order
 * through the chunk writer to the shards' outputs. Knows no file system, no terminal, no drive.
 *
 * @module
 */

import { ChunkWriter } from "../chunk/chunk_writer.ts";
import { EctarError } from "../errors.ts";
import { writeIndex } from "../index/index_writer.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import type { MediumState, ShardSetWriter } from "../shard/shard_io.ts";
import type { Note } from "../tree/note.ts";
import {
  type CompressedFrame,
  compressedSize,
  type FrameCompressor,
} from "../zstd/frame_compressor.ts";
import type { ArchiveHead } from "./archive_content.ts";
import { ChunkBooks, type MissingShard } from "./chunk_books.ts";
import { committedRecordsEnd } from "./committed_records.ts";
import { fillChecksums } from "./frame_checksums.ts";
import { FramesAhead } from "./frames_ahead.ts";
import type { TarFrame, TarTotals } from "./tar_frames.ts";
import type { TarSource } from "./tar_source.ts";

/** Hooks of a run. */
export interface CreateHooks {
  /** Ends the archive early. */
  signal?: AbortSignal | undefined;
  /** Called after each frame. */
  onProgress?: ((progress: CreateProgress) => void) | undefined;
  /**
   * Called once it is known about how many tar bytes there will be. The tree is walked once more for
   * it, at the same time; not called for other trees than this machine's.
   */
  onSize?: ((tarBytes: number) => void) | undefined;
  /** Called for each note as it comes. */
  onNote?: ((note: Note) => void) | undefined;
}

/** What an archive is made of and where it goes. */
export interface CreateParts extends CreateHooks {
  /** The tar stream; closed at the end. */
  source: TarSource;
  /** Compresses frames. */
  compressor: FrameCompressor;
  /** Takes the shards; closed or aborted at the end. */
  writer: ShardSetWriter;
  /** Makes a place where records wait until the index is written. */
  newSpool: () => Promise<RecordSpool>;
  /** What the index says before the chunks. */
  head: ArchiveHead;
  /** Write an index. @default true */
  index?: boolean | undefined;
  /** Where the index goes. @default the writer */
  indexTarget?: Pick<ShardSetWriter, "writeIndex"> | undefined;
}

/** How far a running `create` is. */
export interface CreateProgress {
  /** Tar bytes taken in. */
  tarBytes: number;
  /** Compressed bytes handed to the shards, without parity. */
  compressedBytes: number;
  /** Chunk being written. */
  chunk: number;
}

/** Why an archive ended before its source did. */
export type EarlyStop = "interrupted" | "medium-full";

/** What came of it. */
export interface CreateSummary {
  /** Why not everything was archived, or undefined when it was. */
  stopped: EarlyStop | undefined;
  /** What was read; undefined when it stopped early. */
  totals: TarTotals | undefined;
  /** Chunks written. */
  chunks: number;
  /** Tar bytes in those chunks. */
  tarBytes: number;
  /** Bytes of the chunks, padding included, without parity. */
  compressedBytes: number;
  /** Bytes of all shards. */
  shardBytes: number;
  /** Shards that were not committed. */
  missing: MissingShard[];
  /** Notes by kind, counted. */
  notes: Record<string, number>;
}

/**
 * Writes one archive.
 *
 * @throws {EctarError} when it cannot be finished; the outputs have been aborted then, and what they
 *   left behind stands in `context.hint`
 */
export async function createArchive(parts: CreateParts): Promise<CreateSummary> {
  const books = new ChunkBooks(await parts.newSpool());
  const fileSpool = await parts.newSpool();
  try {
    return await new CreateRun(parts, books, fileSpool).run();
  } catch (error) {
    const left = await parts.writer.abort();
    if (left.length === 0 || !(error instanceof EctarError)) throw error;
    const hint = [error.context.hint, ...left].filter(Boolean).join("; ");
    throw new EctarError(error.code, error.message, { ...error.context, hint }, { cause: error });
  } finally {
    await parts.source.close();
    await fileSpool.close();
    await books.close();
  }
}

class CreateRun {
  readonly #parts: CreateParts;
  readonly #chunks: ChunkWriter;
  readonly #books: ChunkBooks;
  readonly #fileSpool: RecordSpool;
  readonly #notes: Record<string, number> = {};
  #chunk = 0;
  /** Bytes of the records before each chunk, from the first on. */
  readonly #recordStarts: number[] = [];
  /** Bytes of the records that the index gets, where that is not all. */
  #recordsEnd: number | undefined;
  #tarBytes = 0;
  #compressedBytes = 0;
  #state: MediumState = "ok";

  constructor(parts: CreateParts, books: ChunkBooks, fileSpool: RecordSpool) {
    this.#parts = parts;
    this.#books = books;
    this.#fileSpool = fileSpool;
    const { head, writer } = parts;
    this.#chunks = new ChunkWriter(writer, {
      archiveUuid: head.archive_uuid,
      name: head.archive_name,
      created: head.created,
      frameSize: head.parameters.frame_size,
      chunkSize: head.parameters.chunk_size,
      compressionLevel: head.parameters.compression_level,
    });
  }

  async run(): Promise<CreateSummary> {
    const { writer, index } = this.#parts;
    let stopped: EarlyStop | undefined;
    try {
      stopped = await this.#writeChunks();
    } finally {
      await this.#chunks.close();
    }
    if (await this.#freeze()) stopped ??= "medium-full";
    if (index !== false) await this.#writeIndex(stopped === undefined);
    await writer.close();
    return this.#summary(stopped);
  }

  async #writeChunks(): Promise<EarlyStop | undefined> {
    const { source, compressor, signal, head } = this.#parts;
    const level = head.parameters.compression_level;
    const frames = new FramesAhead({ source, compressor, level, signal });
    try {
      for (;;) {
        const next = await frames.next();
        if (next === "aborted") return await this.#stopEarly("interrupted");
        if (next === undefined) return await this.#endLastChunk();
        if (!await this.#writeFrame(next.frame, await next.compressed)) return "medium-full";
        if (this.#state !== "ok" && frames.mayHaveMore) return await this.#stopEarly("medium-full");
      }
    } finally {
      await frames.settle();
    }
  }

  /** Returns false when the media have no room for the chunk that the frame would begin. */
  async #writeFrame(frame: TarFrame, compressed: CompressedFrame): Promise<boolean> {
    const { source, onNote, onProgress } = this.#parts;
    if (frame.chunk !== this.#chunk) {
      if (this.#chunk > 0 && !await this.#hasRoomBehindChunk()) return false;
      await this.#chunks.beginChunk(frame.chunkOffset, frame.nextMember);
      this.#chunk = frame.chunk;
      this.#recordStarts.push(this.#fileSpool.size);
    }
    const tarBytes = frame.data.length;
    this.#state = await this.#chunks.addFrame(compressed.pieces, compressed.sha256, tarBytes);
    source.release(frame.slot);
    fillChecksums(frame, compressed.partSums);
    await this.#spool(frame.records);
    for (const note of frame.notes) {
      this.#notes[note.kind] = (this.#notes[note.kind] ?? 0) + 1;
      onNote?.(note);
    }
    this.#tarBytes += tarBytes;
    this.#compressedBytes += compressedSize(compressed);
    onProgress?.({
      tarBytes: this.#tarBytes,
      compressedBytes: this.#compressedBytes,
      chunk: this.#chunk,
    });
    return true;
  }

  /** Ends the running chunk; how full the media are may show only now. */
  async #hasRoomBehindChunk(): Promise<boolean> {
    if (this.#parts.writer.keepsIncomplete) {
      return await this.#endOrDiscardChunk(false) && this.#chunks.state === "ok";
    }
    await this.#endChunk(false);
    return true;
  }

  async #spool(records: TarFrame["records"]): Promise<void> {
    if (records.length === 0) return;
    await this.#fileSpool.append(records);
    // Frees them: megabytes with every frame of small files would await the garbage collector.
    records.buffer.transfer(0);
  }

  async #endChunk(last: boolean): Promise<void> {
    await this.#books.add(await this.#chunks.endChunk(last));
  }

  async #endLastChunk(): Promise<EarlyStop | undefined> {
    if (!this.#parts.writer.keepsIncomplete) {
      await this.#endChunk(true);
      return undefined;
    }
    return await this.#endOrDiscardChunk(true) ? undefined : "medium-full";
  }

  /** Ends the archive before its source does; what the running chunk holds so far is kept. */
  async #stopEarly(reason: EarlyStop): Promise<EarlyStop> {
    if (!this.#parts.writer.keepsIncomplete) {
      if (reason === "medium-full") {
        throw new EctarError("no-space", "no space left for the shards");
      }
      throw new EctarError("interrupted", "interrupted; nothing was written");
    }
    if (this.#chunk > 0) await this.#endOrDiscardChunk(false);
    return reason;
  }

  /** Ends the running chunk where the media have room for that, else takes it back. */
  async #endOrDiscardChunk(last: boolean): Promise<boolean> {
    if (this.#state !== "full") {
      try {
        await this.#endChunk(last);
        return true;
      } catch (error) {
        if (!(error instanceof EctarError) || error.code !== "no-space") throw error;
      }
    }
    await this.#chunks.discardChunk();
    await this.#leaveRecordsOut();
    return false;
  }

  /** Closes the books; returns whether chunks that had ended were taken back. */
  async #freeze(): Promise<boolean> {
    const placements = await this.#parts.writer.freeze();
    const isCut = placements.length < this.#books.chunks;
    if (isCut) {
      await this.#books.keep(placements.length);
      await this.#leaveRecordsOut();
    }
    this.#books.place(placements);
    return isCut;
  }

  /** Leaves out of the index what is not whole in the chunks that are in the books. */
  async #leaveRecordsOut(): Promise<void> {
    this.#recordsEnd = await committedRecordsEnd(
      this.#fileSpool,
      this.#recordStarts[this.#books.chunks],
      this.#parts.head.parameters.chunk_size,
      this.#books.tarBytes,
    );
  }

  async #writeIndex(complete: boolean): Promise<void> {
    const { writer, head, indexTarget } = this.#parts;
    const parameters = { ...head.parameters, piece_size: this.#chunks.indexPieceSize };
    const whole = { ...head, complete, parameters };
    const records = this.#books.records();
    const target = indexTarget ?? writer;
    await writeIndex(whole, records, this.#fileSpool, target, this.#recordsEnd);
  }

  #summary(stopped: EarlyStop | undefined): CreateSummary {
    const { source, writer } = this.#parts;
    return {
      stopped,
      totals: stopped === undefined ? source.totals : undefined,
      chunks: this.#books.chunks,
      tarBytes: this.#books.tarBytes,
      compressedBytes: this.#books.chunkBytes,
      shardBytes: this.#books.shardBytes * writer.m,
      missing: this.#books.missing,
      notes: this.#notes,
    };
  }
}
