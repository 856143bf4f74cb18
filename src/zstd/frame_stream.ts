/**
 * Decompresses a stream of zstd frames, skippable ones among them, in bounded memory. Frames are
 * told apart by their own headers, so that a stream that is cut short is noticed.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";
import { decompressFrame } from "./frame.ts";
import { FrameDecoder } from "./frame_decoder.ts";
import {
  BLOCK_HEADER_BYTES,
  type FrameHeader,
  MAX_BLOCK_BYTES,
  MAX_FRAME_HEADER_BYTES,
  parseBlockHeader,
  parseFrameHeader,
} from "./frame_header.ts";
import { parseSkippableHeader, SKIPPABLE_HEADER_BYTES } from "./skippable.ts";

/** Frames up to this content size are decompressed at once. */
const WHOLE_FRAME_BYTES = 8 * 1024 * 1024;

/** Largest window the decoder grants, as `zstd -d` does without `--long`. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** Frames of less content are tiny; starting a decoder for each takes longer than decoding. */
const TINY_FRAME_BYTES = 1024;

/** Most tiny frames in one stream: a gigabyte of empty ones would keep a reader busy for hours. */
const MAX_TINY_FRAMES = 10_000;

/**
 * The content of all frames of a stream, in pieces of up to 8 MiB.
 *
 * @throws {EctarError} `format` for what is no zstd, does not decode or is cut short, `unsupported`
 *   for frames that need a dictionary or too large a window
 */
export async function* decompressStream(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = new ByteReader(source);
  let tinyFrames = 0;
  try {
    for (;;) {
      const start = await reader.peek(MAX_FRAME_HEADER_BYTES);
      if (start.length === 0) return;
      const skippable = parseSkippableHeader(start);
      if (skippable !== undefined) {
        const frameBytes = SKIPPABLE_HEADER_BYTES + skippable.contentBytes;
        if (!await reader.skip(frameBytes)) throw cutShort();
        continue;
      }
      const header = parseFrameHeader(start);
      if (header === undefined) throw cutShort();
      const { contentSize = Infinity, windowSize } = header;
      let bytes = 0;
      if (Math.max(contentSize, windowSize) <= WHOLE_FRAME_BYTES) {
        const content = await decodeWhole(reader, header, contentSize);
        bytes = content.length;
        yield content;
      } else {
        for await (const content of decodeByBlocks(reader, header)) {
          bytes += content.length;
          yield content;
        }
      }
      if (bytes < TINY_FRAME_BYTES && ++tinyFrames > MAX_TINY_FRAMES) {
        throw new EctarError("format", `zstd data has more than ${MAX_TINY_FRAMES} tiny frames`);
      }
    }
  } finally {
    await reader.cancel();
  }
}

async function decodeWhole(
  reader: ByteReader,
  header: FrameHeader,
  contentSize: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bound = header.headerBytes + 2 * contentSize + MAX_BLOCK_BYTES;
  let length = header.headerBytes;
  for (let last = false; !last;) {
    const bytes = await peekExactly(reader, length + BLOCK_HEADER_BYTES);
    const block = parseBlockHeader(bytes, length);
    length += BLOCK_HEADER_BYTES + block.bytes;
    last = block.last;
    if (length > bound) throw new EctarError("format", "zstd frame is larger than its content");
  }
  if (header.checksum) length += 4;
  const frame = (await peekExactly(reader, length)).subarray(0, length);
  const content = decompressFrame(frame, contentSize, WHOLE_FRAME_BYTES);
  reader.take(length);
  return content;
}

async function* decodeByBlocks(
  reader: ByteReader,
  header: FrameHeader,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (header.windowSize > MAX_WINDOW_BYTES) {
    throw new EctarError("unsupported", `zstd frame needs a window of ${header.windowSize} bytes`);
  }
  const decoder = new FrameDecoder();
  try {
    yield* decodeNext(decoder, reader, header.headerBytes);
    for (let last = false; !last;) {
      const block = parseBlockHeader(await peekExactly(reader, BLOCK_HEADER_BYTES), 0);
      if (block.bytes > MAX_BLOCK_BYTES) throw new EctarError("format", "zstd block is too large");
      last = block.last;
      const checksumBytes = last && header.checksum ? 4 : 0;
      yield* decodeNext(decoder, reader, BLOCK_HEADER_BYTES + block.bytes + checksumBytes);
    }
  } finally {
    decoder.close();
  }
}

async function* decodeNext(
  decoder: FrameDecoder,
  reader: ByteReader,
  count: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = await peekExactly(reader, count);
  yield* decoder.decode(bytes.subarray(0, count));
  reader.take(count);
}

async function peekExactly(reader: ByteReader, count: number): Promise<Uint8Array> {
  const bytes = await reader.peek(count);
  if (bytes.length < count) throw cutShort();
  return bytes;
}

function cutShort(): EctarError {
  return new EctarError("format", "zstd data is cut short");
}
