/**
 * Small helpers for byte strings: tar names are bytes, not text.
 *
 * @module
 */

import { printablePath } from "../printable.ts";

/** The empty byte string, shared. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** True for the ASCII digits. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** True when no byte is above 0x7f. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > 0x7f) return false;
  return true;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** True when the bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  if (isAscii(bytes)) return true;
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** One character per byte, U+0000 to U+00FF; orders as the bytes do. Meant for short strings. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** The bytes that {@link latin1} made a text of. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The byte strings one after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A path for messages: printable, and cut short when it is absurdly long. */
export function printable(path: Uint8Array): string {
  if (path.length <= MAX_SHOWN) return printablePath(path);
  return `${printablePath(path.subarray(0, MAX_SHOWN))}…`;
}

const MAX_SHOWN = 4096;

/** Where the C string in `bytes[from..to)` ends: its first NUL, or `to`. */
export function endOfCString(bytes: Uint8Array, from: number, to: number): number {
  let end = from;
  while (end < to && bytes[end] !== 0) end++;
  return end;
}
