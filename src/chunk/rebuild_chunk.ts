/**
 * Encodes a chunk anew from proven bytes: all m shards as they were when they were written.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ReedSolomon } from "../erasure/reed_solomon.ts";
import { EctarError } from "../errors.ts";
import type { ChunkRecord } from "../index/records.ts";
import { PieceChecksummer } from "./chunk_writer_pieces.ts";
import { type ChunkShards, StripeWriter } from "./chunk_writer_stripes.ts";
import { encodeCrc32List } from "./format_crc32.ts";
import type { ChunkHeader } from "./header.ts";
import { choosePieceSize, INDEX_PIECE_BYTES } from "./layout.ts";
import type { ChunkReader } from "./read_chunk.ts";
import type { OpenedChunk } from "./read_opened.ts";
import { type ChunkEnds, proveChunkEnds, proveHeaderBytes, seekEntries } from "./recover_ends.ts";
import { chunkChecksum } from "./trailer.ts";

/** A chunk that was encoded anew. */
export interface RebuiltChunk {
  /** Its header. */
  header: ChunkHeader;
  /** Its record for an index, but for what only the writing run knew (extents, missing shards). */
  record: ChunkRecord;
}

/** How a chunk is encoded anew. */
export interface RebuildOptions {
  /**
   * Read the chunk from its first byte to its last, as tapes like it; a chunk that its index does
   * not describe as it is cannot be rebuilt then. @default false
   */
  inOrder?: boolean | undefined;
  /** Called with the chunk bytes done, as they come. */
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Encodes chunks of archives with one k and m. */
export class ChunkRebuilder {
  readonly #codec: ReedSolomon;

  constructor(k: number, m: number) {
    this.#codec = ReedSolomon.create(k, m);
  }

  /**
   * Proves every byte of a chunk and hands all its shards to `target`, which gets `beginChunk`,
   * `write`s and, only once all is proven, `endChunk`; after a failure `discardChunk`.
   *
   * @throws {EctarError} `damaged` when a part of the chunk cannot be recovered, and what the target
   *   throws
   */
  async rebuild(
    reader: ChunkReader,
    target: ChunkShards,
    options: RebuildOptions = {},
  ): Promise<RebuiltChunk> {
    const { opened } = reader;
    const { chunk, m } = opened.prover.shards;
    const { chunkBytes } = opened.prover.layout;
    // Before anything is encoded: the trailer may know better than the index where frames lie.
    if (!options.inOrder && await proveChunkEnds(opened) === undefined) throw noEnds(chunk);
    const headerBytes = await proveHeaderBytes(opened);
    if (headerBytes === undefined) throw noEnds(chunk);
    const { facts } = opened;
    const pieces = new PieceChecksummer(m, indexPieceSize(opened.header!));
    const stripes = new StripeWriter(this.#codec, target, chunkBytes);
    try {
      await target.beginChunk(chunk);
      stripes.begin((shards) => pieces.update(shards));
      await stripes.setLength(chunkBytes);
      await stripes.append(headerBytes);
      await appendFrames(stripes, reader, options.onBytes);
      const ends = await proveChunkEnds(opened);
      if (ends === undefined || opened.facts.layout !== facts.layout) throw noEnds(chunk);
      await stripes.append(ends.trailerBytes);
      await stripes.appendZeros(ends.padding.end - ends.padding.start);
      await stripes.append(ends.seekTable);
      await stripes.settle();
      await target.endChunk();
      pieces.finish();
      const piece_crc32 = pieces.from(0).map(encodeCrc32List);
      const record = { ...recordWithoutPieces(opened, ends), piece_crc32 };
      return { header: ends.header, record };
    } catch (error) {
      await stripes.abandon();
      await target.discardChunk();
      throw error;
    } finally {
      stripes.free();
    }
  }
}

/** Payload bytes that one checksum in the index of such an archive covers. */
export function indexPieceSize({ k, m, chunkSize, blockSize }: ChunkHeader): number {
  return choosePieceSize(INDEX_PIECE_BYTES, k, m, chunkSize, blockSize);
}

async function appendFrames(
  stripes: StripeWriter,
  reader: ChunkReader,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  for await (const frame of reader.frames()) {
    if (frame.kind === "lost") {
      const { chunk } = reader.opened.prover.shards;
      throw new EctarError("damaged", `chunk ${chunk}: ${frame.reason}`, { chunk });
    }
    await stripes.append(frame.bytes);
    onBytes(frame.bytes.length);
  }
}

function noEnds(chunk: number): EctarError {
  const message = `chunk ${chunk}: its header or trailer cannot be recovered`;
  return new EctarError("damaged", message, { chunk });
}

/** A chunk's record for an index, but for the checksums of its pieces. */
export function recordWithoutPieces(
  { prover }: OpenedChunk,
  { header, trailer: { trailer, layout } }: ChunkEnds,
): Omit<ChunkRecord, "piece_crc32"> {
  return {
    chunk_number: header.chunk,
    compressed_size: prover.layout.chunkBytes,
    uncompressed_size: trailer.uncompressedSize,
    shard_size: prover.shards.headerBytes + prover.layout.shardBytes,
    checksum: chunkChecksum(trailer.frameSha256),
    tar_offset: header.tarOffset,
    next_member: header.nextMember,
    last: trailer.last,
    frame_sizes: seekEntries(layout).map((entry) => entry.compressedSize),
    frame_sha256: Buffer.from(trailer.frameSha256).toString("base64"),
  };
}
