/**
 * What a tape file is, told from its first block.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { MAX_BLOCK_SIZE } from "../format_limits.ts";
import { printablePath } from "../printable.ts";
import { decodeZfecHeader, type ZfecHeader } from "../shard/zfec_header.ts";
import type { TapeDevice, TapeRead } from "./device.ts";
import { describeLabel, parseLabel, type TapeLabel } from "./label.ts";
import { isTarHeader } from "./label_tar.ts";

/** What a tape file seems to be. */
export type FileKind =
  /** An archive's label. */
  | { kind: "label"; label: TapeLabel }
  /** An archive's label that cannot be used. */
  | { kind: "broken-label"; reason: string }
  /** An index, or any other zstd file. */
  | { kind: "zstd" }
  /** Begins like a zfec share; about one block in five of random bytes does. */
  | { kind: "shard"; header: ZfecHeader }
  /** A tar, by its header's checksum. */
  | { kind: "tar" }
  /** Anything else. */
  | { kind: "unknown" };

/** Tells what a tape file is from its first block. */
export function classifyFirstBlock(block: Uint8Array): FileKind {
  try {
    const label = parseLabel(block);
    if (label !== undefined) return { kind: "label", label };
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    return { kind: "broken-label", reason: error.message };
  }
  if (startsWithZstdMagic(block)) return { kind: "zstd" };
  if (isTarHeader(block)) return { kind: "tar" };
  try {
    return { kind: "shard", header: decodeZfecHeader(block) };
  } catch {
    return { kind: "unknown" };
  }
}

/** zstd's magic number of a frame; no zfec header can look so. */
export function startsWithZstdMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}

/** One phrase for people about data that stands at the beginning of a tape. */
export function describeContent(block: Uint8Array): string {
  const kind = classifyFirstBlock(block);
  switch (kind.kind) {
    case "label":
      return describeLabel(kind.label);
    case "broken-label":
      return `an ectar archive (${kind.reason})`;
    case "zstd":
      return `data compressed with zstd (first block ${block.length} bytes)`;
    case "tar": {
      const end = block.subarray(0, 100).indexOf(0);
      const name = printablePath(block.subarray(0, end < 0 ? 100 : end));
      return `a tar (first member ${name}, blocks of ${block.length} bytes)`;
    }
    default:
      return `unknown data (first block ${block.length} bytes)`;
  }
}

/** A read with as large a buffer as it took. */
export interface SizedRead {
  /** What the read met; `too-long` only beyond 16 MiB. */
  met: TapeRead;
  /** The block, for `met.kind` "block"; else empty. */
  block: Uint8Array;
  /** The buffer used, for the next call. */
  buffer: Uint8Array;
}

/**
 * Reads one block of unknown size, with larger buffers up to 16 MiB where the first is too small.
 *
 * @param buffer to try first
 */
export async function readAnyBlock(device: TapeDevice, buffer: Uint8Array): Promise<SizedRead> {
  while (true) {
    const met = await device.readBlock(buffer);
    if (met.kind === "block") return { met, block: buffer.subarray(0, met.length), buffer };
    if (met.kind !== "too-long" || buffer.length >= MAX_BLOCK_SIZE) {
      return { met, block: buffer.subarray(0, 0), buffer };
    }
    buffer = new Uint8Array(Math.min(MAX_BLOCK_SIZE, buffer.length * 4));
  }
}
