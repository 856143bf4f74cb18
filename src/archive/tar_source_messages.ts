/**
 * What the thread that reads files and the one that uses them tell each other.
 *
 * @module
 */

import type { PackedError } from "../packed_error.ts";
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
  | { type: "error"; error: PackedError };

/** From a Worker that was asked for the size. */
export type SizeMessage =
  | { type: "size"; tarBytes: number }
  | { type: "error"; error: PackedError };
