/**
 * Reading a tape back right after it was written in place of a lost one. The tape alone is read: all
 * that is on it is known by its checksums.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { decodeCrc32List } from "../chunk/format_crc32.ts";
import type { ChunkHeader } from "../chunk/header.ts";
import { EctarError } from "../errors.ts";
import type { ChunkRecord } from "../index/records.ts";
import { encodeZfecHeader } from "../shard/zfec_header.ts";
import { ArchiveTape } from "../tape/archive_tape.ts";
import { tapeIndexHandle } from "../tape/tape_index_handle.ts";
import { TapeShardHandle } from "../tape/tape_shard_handle.ts";
import { describeTape, findTape } from "../tape/tape_set.ts";
import type { TimedDevice } from "../tape/timed_device.ts";
import type { ChunkBooks } from "./chunk_books.ts";

/** What was written, and where. */
export interface TapeReadBackOptions {
  /** The drive. */
  device: TimedDevice;
  /** Header of one of the archive's chunks. */
  header: ChunkHeader;
  /** Shard on the tape. */
  shard: number;
  /** UUID of the volume. */
  volumeUuid: string;
  /** The chunks. */
  books: ChunkBooks;
  /** Payload bytes that one checksum of a chunk's record covers. */
  pieceBytes: number;
  /** SHA-256 of the index with its padding, in hexadecimal; undefined when there is none. */
  indexSha256: string | undefined;
  /** Blocks of memory for reading ahead. */
  slots: number;
  /** Called with the bytes read, as they come; may throw to end the run. */
  onBytes: (bytes: number, chunk: number) => void;
}

/** Something on the tape that is not as it was written. */
export interface TapeFault {
  /** Chunk, from 1; undefined for label and index. */
  chunk: number | undefined;
  /** One line: what was noticed. */
  problem: string;
}

/**
 * Rewinds the tape and compares label, shards and index with what was written.
 *
 * @returns what differs, or cannot be read; empty where all is well
 */
export async function readTapeBack(options: TapeReadBackOptions): Promise<TapeFault[]> {
  const faults: TapeFault[] = [];
  const tape = await openTape(options, faults);
  if (tape === undefined) return faults;
  try {
    for await (const record of options.books.records()) {
      const chunk = record.chunk_number;
      const problem = await attempt(() => compareShard(tape, record, options));
      if (problem !== undefined) faults.push({ chunk, problem });
    }
    const problem = await attempt(() => compareIndex(tape, options));
    if (problem !== undefined) faults.push({ chunk: undefined, problem });
    return faults;
  } finally {
    await tape.stop();
  }
}

async function openTape(
  { device, header, volumeUuid, slots }: TapeReadBackOptions,
  faults: TapeFault[],
): Promise<ArchiveTape | undefined> {
  let tape: ArchiveTape | undefined;
  const problem = await attempt(async () => {
    const found = await findTape(device, { uuid: header.archiveUuid });
    if (found.kind !== "labelled" || found.label.volumeUuid !== volumeUuid) {
      return `its label is not the one that was written: ${describeTape(found)}`;
    }
    tape = new ArchiveTape(found, slots);
    return undefined;
  });
  if (problem !== undefined) faults.push({ chunk: undefined, problem });
  return tape;
}

/** What a drive says when it fails is a fault like any other. */
async function attempt(
  compare: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await compare();
  } catch (error) {
    if (!(error instanceof EctarError) || error.code === "interrupted") throw error;
    return error.message;
  }
}

async function compareShard(
  tape: ArchiveTape,
  record: ChunkRecord,
  { shard, header: { k, m }, pieceBytes, onBytes }: TapeReadBackOptions,
): Promise<string | undefined> {
  const { chunk_number: chunk, shard_size: size, piece_crc32 } = record;
  const place = tape.placeOf(chunk, undefined);
  if (place === undefined) return `chunk ${chunk} is not on the tape`;
  const handle = new TapeShardHandle(tape, chunk, place);
  const header = encodeZfecHeader({ k, m, padlen: 0, sharenum: shard });
  const first = new Uint8Array(header.length);
  await handle.read(0, first);
  if (Buffer.compare(first, header) !== 0) return `chunk ${chunk}: its zfec header is wrong`;
  const piece = new Uint8Array(Math.min(pieceBytes, size));
  const stated = decodeCrc32List(piece_crc32[shard]);
  let bad = 0;
  for (const [i, crc] of stated.entries()) {
    const offset = header.length + i * pieceBytes;
    const target = piece.subarray(0, Math.min(pieceBytes, size - offset));
    const { length, holes } = await handle.read(offset, target);
    if (length < target.length) return `chunk ${chunk} ends before it should`;
    if (holes.length > 0 || crc32(target) !== crc) bad++;
    onBytes(target.length, chunk);
  }
  if (bad > 0) return `chunk ${chunk}: ${bad} of its ${stated.length} pieces are not as written`;
  const { length } = await handle.read(size, new Uint8Array(1));
  return length === 0 ? undefined : `chunk ${chunk} goes on after its end`;
}

async function compareIndex(
  tape: ArchiveTape,
  { header, indexSha256 }: TapeReadBackOptions,
): Promise<string | undefined> {
  if (indexSha256 === undefined) return undefined;
  const file = await tape.findIndex(header.archiveUuid);
  if (file === undefined) return "its index is not found";
  const hash = createHash("sha256");
  for await (const bytes of tapeIndexHandle(tape, file).read()) hash.update(bytes);
  return hash.digest("hex") === indexSha256 ? undefined : "its index is not as it was written";
}
