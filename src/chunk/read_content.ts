/**
 * From the proven frames of a chunk to its tar bytes, several frames being decompressed at a time.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { ChunkReader, FrameItem, FrameOptions } from "./read_chunk.ts";

/** The part of a frame compressor that reading needs; see src/zstd/frame_compressor.ts. */
export interface FrameDecompressor {
  /** How many frames are worked on at the same time at most. */
  readonly parallelism: number;
  /** Proves a frame by its SHA-256 (unless undefined), then decompresses it. */
  decompress(
    frame: { bytes: Uint8Array; sha256: Uint8Array | undefined; size: number; given: boolean },
  ): Promise<Uint8Array>;
}

/** Bytes of frames being decompressed at a time, compressed and not. */
const IN_FLIGHT_BYTES = 64 * 2 ** 20;

/**
 * Tar bytes of a chunk, valid until the next item is asked for, or the lack of them; offsets count
 * from the chunk's first tar byte.
 */
export type ContentItem =
  | { kind: "data"; contentOffset: number; bytes: Uint8Array }
  | { kind: "lost"; contentOffset: number; contentBytes: number; reason: string };

/** How a chunk's content is read. */
export interface ContentOptions extends Pick<FrameOptions, "wanted" | "audit"> {
  /**
   * Whether SHA-256s are compared. Without, only zstd's own checksums catch wrong bytes.
   *
   * @default true
   */
  verify?: boolean | undefined;
}

/** Reads the wanted frames of a chunk as tar bytes, in order. */
export async function* readContent(
  chunk: ChunkReader,
  decompressor: FrameDecompressor,
  options: ContentOptions = {},
): AsyncGenerator<ContentItem> {
  const { verify = true, ...frameOptions } = options;
  const running: { item: Promise<ContentItem>; bytes: number }[] = [];
  let inFlight = 0;
  try {
    for await (const frame of chunk.frames({ ...frameOptions, deferProof: true })) {
      const bytes = frame.contentBytes + (frame.kind === "frame" ? frame.bytes.length : 0);
      while (
        running.length > decompressor.parallelism ||
        (running.length > 0 && inFlight + bytes > IN_FLIGHT_BYTES)
      ) {
        const first = running.shift()!;
        yield* once(await first.item);
        inFlight -= first.bytes;
      }
      const item = decompress(chunk, decompressor, frame, verify);
      // Whoever comes to it gets the error; after an early end nobody does.
      item.catch(() => undefined);
      running.push({ item, bytes });
      inFlight += bytes;
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) {
      yield* once(await next.item);
    }
  } finally {
    await Promise.allSettled(running.map(({ item }) => item));
  }
}

/**
 * Hands an item out, then frees its bytes, unless they were given away: left to the garbage
 * collector, they pile up.
 */
function* once(item: ContentItem): Generator<ContentItem> {
  yield item;
  if (item.kind !== "data") return;
  const buffer = item.bytes.buffer as ArrayBuffer;
  if (!buffer.detached) buffer.transfer(0);
}

async function decompress(
  chunk: ChunkReader,
  decompressor: FrameDecompressor,
  frame: FrameItem,
  verify: boolean,
): Promise<ContentItem> {
  if (frame.kind === "lost") return lost(frame, frame.reason);
  const attempt = async (
    { contentOffset, contentBytes, bytes }: Extract<FrameItem, { kind: "frame" }>,
    proof: Uint8Array | undefined,
  ): Promise<ContentItem> => {
    const given = true;
    const frame = { bytes, sha256: proof, size: contentBytes, given };
    const content = await decompressor.decompress(frame);
    // Nobody needs the frame any more; left to the garbage collector, frames pile up.
    if (!bytes.buffer.detached) bytes.buffer.transfer(0);
    return { kind: "data", contentOffset, bytes: content };
  };
  try {
    return await attempt(frame, verify ? frame.sha256 : undefined);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
  }
  const recovered = await chunk.recover(frame.index);
  if (recovered.kind === "lost") return lost(recovered, recovered.reason);
  try {
    return await attempt(recovered, recovered.sha256);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    return lost(frame, `it was written so that it cannot be decompressed: ${error.message}`);
  }
}

function lost({ contentOffset, contentBytes }: FrameItem, reason: string): ContentItem {
  return { kind: "lost", contentOffset, contentBytes, reason };
}
