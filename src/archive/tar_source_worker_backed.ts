/**
 * A tar source whose files are read in a Worker, so that reading, compressing and writing overlap.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { unpackError } from "../packed_error.ts";
import { frameBound } from "../zstd/frame.ts";
import type { TarFrame, TarTotals } from "./tar_frames.ts";
import type { ProducerOptions } from "./tar_producer.ts";
import type { TarSource } from "./tar_source.ts";
import type { FrameMessage, SourceJob, SourceMessage } from "./tar_source_messages.ts";
import { allocateSharedPool, SharedPool } from "./tar_source_pool.ts";
import { sourceWorkerUrl } from "./worker_urls.ts";

/** How long a Worker may take to close its files before it is ended with them open. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * A source that reads this machine's files in a Worker. Resolves when every path named was found to
 * exist.
 *
 * @param slots buffers in the pool, each with room for a frame
 * @throws {EctarError} not-found or permission for a path named, usage for an unknown owner
 */
export async function openWorkerSource(
  options: ProducerOptions,
  slots = 4,
): Promise<TarSource> {
  const source = new WorkerSource(options, slots);
  try {
    await source.ready;
  } catch (error) {
    await source.close();
    throw error;
  }
  return source;
}

type Outcome = { totals: TarTotals } | { error: Error };

class WorkerSource implements TarSource {
  /** Resolves when the stream is about to begin. */
  readonly ready: Promise<void>;
  totals: TarTotals | undefined;
  readonly #pool: SharedPool;
  readonly #worker: Worker;
  readonly #frames: TarFrame[] = [];
  readonly #ended: Promise<void>;
  #outcome: Outcome | undefined;
  #wake: (() => void) | undefined;

  constructor(options: ProducerOptions, slots: number) {
    const pool = allocateSharedPool(slots, frameBound(options.frameSize));
    this.#pool = new SharedPool(pool);
    this.#worker = new Worker(sourceWorkerUrl(), { type: "module", name: "source" });
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.#ended = ended.promise;
    const end = (outcome: Outcome) => {
      this.#outcome ??= outcome;
      if ("error" in outcome) ready.reject(outcome.error);
      ended.resolve();
    };
    this.#worker.onmessage = ({ data }: MessageEvent<SourceMessage>) => {
      if (data.type === "ready") ready.resolve();
      else if (data.type === "frame") this.#add(data.frame);
      else if (data.type === "end") end({ totals: data.totals });
      else end({ error: unpackError(data.error) });
      this.#wake?.();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      end({ error: event.error instanceof Error ? event.error : new Error(event.message) });
      this.#wake?.();
    };
    this.#worker.postMessage({ options, pool } satisfies SourceJob);
  }

  async next(): Promise<TarFrame | undefined> {
    while (this.#frames.length === 0 && this.#outcome === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const frame = this.#frames.shift();
    if (frame !== undefined) return frame;
    if ("error" in this.#outcome!) throw this.#outcome.error;
    this.totals = this.#outcome!.totals;
    return undefined;
  }

  release(slot: number): void {
    this.#pool.release(slot);
  }

  async close(): Promise<void> {
    this.#pool.stop();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, CLOSE_TIMEOUT_MS);
    await Promise.race([this.#ended, late.promise]);
    clearTimeout(timer);
    this.#worker.terminate();
    this.#outcome ??= { error: new EctarError("interrupted", "reading files was stopped") };
    this.#wake?.();
  }

  #add({ length, ...frame }: FrameMessage): void {
    const room = this.#pool.view(frame.slot);
    this.#frames.push({ ...frame, data: room.subarray(0, length), room });
  }
}
