/**
 * Frame buffers that two threads share: the reader waits for a free one, the other gives them back.
 * Also carries the wish to stop.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { FrameBuffer } from "./tar_source_frames.ts";

/** What both threads need; can be handed to a Worker. */
export interface SharedPoolParts {
  /** All buffers, one after the other. */
  frames: SharedArrayBuffer;
  /** A word that counts changes, one that says stop, and one a slot: free or taken. */
  control: SharedArrayBuffer;
  /** Bytes of a buffer. */
  frameSize: number;
}

const CHANGES = 0;
const STOP = 1;
const SLOTS = 2;
const FREE = 0;
const TAKEN = 1;

/** Memory for a pool of `slots` buffers. */
export function allocateSharedPool(slots: number, frameSize: number): SharedPoolParts {
  return {
    frames: new SharedArrayBuffer(slots * frameSize),
    control: new SharedArrayBuffer(4 * (SLOTS + slots)),
    frameSize,
  };
}

/** One thread's view of the pool. */
export class SharedPool {
  readonly #frames: SharedArrayBuffer;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #frameSize: number;

  constructor(parts: SharedPoolParts) {
    this.#frames = parts.frames;
    this.#control = new Int32Array(parts.control);
    this.#frameSize = parts.frameSize;
  }

  /**
   * Takes a free buffer, blocking this thread until there is one.
   *
   * @throws {EctarError} interrupted when told to stop
   */
  acquire(): FrameBuffer {
    while (true) {
      const changes = Atomics.load(this.#control, CHANGES);
      this.checkpoint();
      for (let slot = 0; slot < this.#control.length - SLOTS; slot++) {
        if (Atomics.compareExchange(this.#control, SLOTS + slot, FREE, TAKEN) === FREE) {
          return { slot, buffer: this.view(slot, this.#frameSize) };
        }
      }
      Atomics.wait(this.#control, CHANGES, changes);
    }
  }

  /** The first `length` bytes of a buffer. */
  view(slot: number, length: number): Uint8Array {
    return new Uint8Array(this.#frames, slot * this.#frameSize, length);
  }

  /** Gives a buffer back. */
  release(slot: number): void {
    Atomics.store(this.#control, SLOTS + slot, FREE);
    this.#changed();
  }

  /** Tells the thread that acquires to stop. */
  stop(): void {
    Atomics.store(this.#control, STOP, 1);
    this.#changed();
  }

  /** @throws {EctarError} interrupted when told to stop */
  checkpoint(): void {
    if (Atomics.load(this.#control, STOP) !== 0) {
      throw new EctarError("interrupted", "reading files was stopped");
    }
  }

  #changed(): void {
    Atomics.add(this.#control, CHANGES, 1);
    Atomics.notify(this.#control, CHANGES);
  }
}
