/**
 * Frame buffers that two threads share: the reader waits for a free one, the other gives them back.
 * Also carries the wish to stop.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { allocateShared } from "../shared_memory.ts";
import type { FrameBuffer } from "./tar_source_frames.ts";

/** What both threads need; can be handed to a Worker. */
export interface SharedPoolParts {
  /** All buffers, one after the other. */
  frames: SharedArrayBuffer;
  /** A word that counts changes, one that says stop, and one a slot: free or taken. */
  control: SharedArrayBuffer;
  /** Bytes of a buffer. */
  slotSize: number;
}

const CHANGES = 0;
const STOP = 1;
const SLOTS = 2;
const FREE = 0;
const TAKEN = 1;

/** Memory for a pool of `slots` buffers of `slotSize` bytes. */
export function allocateSharedPool(slots: number, slotSize: number): SharedPoolParts {
  return {
    frames: allocateShared(slots * slotSize),
    control: new SharedArrayBuffer(4 * (SLOTS + slots)),
    slotSize,
  };
}

/** One thread's view of the pool. */
export class SharedPool {
  readonly #frames: SharedArrayBuffer;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #slotSize: number;

  constructor(parts: SharedPoolParts) {
    this.#frames = parts.frames;
    this.#control = new Int32Array(parts.control);
    this.#slotSize = parts.slotSize;
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
          return { slot, buffer: this.view(slot) };
        }
      }
      Atomics.wait(this.#control, CHANGES, changes);
    }
  }

  /** A buffer. */
  view(slot: number): Uint8Array {
    return new Uint8Array(this.#frames, slot * this.#slotSize, this.#slotSize);
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
