/**
 * From a member's name to a path inside the output directory, or to a refusal.
 *
 * @module
 */

const SLASH = 0x2f;
const DOT = 0x2e;

/** Longest name of one component on Linux file systems, in bytes. */
export const NAME_BYTES_MAX = 255;

/**
 * Most components of a path. Every directory is opened from the one before it, so that a name of
 * millions of components, which takes two bytes each, would never end.
 */
export const DEPTH_MAX = 4096;

/** Why a name is not taken. */
export type PathRefusal = "nul" | "dot-dot" | "too-deep";

/** A path inside the output directory. */
export interface InnerPath {
  /** Components joined by single slashes, without `.`; empty for the output directory itself. */
  path: Uint8Array;
  /** Whether leading slashes were removed. */
  wasAbsolute: boolean;
}

/**
 * Makes a member's name relative, drops `.` components and the first `strip` components.
 *
 * As in GNU tar, a leading `.` counts as a component when stripping and leading slashes do not.
 *
 * @returns the path, a refusal, or undefined when stripping leaves nothing
 */
export function innerPath(name: Uint8Array, strip: number): InnerPath | PathRefusal | undefined {
  if (name.includes(0)) return "nul";

  const wasAbsolute = name[0] === SLASH;
  if (strip === 0 && !wasAbsolute && name.length < DEPTH_MAX && isPlain(name)) {
    return { path: name, wasAbsolute };
  }

  const kept: Uint8Array[] = [];
  let seen = 0;
  for (const component of components(name)) {
    if (isDots(component, 2)) return "dot-dot";
    seen++;
    if (seen > strip && !isDots(component, 1)) kept.push(component);
  }
  if (strip > 0 && seen <= strip) return undefined;
  if (kept.length > DEPTH_MAX) return "too-deep";
  return { path: joinPath(kept), wasAbsolute };
}

/** Whether a name already is components joined by single slashes, none of them `.` or `..`. */
function isPlain(name: Uint8Array): boolean {
  let start = 0;
  for (let at = 0; at <= name.length; at++) {
    if (at < name.length && name[at] !== SLASH) continue;
    const length = at - start;
    if (length === 0 || (length <= 2 && name[start] === DOT && name[at - 1] === DOT)) return false;
    start = at + 1;
  }
  return true;
}

function isDots(component: Uint8Array, count: number): boolean {
  return component.length === count && component.every((byte) => byte === DOT);
}

/** The components of a path, without the empty ones. */
export function components(path: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at <= path.length; at++) {
    if (at < path.length && path[at] !== SLASH) continue;
    if (at > start) found.push(path.subarray(start, at));
    start = at + 1;
  }
  return found;
}

/** Components joined by slashes. */
export function joinPath(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length + 1, 0);
  const joined = new Uint8Array(Math.max(0, length - 1)).fill(SLASH);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length + 1;
  }
  return joined;
}

/** Path of the directory that holds `path`; empty for the output directory. */
export function parentPath(path: Uint8Array): Uint8Array {
  return path.subarray(0, Math.max(0, path.lastIndexOf(SLASH)));
}

/** Last component of `path`. */
export function baseName(path: Uint8Array): Uint8Array {
  return path.subarray(path.lastIndexOf(SLASH) + 1);
}

/**
 * `prefix + name + suffix` as a file name, with the end of `name` cut (between characters of UTF-8)
 * where the whole would be longer than a file system allows.
 *
 * @param room where to put it, at least {@link NAME_BYTES_MAX} bytes
 */
export function decoratedName(
  prefix: string,
  name: Uint8Array,
  suffix: string,
  room: Uint8Array = new Uint8Array(NAME_BYTES_MAX),
): Uint8Array {
  let kept = Math.min(name.length, NAME_BYTES_MAX - prefix.length - suffix.length);
  if (kept < name.length) {
    for (let back = 0; back < 3 && (name[kept] & 0xc0) === 0x80; back++) kept--;
  }
  const decorated = room.subarray(0, prefix.length + kept + suffix.length);
  for (let at = 0; at < prefix.length; at++) decorated[at] = prefix.charCodeAt(at);
  decorated.set(name.subarray(0, kept), prefix.length);
  for (let at = 0; at < suffix.length; at++) {
    decorated[prefix.length + kept + at] = suffix.charCodeAt(at);
  }
  return decorated;
}
