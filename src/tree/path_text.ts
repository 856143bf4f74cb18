/**
 * Path bytes as text and back. File names on Linux are bytes; patterns and reports are text.
 *
 * @module
 */

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** UTF-8 bytes of `text`. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Whether `bytes` are valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return strictText(bytes) !== undefined;
}

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text that `bytes` are in UTF-8, with U+FFFD for what is not. */
export function lossyText(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/**
 * Text for matching: UTF-8 characters as they are, and each byte that belongs to none as one lone
 * surrogate U+DC80 to U+DCFF (as Python's "surrogateescape" does), so that different bytes stay
 * different and `?` matches any one of them.
 */
export function matchingText(bytes: Uint8Array): string {
  const text = lenient.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  let out = "";
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length === 0) out += String.fromCharCode(0xdc00 + bytes[at]);
    else out += lenient.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return out;
}

/** Bytes of the UTF-8 character at `at`; 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length <= 1) return length;
  if (at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** Order of paths: by bytes, the shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}

/** Whether both are the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}
