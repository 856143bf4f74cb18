/**
 * Validators for the JSON fields that chunk headers, trailers and the index have in common.
 *
 * @module
 */

import * as v from "valibot";
import { printableLine } from "./printable.ts";

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

/** A UUID, lower case with dashes. */
export const uuid = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "no UUID"),
);

/** A SHA-256 in lower-case hexadecimal. */
export const sha256Hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "no SHA-256"));

/** A time as RFC 3339 in UTC. */
export const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, "no RFC 3339 time in UTC"),
);

/** An archive name: a file name that stays in its directory. */
export const archiveName = v.pipe(
  v.string(),
  v.maxLength(1024),
  v.regex(/^[^/\0]+$/, "no file name"),
  v.check((name) => name !== "." && name !== "..", "no file name"),
);

/** Canonical base64 whose decoded length is a multiple of `unit` bytes. */
export const base64 = (unit: number) =>
  v.pipe(
    v.string(),
    v.check((text) => decodedBase64Bytes(text) % unit === 0, `no base64 of ${unit}-byte values`),
  );

/** Most characters of a wrong value that a message repeats. */
const MAX_SHOWN = 200;

/**
 * First thing wrong in a failed validation, for messages: `k: expected >=1`. It may repeat what was
 * found instead, which may be anything of any length.
 */
export function firstIssue(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0];
  const { message } = issue;
  const shown = message.length > MAX_SHOWN ? `${message.slice(0, MAX_SHOWN)}…` : message;
  return `${v.getDotPath(issue) ?? "value"}: ${printableLine(shown)}`;
}

/** Bytes that canonical base64 decodes to, or NaN for anything else. */
export function decodedBase64Bytes(text: string): number {
  if (text.length % 4 !== 0) return NaN;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return NaN;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
