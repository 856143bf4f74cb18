/**
 * Files for packages, and tar and gzip files of them that depend on nothing else: no user, no clock.
 *
 * @module
 */

import { gzipSync } from "node:zlib";

/** A file to be packed. */
export interface PackedFile {
  /** Where, relative to the root of the package. */
  path: string;
  /** What is in it. */
  content: Uint8Array;
  /** Whether it is a program. */
  executable?: boolean;
}

const BLOCK = 512;
const encoder = new TextEncoder();

/** A file of text. */
export function textFile(path: string, text: string): PackedFile {
  return { path, content: encoder.encode(text) };
}

/**
 * A gzipped tar file with these files and the directories they need, all of root, sorted.
 *
 * @param timeSeconds time of everything, in seconds since 1970
 */
export function tarGz(files: readonly PackedFile[], timeSeconds: number): Uint8Array {
  const directories = new Set<string>();
  for (const { path } of files) {
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
      if (path.slice(0, at) !== ".") directories.add(path.slice(0, at + 1));
    }
  }
  const entries = [
    ...[...directories].map((path) => ({ path, mode: 0o755, content: undefined })),
    ...files.map(({ path, content, executable }) => ({
      path,
      mode: executable ? 0o755 : 0o644,
      content,
    })),
  ].sort((a, b) => a.path < b.path ? -1 : 1);
  const parts: Uint8Array[] = [];
  for (const { path, mode, content } of entries) {
    parts.push(tarHeader(path, mode, content?.length ?? 0, timeSeconds));
    if (content !== undefined) {
      parts.push(content, new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK));
    }
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return gzip(concatenate(parts));
}

/** The same bytes for the same content. */
export function gzip(content: Uint8Array): Uint8Array {
  return new Uint8Array(gzipSync(content, { level: 9 }));
}

/** All parts, one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tarHeader(path: string, mode: number, size: number, timeSeconds: number): Uint8Array {
  if (encoder.encode(path).length > 100) throw new Error(`${path} is too long for a tar header`);
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => header.set(encoder.encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  put(0, path);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(timeSeconds, 11));
  put(148, " ".repeat(8));
  put(156, path.endsWith("/") ? "5" : "0");
  put(257, "ustar\x0000");
  put(265, "root");
  put(297, "root");
  put(148, octal(header.reduce((sum, byte) => sum + byte, 0), 6) + " ");
  return header;
}
