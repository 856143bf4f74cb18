/**
 * Parts of the tar stream, for reading single members: only the chunks and frames that hold them are
 * read. Where they lie, an index must say.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { ByteRange } from "../shard/shard_io.ts";
import type { ArchiveChunks } from "./read_archive_chunks.ts";
import type { ChunkReader } from "./read_chunk.ts";
import { type ContentItem, readContent } from "./read_content.ts";
import type { ReadTarOptions } from "./read_tar.ts";
import { type TarItem, Timeline } from "./read_timeline.ts";

/**
 * Reads parts of the tar stream.
 *
 * @param ranges tar offsets in rising order, not overlapping
 * @throws {EctarError} `not-found` without an index of this archive
 */
export async function* readTarRanges(
  archive: ArchiveChunks,
  ranges: readonly ByteRange[],
  options: Pick<ReadTarOptions, "decompressor" | "verify">,
): AsyncGenerator<TarItem> {
  if (archive.identity.indexes.length === 0) {
    throw new EctarError("not-found", `no index of ${archive.name} was found`);
  }
  const last = ranges.at(-1)?.end ?? 0;
  for (let chunk = 1;; chunk++) {
    const record = await archive.recordOf(chunk);
    if (record === undefined || record.tar_offset >= last) return;
    const start = record.tar_offset;
    const parts = within(ranges, { start, end: start + record.uncompressed_size });
    if (parts.length > 0) yield* chunkParts(archive, chunk, start, parts, options);
  }
}

/** Parts of one chunk's tar bytes; the chunk begins at tar offset `start`. */
async function* chunkParts(
  archive: ArchiveChunks,
  chunk: number,
  start: number,
  parts: readonly ByteRange[],
  { decompressor, verify }: Pick<ReadTarOptions, "decompressor" | "verify">,
): AsyncGenerator<TarItem> {
  const line = new Timeline(archive.lost);
  const reader = await archive.openOrMiss(chunk, line);
  if (reader === undefined) {
    for (const part of parts) {
      line.at = part.start;
      yield* line.arriveAt(chunk, part.end);
    }
    return;
  }
  try {
    const wanted = framesWith(parts, reader, start);
    for await (const item of readContent(reader, decompressor, { verify, wanted })) {
      const from = start + item.contentOffset;
      for (const part of within(parts, { start: from, end: from + tarBytesOf(item) })) {
        line.at = part.start;
        if (item.kind === "data") {
          const bytes = item.bytes.subarray(part.start - from, part.end - from);
          yield {
            kind: "data",
            tarOffset: part.start,
            bytes,
            own: bytes.length === item.bytes.length,
          };
        } else {
          const reason = `chunk ${chunk}: ${item.reason}`;
          yield* line.gap(part.end - part.start, { first: chunk, last: chunk }, reason);
        }
      }
    }
  } finally {
    await reader.close();
  }
}

/** What of the ranges lies in `whole`. */
function within(ranges: readonly ByteRange[], whole: ByteRange): ByteRange[] {
  return ranges
    .map(({ start, end }) => ({
      start: Math.max(start, whole.start),
      end: Math.min(end, whole.end),
    }))
    .filter(({ start, end }) => start < end);
}

/** Numbers of the data frames that hold bytes of the parts. */
function framesWith(parts: readonly ByteRange[], reader: ChunkReader, start: number): number[] {
  return reader.opened.facts.layout.data.flatMap(({ contentOffset, contentBytes }, index) => {
    const from = start + contentOffset;
    return parts.some((part) => part.start < from + contentBytes && part.end > from) ? [index] : [];
  });
}

function tarBytesOf(item: ContentItem): number {
  return item.kind === "data" ? item.bytes.length : item.contentBytes;
}
