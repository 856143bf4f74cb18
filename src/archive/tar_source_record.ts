/**
 * Index file records (src/index/records.ts) as JSON, built by hand because there are millions.
 *
 * @module
 */

import type { TarEntry } from "../tar/entry.ts";
import { equalBytes, isUtf8, lossyText } from "../tree/path_text.ts";

/** Where a member lies in the tar stream. */
export interface MemberPlace {
  /** Chunk in which it starts, from 1. */
  chunk: number;
  /** Offset of its start in the chunk's tar bytes. */
  offset: number;
  /** Bytes of it, headers and padding included. */
  size: number;
  /** Whether it goes on in a later chunk. */
  spansChunks: boolean;
}

/** A record in two parts, between which the checksum stands. */
export interface RecordParts {
  /** Up to the checksum's opening quote. */
  before: string;
  /** From its closing quote on. */
  after: string;
}

/** The member's record. The checksum is empty for what is no file. */
export function recordParts(entry: TarEntry, place: MemberPlace): RecordParts {
  const seconds = entry.mtimeNs / 1_000_000_000n;
  let mtime = Number(seconds);
  let nanoseconds = Number(entry.mtimeNs - seconds * 1_000_000_000n);
  if (nanoseconds < 0) {
    mtime--;
    nanoseconds += 1_000_000_000;
  }
  // Some file systems keep times that no JSON number holds exactly; the tar has them as they are.
  mtime = Math.max(Number.MIN_SAFE_INTEGER, Math.min(mtime, Number.MAX_SAFE_INTEGER));
  const isLink = entry.type === "symlink" || entry.type === "hardlink";
  const isDevice = entry.type === "char-device" || entry.type === "block-device";
  const before = '{"path":' + textOrBoth(entry.path, "path_b64") +
    ',"chunk":' + place.chunk + ',"offset":' + place.offset +
    ',"member_size":' + place.size + ',"size":' + entry.size +
    ',"checksum":"';
  const after = '","mode":' + entry.mode +
    ',"mtime":' + mtime + ',"mtime_ns":' + nanoseconds +
    ',"uid":' + entry.uid + ',"gid":' + entry.gid +
    ',"user":' + lastUser.inJson(entry.user) + ',"group":' + lastGroup.inJson(entry.group) +
    ',"entry_type":"' + entry.type +
    '","target":' + (isLink ? textOrBoth(entry.linkTarget, "target_b64") : "null") +
    ',"spans_chunks":' + place.spansChunks +
    (isDevice ? `,"device":[${entry.deviceMajor},${entry.deviceMinor}]` : "") + "}";
  return { before, after };
}

/** A name in JSON, `null` for none; most members have the owner of the one before. */
class LastName {
  #bytes = new Uint8Array(0);
  #text = "null";

  inJson(name: Uint8Array): string {
    if (!equalBytes(name, this.#bytes)) {
      this.#bytes = name.slice();
      this.#text = name.length === 0 ? "null" : JSON.stringify(lossyText(name));
    }
    return this.#text;
  }
}

const lastUser = new LastName();
const lastGroup = new LastName();

/** The text, and where the bytes are not UTF-8 a field with them in base64. */
function textOrBoth(bytes: Uint8Array, field: string): string {
  const text = lossyText(bytes);
  const quoted = JSON.stringify(text);
  if (!text.includes("\ufffd") || isUtf8(bytes)) return quoted;
  return `${quoted},"${field}":"${bytes.toBase64()}"`;
}
