/**
 * A look at the beginning of an index: whose it is, and whether its archive ended as it should.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { EctarError } from "../errors.ts";
import { FrameDecoder } from "../zstd/frame_decoder.ts";
import { frameLength } from "../zstd/frame_header.ts";

/** What the beginning of an index says; undefined where it does not. */
export interface IndexPeek {
  /** Archive UUID. */
  archiveUuid: string | undefined;
  /** Whether the archive is complete. */
  complete: boolean | undefined;
}

/** The head comes first, one member a line; everything behind this many bytes is records. */
const HEAD_BYTES = 64 * 1024;

/** Nobody cuts a head into more frames; starting a decoder for each takes time. */
const MAX_FRAMES = 100;

/**
 * Reads the head of an index from its first bytes.
 *
 * @param bytes the beginning of the zstd file, one tape block or more
 */
export function peekIndex(bytes: Uint8Array): IndexPeek {
  const head = decompressStart(bytes);
  const complete = /^"complete": ?(true|false),?$/m.exec(head)?.[1];
  return {
    archiveUuid: /^"archive_uuid": ?"([0-9a-f-]{36})",?$/m.exec(head)?.[1],
    complete: complete === undefined ? undefined : complete === "true",
  };
}

/** Stops as soon as there is enough: the input may be cut off, damaged, or meant to explode. */
function decompressStart(bytes: Uint8Array): string {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (const part of contentOf(bytes)) {
      parts.push(part);
      length += part.length;
      if (length >= HEAD_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
  }
  return new TextDecoder().decode(Buffer.concat(parts).subarray(0, HEAD_BYTES));
}

/** What the zstd frames hold, the last of which may be cut off. */
function* contentOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0, frames = 0; at < bytes.length && frames < MAX_FRAMES; frames++) {
    const length = frameLength(bytes.subarray(at)) ?? bytes.length - at;
    const decoder = new FrameDecoder();
    try {
      yield* decoder.decode(bytes.subarray(at, at + length));
    } finally {
      decoder.close();
    }
    at += length;
  }
}
