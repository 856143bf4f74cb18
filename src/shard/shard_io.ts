/**
 * The seam between the chunks and where their shards lie: files or tapes. Chunk code sees these
 * interfaces only.
 *
 * @module
 */

/** Blocks of one tape file (or bytes of one shard file) that hold a part of a shard. */
export interface Extent {
  /** Volume number in the tape set member, from 0; 0 for files. */
  volume: number;
  /** Tape file number on that volume, from 0; 0 for shard files. */
  tapeFile: number;
  /** First block of the part in that tape file. */
  firstBlock: number;
  /** Number of blocks. */
  blocks: number;
}

/** What became of one shard of a chunk that was written. */
export interface ShardPlacement {
  /** Shard number, from 0. */
  shard: number;
  /** Where it lies; empty when it is missing. */
  extents: readonly Extent[];
  /** Why it is missing, or undefined when it was committed. */
  missing: string | undefined;
}

/** What happened to the medium while a batch was written. */
export type MediumState =
  /** Go on. */
  | "ok"
  /** At least one medium is near its end: finish or give up the running chunk, start no other. */
  | "near-end"
  /** At least one medium is full: the running chunk cannot be finished. */
  | "full";

/**
 * Takes all m shards of an archive, chunk after chunk. Implementations write to files or to tape
 * drives and decide which outputs are still alive; they throw an `EctarError` of code `too-few`
 * once fewer than the required number are.
 *
 * Call order: `(beginChunk write* (endChunk | discardChunk))* freeze writeIndex? close`, and
 * `abort` at any time instead of the rest.
 */
export interface ShardSetWriter {
  /** Data shards. */
  readonly k: number;
  /** Total shards. */
  readonly m: number;
  /** Block size in bytes every shard is a multiple of (1 for plain files). */
  readonly blockSize: number;
  /** Whether an archive that had to stop early is still worth having (tapes) or not (files). */
  readonly keepsIncomplete: boolean;
  /** Starts chunk `chunk` (from 1) and writes each shard's zfec header. */
  beginChunk(chunk: number): Promise<void>;
  /**
   * Appends to every shard. `shards[i]` are the next payload bytes of shard i, all of the same
   * length; they may be overwritten by the caller once the promise resolves.
   */
  write(shards: readonly Uint8Array[]): Promise<MediumState>;
  /** Ends the chunk. Placements may still turn to missing until `freeze`. */
  endChunk(): Promise<void>;
  /** Takes back the running chunk, as if it had never begun. */
  discardChunk(): Promise<void>;
  /**
   * Commits everything (fsync, synchronous filemark) and closes the books: for each chunk from 1,
   * the placement of each of its m shards. Nothing reported here is lost by a later failure of an
   * output that was alive. Chunks at the end that too few media turned out to have room for are
   * taken back: there are no placements of them.
   */
  freeze(): Promise<ShardPlacement[][]>;
  /** Writes the finished index (the bytes of NAME.index.zst) everywhere it belongs. */
  writeIndex(index: AsyncIterable<Uint8Array>, size: number): Promise<void>;
  /** Makes the result visible under its final names and lets go of all resources. */
  close(): Promise<void>;
  /** Gives up: removes what can be removed; returns one line for each thing left behind. */
  abort(): Promise<string[]>;
}

/** A stretch `start ≤ offset < end`, in bytes. */
export interface ByteRange {
  /** First byte. */
  start: number;
  /** Byte after the last. */
  end: number;
}

/** What a read brought: how many bytes there were, and which of them could not be read. */
export interface ShardRead {
  /** Bytes up to the end of the shard or of the target, unreadable ones included. */
  length: number;
  /** Stretches relative to the target's start that could not be read (zeroed), in rising order. */
  holes: readonly ByteRange[];
}

/** One shard of one chunk, found somewhere. Not yet trusted in any way. */
export interface ShardHandle {
  /** Where it is, for messages: a path, or `drive /dev/nst0, tape file 3`. */
  readonly origin: string;
  /** Chunk number its place or name claims. */
  readonly chunk: number;
  /** Shard number its place or name claims; its own zfec header may say otherwise. */
  readonly shard: number;
  /** Size in bytes with the zfec header, or undefined where only reading to the end tells. */
  readonly size: number | undefined;
  /** Why it cannot be opened, where that is so; every read throws the same then. */
  readonly failure?: string;
  /** Finds the size out, where the medium has a better way to it than reading here and there. */
  measure?(): Promise<number>;
  /** Measured, but the medium could not be read to the shard's end: there may have been more. */
  readonly endUnknown?: boolean;
  /** Measured, but so many bytes at the end may be none of the shard's. */
  readonly doubtfulBytes?: number;
  /**
   * Reads from `offset` (in the shard file, header included) until `target` is full or the shard
   * ends. Unreadable stretches come back as holes; it throws only when the whole shard has become
   * unreachable. Rising offsets are cheap; on tape, going back is slow.
   */
  read(offset: number, target: Uint8Array): Promise<ShardRead>;
  /** Lets go of it. */
  close(): Promise<void>;
}

/** A candidate for an archive's index. */
export interface IndexHandle {
  /** Where it is, for messages. */
  readonly origin: string;
  /** The bytes of NAME.index.zst, from the start at every call. */
  read(): AsyncIterable<Uint8Array>;
}

/** Finds the shards and indexes of one archive, wherever they lie. */
export interface ShardSetReader {
  /** Archive name as the places call it. */
  readonly name: string;
  /** Chunk numbers for which at least one shard was found, rising, without repeats. */
  chunkNumbers(): Promise<readonly number[]>;
  /** Every shard found for a chunk; several may claim the same number. Caller closes them. */
  openChunk(chunk: number): Promise<ShardHandle[]>;
  /** Every index found, the likeliest first. */
  indexes(): Promise<readonly IndexHandle[]>;
  /** What was noticed on the way: missing drives, unreadable places, wrong tapes; one line each. */
  readonly remarks: readonly string[];
  /** Lets go of everything. */
  close(): Promise<void>;
}
