/**
 * The tar stream as its readers see it: frames to await, buffers to give back. In this thread, or
 * in a Worker so that reading goes on while the rest works.
 *
 * @module
 */

import type { FileTree } from "../tree/file_tree.ts";
import { frameBound } from "../zstd/frame.ts";
import type { TarFrame, TarTotals } from "./tar_frames.ts";
import { type ProducerOptions, startTar } from "./tar_producer.ts";
import type { FrameBuffer } from "./tar_source_frames.ts";

/** A tar stream in frames. */
export interface TarSource {
  /**
   * The next frame, or undefined after the last. Waits for a free buffer, so each frame must be
   * released sooner or later. One call at a time.
   *
   * @throws {EctarError} what made the stream end early
   */
  next(): Promise<TarFrame | undefined>;
  /** Gives the buffer of a frame back. */
  release(slot: number): void;
  /** Counts, once `next` has given undefined. */
  readonly totals: TarTotals | undefined;
  /** Ends the stream, wherever it is, and frees what it holds. */
  close(): Promise<void>;
}

/**
 * A source that works in this thread, for trees that need no waiting.
 *
 * @param slots buffers in the pool
 * @throws {EctarError} not-found or permission for a path named, usage for an unknown owner
 */
export function openLocalSource(
  tree: FileTree,
  options: ProducerOptions,
  slots = 2,
): TarSource {
  return new LocalSource(tree, options, slots);
}

class LocalSource implements TarSource {
  totals: TarTotals | undefined;
  readonly #free: FrameBuffer[];
  readonly #buffers: FrameBuffer[];
  readonly #frames: Generator<TarFrame, TarTotals>;
  #wake: (() => void) | undefined;

  constructor(tree: FileTree, options: ProducerOptions, slots: number) {
    this.#buffers = Array.from(
      { length: slots },
      (_, slot) => ({ slot, buffer: new Uint8Array(frameBound(options.frameSize)) }),
    );
    this.#free = [...this.#buffers];
    this.#frames = startTar(tree, options, {
      acquire: () => this.#free.pop()!,
      checkpoint: () => {},
    });
  }

  async next(): Promise<TarFrame | undefined> {
    while (this.#free.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const step = this.#frames.next();
    if (!step.done) return step.value;
    this.totals ??= step.value;
    return undefined;
  }

  release(slot: number): void {
    this.#free.push(this.#buffers[slot]);
    this.#wake?.();
    this.#wake = undefined;
  }

  close(): Promise<void> {
    this.#frames.return({ members: 0, files: 0, fileBytes: 0, tarBytes: 0 });
    return Promise.resolve();
  }
}
