/**
 * Turns the error number of a failed call into an EctarError.
 *
 * @module
 */

import { EctarError, type ErrorCode } from "../src/errors.ts";
import { printablePath } from "../src/printable.ts";
import { errno, errorName, errorText } from "./libc.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  ESTALE: "not-found",
  EACCES: "permission",
  EPERM: "permission",
};

/** The failure of the call just made on `path`: "cannot VERB PATH: reason". */
export function callFailure(verb: string, path: Uint8Array, number = errno()): EctarError {
  const name = errorName(number);
  const shown = printablePath(path);
  return new EctarError(
    CODES[name] ?? "io",
    `cannot ${verb} ${shown}: ${errorText(number)}`,
    { path: shown, errno: name },
  );
}
