/**
 * A look at the beginning of an index: whose it is, and whether its archive ended as it should.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createZstdDecompress } from "node:zlib";

/** What the beginning of an index says; undefined where it does not. */
export interface IndexPeek {
  /** Archive UUID. */
  archiveUuid: string | undefined;
  /** Whether the archive is complete. */
  complete: boolean | undefined;
}

/** The head comes first, one member a line; everything behind this many bytes is records. */
const HEAD_BYTES = 64 * 1024;

/**
 * Reads the head of an index from its first bytes.
 *
 * @param bytes the beginning of the zstd file, one tape block or more
 */
export async function peekIndex(bytes: Uint8Array): Promise<IndexPeek> {
  const head = await decompressStart(bytes);
  const complete = /^"complete": ?(true|false),?$/m.exec(head)?.[1];
  return {
    archiveUuid: /^"archive_uuid": ?"([0-9a-f-]{36})",?$/m.exec(head)?.[1],
    complete: complete === undefined ? undefined : complete === "true",
  };
}

/** Stops as soon as there is enough: the input may be cut off, damaged, or meant to explode. */
function decompressStart(bytes: Uint8Array): Promise<string> {
  const stream = createZstdDecompress();
  const parts: Uint8Array[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const finish = () => {
      stream.destroy();
      resolve(new TextDecoder().decode(Buffer.concat(parts).subarray(0, HEAD_BYTES)));
    };
    stream.on("data", (part: Uint8Array) => {
      parts.push(part);
      length += part.length;
      if (length >= HEAD_BYTES) finish();
    });
    stream.on("end", finish);
    stream.on("error", finish);
    // A copy: the stream may hold on to it while the caller reads the next block into its buffer.
    stream.write(bytes.slice(), finish);
  });
}
