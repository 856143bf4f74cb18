/**
 * Every failure that ectar foresees is an {@link EctarError}: a code for programs, one line for
 * people, and where it happened. Anything else that is thrown is a defect.
 *
 * @module
 */

/**
 * What kind of failure it was. `src/cli/exit_codes.ts` maps each to an exit code; the table is in
 * docs/exit-codes.md.
 */
export type ErrorCode =
  /** Options or arguments contradict each other or make no sense. */
  | "usage"
  /** A file, archive or tape is already there and was not offered for overwriting. */
  | "exists"
  /** A file, archive, shard or tape that was named is not there. */
  | "not-found"
  /** The system refused: permission, read-only medium, busy device. */
  | "permission"
  /** No space left on a disk, or a tape is full. */
  | "no-space"
  /** Reading or writing failed for another reason. */
  | "io"
  /** Bytes are not of the format they claim to be (tar, zstd, index, label, image). */
  | "format"
  /** Bytes fail their checksum, or cannot be proved right. */
  | "damaged"
  /** Too few shards, drives or tapes to go on. */
  | "too-few"
  /** Something a format allows but this program does not do. */
  | "unsupported"
  /** A person or a signal asked to stop. */
  | "interrupted";

/** Where a failure happened. All parts are optional; the message already names what matters. */
export interface ErrorContext {
  /** Archive name. */
  archive?: string;
  /** Chunk number, from 1. */
  chunk?: number;
  /** Shard number, from 0. */
  shard?: number;
  /** Drive, as the operator named it. */
  drive?: string;
  /** Tape file number, from 0. */
  tapeFile?: number;
  /** Block number in the tape file, from 0. */
  block?: number;
  /** Path of a file, printable. */
  path?: string;
  /** System error name such as `ENOSPC`. */
  errno?: string;
  /** What the operator can do about it: one short sentence. */
  hint?: string;
}

/**
 * A failure that ectar foresees.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { EctarError } from "@ectar/ectar";
 *
 * const error = new EctarError("not-found", "no shards of chunk 3", { chunk: 3 });
 * assert(error.code === "not-found" && error.context.chunk === 3);
 * ```
 */
export class EctarError extends Error {
  /** Always `EctarError`, also where several copies of this module are loaded. */
  override readonly name = "EctarError";
  /** The kind of failure. */
  readonly code: ErrorCode;
  /** Where it happened. */
  readonly context: ErrorContext;

  /**
   * A failure, to be thrown.
   *
   * @param code the kind of failure
   * @param message one line for people, without a full stop, naming what is wrong and where
   * @param context where it happened, for programs
   * @param options `cause`, as for every Error
   */
  constructor(
    code: ErrorCode,
    message: string,
    context: ErrorContext = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}

/** Whether a limit of this host was met, which tells nothing of what was to be read. */
export function isHostLimit(error: unknown): boolean {
  return error instanceof EctarError && ["EMFILE", "ENFILE"].includes(error.context.errno ?? "");
}
