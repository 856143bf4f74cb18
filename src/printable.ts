/**
 * Names from archives and file systems as text that a terminal cannot be tricked with.
 *
 * The style is that of GNU tar's `--quoting-style=escape`: letters of any script stand as they are,
 * everything that would not print becomes a backslash escape, and a backslash is doubled, so that
 * the rendering is unambiguous.
 *
 * @module
 */

/** Escapes that have a letter; all others are octal. */
const LETTER_ESCAPES: Readonly<Record<number, string>> = {
  0x07: "\\a",
  0x08: "\\b",
  0x09: "\\t",
  0x0a: "\\n",
  0x0b: "\\v",
  0x0c: "\\f",
  0x0d: "\\r",
  0x5c: "\\\\",
};

/** What never prints: controls, line and paragraph separators, direction overrides, byte order mark. */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\\\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/**
 * A file name or path as one line of printable text.
 *
 * Control characters, invisible direction marks and bytes that are not UTF-8 become `\n`-like or
 * octal escapes (`\033`, `\377`); a backslash is doubled.
 *
 * @param path bytes, or text that already is Unicode
 * @returns text without any control character
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { printablePath } from "@ectar/ectar";
 *
 * assert(printablePath(new Uint8Array([0x61, 0x0a, 0xff])) === "a\\n\\377");
 * ```
 */
export function printablePath(path: Uint8Array | string): string {
  const bytes = typeof path === "string" ? ENCODER.encode(path) : path;
  const whole = decode(bytes);
  if (whole !== undefined && !UNPRINTABLE.test(whole)) return whole;

  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]);
    const character = decode(bytes.subarray(at, at + length));
    if (character !== undefined && !UNPRINTABLE.test(character)) {
      text += character;
      at += length;
    } else if (character !== undefined) {
      for (const byte of bytes.subarray(at, at + length)) text += escapeByte(byte);
      at += length;
    } else {
      text += escapeByte(bytes[at++]);
    }
  }
  return text;
}

/** `bytes` as text, or undefined where they are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many bytes the UTF-8 sequence that starts with `lead` should have. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function escapeByte(byte: number): string {
  return LETTER_ESCAPES[byte] ?? "\\" + byte.toString(8).padStart(3, "0");
}
