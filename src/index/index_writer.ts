/**
 * Writes NAME.index.zst: one JSON object, one record a line, in zstd frames of 1 MiB content. Same
 * input, same bytes; memory does not grow with the number of files.
 *
 * @module
 */

import type { ShardSetWriter } from "../shard/shard_io.ts";
import { compressFrame } from "../zstd/frame.ts";
import type { RecordSpool } from "./record_spool.ts";
import type { ChunkRecord, IndexHead } from "./records.ts";

/** Content bytes per zstd frame of an index. */
const FRAME_BYTES = 1024 * 1024;

/** The index is text and small; a level of its own keeps it independent of the archive's. */
const COMPRESSION_LEVEL = 3;

const NEWLINE = 0x0a;
const COMMA_NEWLINE = new TextEncoder().encode(",\n");

/**
 * Compresses the index and hands it to the shards' outputs. The compressed index waits in the spool
 * too, behind the file records, because its size must be known before it is written.
 *
 * @param head what stands before the chunks
 * @param chunks in order
 * @param spool file records, one JSON object a line, each ended by a newline
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
 * @param files file records, one JSON object a line, each ended by a newline, in pieces of any size
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
  const lines = new LineSeparator();
  for await (const piece of files) {
    for (const part of lines.push(piece)) {
      for (const frame of framer.push(part)) yield frame;
    }
  }
  for (const frame of framer.push(encoder.encode(lines.any ? "\n]}\n" : "]}\n"))) yield frame;
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

/** Turns lines that each end with a newline into lines separated by comma and newline. */
class LineSeparator {
  #afterLine = false;
  /** Whether there was any line. */
  any = false;

  *push(piece: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    while (start < piece.length) {
      if (this.#afterLine) yield COMMA_NEWLINE;
      const newline = piece.indexOf(NEWLINE, start);
      this.#afterLine = newline >= 0;
      const end = this.#afterLine ? newline : piece.length;
      yield piece.subarray(start, end);
      this.any = true;
      start = end + 1;
    }
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
