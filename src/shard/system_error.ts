/**
 * Turns what the system's file calls throw into one clear line.
 *
 * @module
 */

import { errnoWords, notCapableWords } from "../errno_words.ts";
import { EctarError, type ErrorCode, type ErrorContext } from "../errors.ts";

const CODES: Record<string, ErrorCode> = {
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EFBIG: "no-space",
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EEXIST: "exists",
  EISDIR: "exists",
};

/** Name of the system error in `error`, such as `ENOSPC`, or undefined. */
export function systemErrorName(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * The same failure as an `EctarError`: `doing` says what was tried ("cannot write x.c001.s00").
 * Errors that are no system errors come back as they are: they are defects.
 */
export function fromSystemError(error: unknown, doing: string, context: ErrorContext): unknown {
  if (error instanceof EctarError) return error;
  const name = systemErrorName(error);
  if (error instanceof Deno.errors.NotCapable) {
    return new EctarError("permission", `${doing}: ${notCapableWords(error)}`, context, {
      cause: error,
    });
  }
  if (name === undefined) return error;
  return new EctarError(CODES[name] ?? "io", `${doing}: ${errnoWords(name)}`, {
    ...context,
    errno: name,
  }, {
    cause: error,
  });
}
