/**
 * The lines of a compressed index, in bounded memory.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { decompressStream } from "../zstd/frame_stream.ts";

/** Longest line accepted: the record of the largest chunk with the most pieces and frames fits. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Lines without their newlines, batch by batch.
 *
 * @throws {EctarError} `format` for bytes that are no zstd or no UTF-8 and for endless lines,
 *   `unsupported` for an index of another version
 */
export async function* indexLines(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let carried: Uint8Array[] = [];
  let carriedBytes = 0;
  let first = true;
  for await (const piece of decompressStream(compressed)) {
    if (first) refuseOtherVersions(piece);
    first = false;
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield decode([...carried, piece.subarray(0, end - 1)]).split("\n");
      carried = [];
      carriedBytes = 0;
    }
    carried.push(piece.subarray(end));
    carriedBytes += piece.length - end;
    if (carriedBytes > MAX_LINE_BYTES) throw notByLines();
  }
  if (carriedBytes > 0) yield decode(carried).split("\n");
}

/** The error for JSON that is not laid out one record a line. */
export function notByLines(): EctarError {
  return new EctarError("format", "it is not laid out one record a line", {
    hint: "use the index as ectar wrote it, or none: the shards suffice",
  });
}

/** Older indexes are laid out otherwise, so they are recognised before the lines are looked at. */
function refuseOtherVersions(start: Uint8Array): void {
  const text = new TextDecoder().decode(start.subarray(0, 256));
  const version = /^\s*\{\s*"version"\s*:\s*"([\w.+-]{1,32})"/.exec(text)?.[1];
  if (version !== undefined && version !== "2.0") {
    throw new EctarError(
      "unsupported",
      `its version is ${version}; this program reads version 2.0`,
    );
  }
}

function decode(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  } catch (cause) {
    throw new EctarError("format", "it is no UTF-8 text", {}, { cause });
  }
}
