/**
 * What the thread that reads files and the one that uses them tell each other.
 *
 * @module
 */

import { EctarError, type ErrorCode, type ErrorContext } from "../errors.ts";
import type { TarFrame, TarTotals } from "./tar_frames.ts";
import type { ProducerOptions } from "./tar_producer.ts";
import type { SharedPoolParts } from "./tar_source_pool.ts";

/** To the Worker, once: what to archive; without a pool, only how much it will be is asked. */
export interface SourceJob {
  options: ProducerOptions;
  pool?: SharedPoolParts;
}

/** A frame without its bytes, which lie in the shared pool. */
export type FrameMessage = Omit<TarFrame, "data" | "room"> & { length: number };

/** From the Worker. After `end` or `error` it is gone. */
export type SourceMessage =
  | { type: "ready" }
  | { type: "frame"; frame: FrameMessage }
  | { type: "end"; totals: TarTotals }
  | { type: "error"; error: ErrorMessage };

/** From a Worker that was asked for the size. */
export type SizeMessage =
  | { type: "size"; tarBytes: number }
  | { type: "error"; error: ErrorMessage };

/** An error as plain data. */
export interface ErrorMessage {
  /** Undefined for a defect. */
  code: ErrorCode | undefined;
  message: string;
  context: ErrorContext;
  stack: string | undefined;
}

/** The error as plain data. */
export function packError(error: unknown): ErrorMessage {
  if (error instanceof EctarError) {
    const { code, message, context, stack } = error;
    return { code, message, context, stack };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: undefined, message, context: {}, stack };
}

/** The error as it was thrown on the other side. */
export function unpackError(packed: ErrorMessage): Error {
  const error = packed.code === undefined
    ? new Error(packed.message)
    : new EctarError(packed.code, packed.message, packed.context);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}
