/**
 * Names from archives and file systems as text that a terminal cannot be tricked with: names by
 * themselves, whole lines that have names in them, and JSON.
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

/**
 * What never prints, as the inside of a character class: controls, line and paragraph separators,
 * direction overrides, byte order mark.
 */
const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e` +
  String.raw`\u2060-\u2069\ufeff\ufff9-\ufffb`;
const CONTROL = new RegExp(`[${CONTROLS}]`, "gu");
const CONTROL_OR_BACKSLASH = new RegExp(`[${CONTROLS}\\\\]`, "u");

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
  if (whole !== undefined && !CONTROL_OR_BACKSLASH.test(whole)) return whole;

  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]);
    const character = decode(bytes.subarray(at, at + length));
    if (character !== undefined && !CONTROL_OR_BACKSLASH.test(character)) {
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

/**
 * One line of text, names included, as a terminal can be given it: like {@link printablePath}, but
 * a backslash stays one, because names in the line may be escaped already.
 */
export function printableLine(text: string): string {
  return text.replace(CONTROL, (control) => {
    let escaped = "";
    for (const byte of ENCODER.encode(control)) escaped += escapeByte(byte);
    return escaped;
  });
}

/**
 * `value` as JSON that a terminal can be given: what would not print is written as `\uXXXX`, which
 * parses to the same value.
 *
 * @param indent spaces a level; without it all is one line
 */
export function printableJson(value: unknown, indent?: number): string {
  // JSON.stringify leaves no control below U+0020 but the line ends between its own lines.
  return JSON.stringify(value, null, indent).replace(
    CONTROL,
    (control) =>
      control === "\n" ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
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
