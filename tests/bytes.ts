/** Byte strings for tests: noise that no compressor shrinks, text that every one does. */

/** Pseudo-random bytes; no period that could hide a wrong order. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let x = seed >>> 0;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** Numbered lines of ASCII. */
export function text(length: number): Uint8Array<ArrayBuffer> {
  const line = (i: number) => `line ${i} of a file that compresses well\n`;
  const lines: string[] = [];
  for (let i = 0, size = 0; size < length; i++) size += lines[lines.push(line(i)) - 1].length;
  return new TextEncoder().encode(lines.join("").slice(0, length)) as Uint8Array<ArrayBuffer>;
}

/** The byte strings one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Whether two byte strings are equal; an assertion would print megabytes when they are not. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
