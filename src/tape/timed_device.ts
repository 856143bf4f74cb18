/**
 * A tape device that answers within a given time or counts as dead.
 *
 * A blocked system call cannot be interrupted, so a silent drive is left alone: its call goes on
 * in the background, and every later call on it fails at once.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TapeDevice, TapePosition, TapeRead, TapeStatus, TapeWrite } from "./device.ts";

/** How long a drive may be silent. */
export interface DriveTimeouts {
  /**
   * Milliseconds for one read, write, filemark or status.
   * @default 1200000 (above the 900 s of Linux's st driver)
   */
  driveTimeoutMs: number;
  /**
   * Milliseconds for a call that winds the tape: rewind, space, locate, unload, erase.
   * @default 10800000
   */
  windTimeoutMs: number;
}

/** What `TimedDevice` does when nothing else is said. */
export const DEFAULT_TIMEOUTS: DriveTimeouts = {
  driveTimeoutMs: 20 * 60_000,
  windTimeoutMs: 180 * 60_000,
};

/** A timer of more milliseconds than 31 bits hold runs out at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Wraps a device; calls are passed on one after the other by the caller, as for any device. */
export class TimedDevice implements TapeDevice {
  readonly name: string;
  readonly mustStream: boolean;
  readonly #device: TapeDevice;
  readonly #timeouts: DriveTimeouts;
  /** The call that was never answered, or undefined. */
  #hungIn: string | undefined;

  /**
   * Wraps a drive.
   *
   * @param device the drive
   * @param timeouts how long it may be silent
   */
  constructor(device: TapeDevice, timeouts: Partial<DriveTimeouts> = {}) {
    this.#device = device;
    this.name = device.name;
    this.mustStream = device.mustStream;
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
  }

  /** The call a hung drive never answered, or undefined while it answers. */
  get hungIn(): string | undefined {
    return this.#hungIn;
  }

  readBlock(buffer: Uint8Array): Promise<TapeRead> {
    return this.#timed("read", (device) => device.readBlock(buffer));
  }

  writeBlock(block: Uint8Array): Promise<TapeWrite> {
    return this.#timed("write", (device) => device.writeBlock(block));
  }

  writeFilemarks(count: number, immediate: boolean): Promise<TapeWrite> {
    return this.#timed("write filemark", (device) => device.writeFilemarks(count, immediate));
  }

  spaceFiles(count: number): Promise<boolean> {
    return this.#timed("space files", (device) => device.spaceFiles(count), true);
  }

  spaceBlocks(count: number): Promise<boolean> {
    return this.#timed("space blocks", (device) => device.spaceBlocks(count), true);
  }

  locate(logical: number): Promise<boolean> {
    return this.#timed("locate", (device) => device.locate(logical), true);
  }

  spaceToEndOfData(): Promise<void> {
    return this.#timed("space to end of data", (device) => device.spaceToEndOfData(), true);
  }

  position(): Promise<TapePosition> {
    return this.#timed("position", (device) => device.position());
  }

  rewind(): Promise<void> {
    return this.#timed("rewind", (device) => device.rewind(), true);
  }

  unload(): Promise<void> {
    return this.#timed("unload", (device) => device.unload(), true);
  }

  erase(): Promise<void> {
    return this.#timed("erase", (device) => device.erase(), true);
  }

  status(): Promise<TapeStatus> {
    return this.#timed("status", (device) => device.status());
  }

  /** Lets go of the drive. A hung one was let go when its time was up. */
  async close(): Promise<void> {
    if (this.#hungIn === undefined) await this.#timed("close", (device) => device.close());
  }

  abandon(): void {
    this.#device.abandon();
  }

  async #timed<T>(
    call: string,
    start: (device: TapeDevice) => Promise<T>,
    winds = false,
  ): Promise<T> {
    if (this.#hungIn !== undefined) throw this.#silent(this.#hungIn);
    const limitMs = winds
      ? Math.max(this.#timeouts.windTimeoutMs, this.#timeouts.driveTimeoutMs)
      : this.#timeouts.driveTimeoutMs;
    const answer = start(this.#device);
    const timerMs = Math.min(limitMs, LONGEST_TIMER_MS);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#hungIn = call;
        // Nobody listens any more; without this a late failure would end the process.
        answer.catch(() => {});
        this.#device.abandon();
        reject(this.#silent(call));
      }, timerMs);
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  #silent(call: string): EctarError {
    return new EctarError(
      "io",
      `drive ${this.name} does not answer (${call}); it counts as dead`,
      { drive: this.name, errno: "ETIMEDOUT", hint: "check the drive and its cable" },
    );
  }
}
