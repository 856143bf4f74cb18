/**
 * Errors on their way from one thread to another, which would lose their class and what they carry.
 *
 * @module
 */

import { EctarError, type ErrorCode, type ErrorContext } from "./errors.ts";

/** An error as plain data. */
export interface PackedError {
  /** Undefined for a defect. */
  code: ErrorCode | undefined;
  message: string;
  context: ErrorContext;
  stack: string | undefined;
  cause: PackedError | undefined;
}

/** The error as plain data. */
export function packError(error: unknown): PackedError {
  const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  return {
    code: error instanceof EctarError ? error.code : undefined,
    message,
    context: error instanceof EctarError ? error.context : {},
    stack,
    cause: cause === undefined ? undefined : packError(cause),
  };
}

/** The error as it was thrown on the other side. */
export function unpackError({ code, message, context, stack, cause }: PackedError): Error {
  const options = cause === undefined ? {} : { cause: unpackError(cause) };
  const error = code === undefined
    ? new Error(message, options)
    : new EctarError(code, message, context, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}
