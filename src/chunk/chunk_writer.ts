/**
 * Writes the chunks of one archive: header, data frames, trailer with padding and seek table, cut
 * into stripes, encoded and handed to the shards as they come. Nothing holds a chunk whole.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ReedSolomon } from "../erasure/reed_solomon.ts";
import { EctarError } from "../errors.ts";
import { MAX_CHUNK_SIZE, MAX_DATA_FRAMES } from "../format_limits.ts";
import type { ChunkRecord } from "../index/records.ts";
import type { MediumState } from "../shard/shard_io.ts";
import { zfecHeaderLength } from "../shard/zfec_header.ts";
import { encodeSeekTable, type SeekEntry, seekTableBytes } from "../zstd/seek_table.ts";
import { PieceChecksummer } from "./chunk_writer_pieces.ts";
import { type ChunkShards, StripeWriter } from "./chunk_writer_stripes.ts";
import { encodeJsonFrame } from "./format.ts";
import { encodeCrc32List } from "./format_crc32.ts";
import { type ArchiveParameters, encodeHeader } from "./header.ts";
import { choosePieceSize, INDEX_PIECE_BYTES, TRAILER_PIECE_BYTES } from "./layout.ts";
import { type PaddingPlan, planPadding } from "./padding.ts";
import {
  chunkChecksum,
  type ChunkTrailer,
  type PieceChecksums,
  seekTableChecksum,
  trailerJson,
} from "./trailer.ts";

/** What the archive is; the rest follows from it and from the shards. */
export type ArchiveDescription = Omit<ArchiveParameters, "k" | "m" | "blockSize" | "pieceSize">;

/** One chunk between `beginChunk` and `endChunk`. */
interface RunningChunk {
  tarOffset: number;
  nextMember: number;
  /** Header, then data frames. */
  entries: SeekEntry[];
  frameSha256: Uint8Array[];
  chunkBytes: number;
  contentBytes: number;
  trailerPieces: PieceChecksummer;
  indexPieces: PieceChecksummer;
}

/** What comes after the last data frame. */
interface Tail {
  /** Trailer frame up to its padding. */
  trailer: Uint8Array;
  frameSha256: Uint8Array;
  plan: PaddingPlan;
  /** The whole seek table. */
  entries: SeekEntry[];
}

/**
 * Writes the chunks of one archive, one after another.
 *
 * Call order: `(beginChunk addFrame* (endChunk | discardChunk))* close`. After any error only
 * `discardChunk` and `close` may be called.
 */
export class ChunkWriter {
  /** What stands in every chunk header. */
  readonly archive: Readonly<ArchiveParameters>;
  /** Payload bytes of a shard that one CRC-32 in a {@link ChunkRecord} covers. */
  readonly indexPieceSize: number;
  readonly #shards: ChunkShards;
  readonly #stripes: StripeWriter;
  readonly #zfecHeaderBytes: number;
  #running: RunningChunk | undefined;
  #finishedChunks = 0;
  #previous: PieceChecksums | undefined;

  /**
   * @param shards where the shards go; it decides k, m and the block size
   * @throws {EctarError} `usage` when the parameters make no archive
   */
  constructor(shards: ChunkShards, archive: ArchiveDescription) {
    const { k, m, blockSize } = shards;
    const { chunkSize, frameSize } = archive;
    if (!(chunkSize >= 1 && chunkSize <= MAX_CHUNK_SIZE)) {
      throw new EctarError("usage", `chunk size must be 1 byte to 64 GiB, not ${chunkSize}`);
    }
    if (Math.ceil(chunkSize / frameSize) > MAX_DATA_FRAMES) {
      throw new EctarError("usage", `frame size ${frameSize} is too small for so large chunks`);
    }
    const pieceSize = choosePieceSize(TRAILER_PIECE_BYTES, k, m, chunkSize, blockSize);
    this.archive = { ...archive, k, m, blockSize, pieceSize };
    this.indexPieceSize = choosePieceSize(INDEX_PIECE_BYTES, k, m, chunkSize, blockSize);
    encodeHeader({ ...this.archive, chunk: 1, tarOffset: 0, nextMember: 0 });
    this.#shards = shards;
    this.#zfecHeaderBytes = zfecHeaderLength(k, m);
    this.#stripes = new StripeWriter(ReedSolomon.create(k, m), shards, chunkSize + 64 * 1024);
  }

  /** The worst state of the media since the running chunk, or the last one, was begun. */
  get state(): MediumState {
    return this.#stripes.state;
  }

