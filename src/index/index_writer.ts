/**
 * Writes NAME.index.zst: one JSON object, one record a line, in zstd frames of 1 MiB content. Same
 * input, same bytes; memory does not grow with the number of files.
 *
 * @module
 */

import type { ShardSetWriter } from "../shard/shard_io.ts";
import { compressFrame } from "../zstd/frame.ts";
import type { RecordSpool } from "./record_spool.ts";
import { type ChunkRecord, type IndexHead, RECORD_END } from "./records.ts";

/** Content bytes per zstd frame of an index. */
const FRAME_BYTES = 1024 * 1024;

/**
 * A level of its own keeps the index independent of the archive's. Records are mostly checksums, which
 * match nothing: level 1 is faster than 3 and gives 4 % less.
 */
const COMPRESSION_LEVEL = 1;

/**
 * Compresses the index and hands it to the shards' outputs. The compressed index waits in the spool
 * too, behind the file records, because its size must be known before it is written.
 *
 * @param head what stands before the chunks
 * @param chunks in order
 * @param spool file records, each a JSON object ended by {@link RECORD_END}
 * @param target where the index goes
 * @param recordsEnd bytes of the spool that are records of this archive
 * @returns bytes of the compressed index
 */
export async function writeIndex(
  head: IndexHead,
  chunks: Iterable<ChunkRecord> | AsyncIterable<ChunkRecord>,
  spool: RecordSpool,
  target: Pick<ShardSetWriter, "writeIndex">,
  recordsEnd: number = spool.size,
): Promise<number> {
  const indexStart = spool.size;
  for await (const frame of encodeIndex(head, chunks, spool.read(0, recordsEnd))) {
    await spool.append(frame);
  }
  const size = spool.size - indexStart;
  await target.writeIndex(spool.read(indexStart, spool.size), size);
  return size;
}

/**
 * The compressed index, frame by frame.
 *
 * @param files file records, each a JSON object ended by {@link RECORD_END}, in pieces of any size
 */
export async function* encodeIndex(
  head: IndexHead,
  chunks: Iterable<ChunkRecord> | AsyncIterable<ChunkRecord>,
  files: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const framer = new Framer();
  const encoder = new TextEncoder();
  for await (const text of textBeforeFiles(head, chunks)) {
    for (const frame of framer.push(encoder.encode(text))) yield frame;
  }
  const records = new LastEndLeftOut();
  for await (const piece of files) {
    for (const part of records.push(piece)) {
      for (const frame of framer.push(part)) yield frame;
    }
  }
  for (const frame of framer.push(encoder.encode(records.any ? "\n]}\n" : "]}\n"))) yield frame;
  for (const frame of framer.end()) yield frame;
}

async function* textBeforeFiles(
  head: IndexHead,
  chunks: Iterable<ChunkRecord> | AsyncIterable<ChunkRecord>,
): AsyncGenerator<string> {
  yield "{\n";
  for (const [name, value] of headMembers(head)) {
    yield `${JSON.stringify(name)}:${JSON.stringify(value)},\n`;
  }
  yield '"chunks":[\n';
  let any = false;
  for await (const chunk of chunks) {
    yield (any ? ",\n" : "") + JSON.stringify(chunk);
    any = true;
  }
  yield (any ? "\n" : "") + '],\n"files":[\n';
}

/** In a fixed order, whatever order the object was made in. */
function headMembers(head: IndexHead): [string, unknown][] {
  const { parameters } = head;
  const members: Record<keyof IndexHead, unknown> = {
    version: head.version,
    created: head.created,
    tool_version: head.tool_version,
    archive_name: head.archive_name,
    archive_uuid: head.archive_uuid,
    complete: head.complete,
    layout: head.layout,
    parameters: {
      data_shards: parameters.data_shards,
      parity_shards: parameters.parity_shards,
      chunk_size: parameters.chunk_size,
      compression_level: parameters.compression_level,
      frame_size: parameters.frame_size,
      block_size: parameters.block_size,
      piece_size: parameters.piece_size,
    },
    tape_set_uuid: head.tape_set_uuid,
    volumes: head.volumes,
  };
  return Object.entries(members).filter(([, value]) => value !== undefined);
}

/** Passes on records whose ends then separate them: all but the last one's. */
class LastEndLeftOut {
  /** What may be the last end. */
  #held = new Uint8Array(0);
  /** Whether there was any record. */
  any = false;

  /** What can be passed on; valid as long as `piece` is. */
  push(piece: Uint8Array): Uint8Array[] {
    if (piece.length > 0) this.any = true;
    const held = this.#held;
    const passedOn = Math.max(0, held.length + piece.length - RECORD_END.length);
    const ofHeld = Math.min(held.length, passedOn);
    const ofPiece = passedOn - ofHeld;
    this.#held = new Uint8Array([...held.subarray(ofHeld), ...piece.subarray(ofPiece)]);
    return [held.subarray(0, ofHeld), piece.subarray(0, ofPiece)];
  }
}

/** Cuts bytes into zstd frames. */
class Framer {
  readonly #content = new Uint8Array(FRAME_BYTES);
  #length = 0;

  /** Goes on with `bytes`; returns the frames that became full. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    let start = 0;
    while (start < bytes.length) {
      const part = bytes.subarray(start, start + FRAME_BYTES - this.#length);
      this.#content.set(part, this.#length);
      this.#length += part.length;
      start += part.length;
      if (this.#length === FRAME_BYTES) frames.push(...this.end());
    }
    return frames;
  }

  /** The last frame, if anything is left. */
  end(): Uint8Array<ArrayBuffer>[] {
    if (this.#length === 0) return [];
    const frame = compressFrame(this.#content.subarray(0, this.#length), COMPRESSION_LEVEL);
    this.#length = 0;
    return [frame];
  }
}
