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
  const unfinished = new UnfinishedLine();
  let first = true;
  for await (const piece of decompressStream(compressed)) {
    if (first) refuseOtherVersions(piece);
    first = false;
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) yield decode(unfinished.finish(piece.subarray(0, end - 1))).split("\n");
    unfinished.append(piece.subarray(end));
    if (unfinished.length > MAX_LINE_BYTES) throw notByLines();
  }
  if (unfinished.length > 0) yield decode(unfinished.finish(new Uint8Array(0))).split("\n");
}

/** The bytes behind the last newline; however small their pieces, they cost their length only. */
class UnfinishedLine {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** All there is and `piece` behind it; nothing is left. */
  finish(piece: Uint8Array): Uint8Array {
    if (this.#length === 0) return piece;
    this.append(piece);
    const line = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return line;
  }
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

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new EctarError("format", "it is no UTF-8 text", {}, { cause });
  }
}