  /**
   * Starts the next chunk: the first, or the one after the last that was ended.
   *
   * @param tarOffset offset in the tar stream of its first tar byte
   * @param nextMember tar offset of the first member that starts at or after `tarOffset`
   */
  async beginChunk(tarOffset: number, nextMember: number): Promise<void> {
    if (this.#running !== undefined) throw new TypeError("the chunk before is still running");
    const { m, pieceSize } = this.archive;
    const chunk = this.#finishedChunks + 1;
    const header = encodeHeader({ ...this.archive, chunk, tarOffset, nextMember });
    const trailerPieces = new PieceChecksummer(m, pieceSize);
    const indexPieces = new PieceChecksummer(m, this.indexPieceSize);
    this.#running = {
      tarOffset,
      nextMember,
      entries: [{ compressedSize: header.length, decompressedSize: 0 }],
      frameSha256: [],
      chunkBytes: header.length,
      contentBytes: 0,
      trailerPieces,
      indexPieces,
    };
    this.#stripes.begin((shards) => {
      trailerPieces.update(shards);
      indexPieces.update(shards);
    });
    await this.#shards.beginChunk(chunk);
    await this.#stripes.append(header);
  }

  /**
   * Appends a data frame. All but the chunk's last hold exactly `frameSize` tar bytes.
   *
   * @param pieces the pieces of one zstd frame with content size and checksum; free again on return
   * @param sha256 SHA-256 of that frame
   * @param uncompressedSize tar bytes in it
   * @returns the worst state of the media so far
   * @throws {EctarError} what the shards throw
   */
  async addFrame(
    pieces: readonly Uint8Array[],
    sha256: Uint8Array,
    uncompressedSize: number,
  ): Promise<MediumState> {
    const chunk = this.#runningChunk();
    const { frameSize, chunkSize } = this.archive;
    const full = chunk.frameSha256.length * frameSize === chunk.contentBytes;
    if (
      !full || uncompressedSize > frameSize || chunk.contentBytes + uncompressedSize > chunkSize
    ) {
      throw new RangeError(`a frame of ${uncompressedSize} bytes does not fit the chunk here`);
    }
    const compressedSize = pieces.reduce((sum, { length }) => sum + length, 0);
    chunk.entries.push({ compressedSize, decompressedSize: uncompressedSize });
    chunk.frameSha256.push(sha256);
    chunk.chunkBytes += compressedSize;
    chunk.contentBytes += uncompressedSize;
    for (const piece of pieces) await this.#stripes.append(piece);
    return this.#stripes.state;
  }

  /**
   * Writes trailer, padding and seek table, and ends the chunk.
   *
   * @param last whether it is the archive's last
   * @returns the chunk's record for the index, as far as it is known before the books are closed
   * @throws {EctarError} `no-space` when a medium ran full, or what the shards throw
   */
  async endChunk(last: boolean): Promise<ChunkRecord> {
    const chunk = this.#runningChunk();
    const number = this.#finishedChunks + 1;
    await this.#stripes.sendWholeStripes();
    const covered = chunk.trailerPieces.completed;
    const tail = this.#layOutTail(chunk, last);
    await this.#stripes.setLength(tail.plan.chunkBytes);
    await this.#stripes.append(tail.trailer);
    await this.#stripes.appendZeros(tail.plan.paddingBytes);
    await this.#stripes.append(encodeSeekTable(tail.entries));
    await this.#stripes.settle();
    if (this.#stripes.state === "full") {
      throw new EctarError("no-space", `a medium ran full: chunk ${number} cannot be finished`, {
        archive: this.archive.name,
        chunk: number,
      });
    }
    await this.#shards.endChunk();

    chunk.trailerPieces.finish();
    chunk.indexPieces.finish();
    this.#previous = {
      chunk: number,
      firstPiece: covered,
      crc32: chunk.trailerPieces.from(covered),
    };
    this.#running = undefined;
    this.#finishedChunks = number;
    return chunkRecord(number, chunk, tail, last);
  }

  /** Takes back the running chunk, as if it had never begun; the next has the same number. */
  async discardChunk(): Promise<void> {
    await this.#stripes.abandon();
    this.#running = undefined;
    await this.#shards.discardChunk();
  }

  /** Waits for writes in flight and gives the buffers back. Does not close the shards. */
  async close(): Promise<void> {
    await this.#stripes.abandon();
    this.#stripes.free();
  }

  #layOutTail(chunk: RunningChunk, last: boolean): Tail {
    const { k, blockSize } = this.archive;
    const trailer: ChunkTrailer = {
      archiveUuid: this.archive.archiveUuid,
      chunk: this.#finishedChunks + 1,
      uncompressedSize: chunk.contentBytes,
      frameSha256: Buffer.concat(chunk.frameSha256),
      last,
      seekTableSha256: seekTableChecksum(chunk.entries),
      pieceCrc32: chunk.trailerPieces.from(0),
      previous: this.#previous,
    };
    const json = trailerJson(trailer);
    const trailerBytes = encodeJsonFrame(json, 0).length;
    const unpadded = chunk.chunkBytes + trailerBytes + seekTableBytes(chunk.entries.length + 1);
    const plan = planPadding(unpadded, k, this.#zfecHeaderBytes, blockSize);
    const compressedSize = trailerBytes + plan.paddingBytes;
    return {
      trailer: encodeJsonFrame(json, plan.paddingBytes),
      frameSha256: trailer.frameSha256,
      plan,
      entries: [...chunk.entries, { compressedSize, decompressedSize: 0 }],
    };
  }

  #runningChunk(): RunningChunk {
    if (this.#running === undefined) throw new TypeError("no chunk is running");
    return this.#running;
  }
}

function chunkRecord(
  number: number,
  chunk: RunningChunk,
  tail: Tail,
  last: boolean,
): ChunkRecord {
  return {
    chunk_number: number,
    compressed_size: tail.plan.chunkBytes,
    uncompressed_size: chunk.contentBytes,
    shard_size: tail.plan.shardBytes,
    checksum: chunkChecksum(tail.frameSha256),
    tar_offset: chunk.tarOffset,
    next_member: chunk.nextMember,
    last,
    frame_sizes: tail.entries.map((entry) => entry.compressedSize),
    frame_sha256: Buffer.from(tail.frameSha256).toString("base64"),
    piece_crc32: chunk.indexPieces.from(0).map(encodeCrc32List),
  };
}
