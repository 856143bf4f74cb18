/**
 * Watching drives at work: how much each has moved, and what it is doing.
 *
 * @module
 */

import type { TapeDevice, TapePosition, TapeRead, TapeStatus, TapeWrite } from "../tape/device.ts";

/** What one drive is doing. */
export interface DriveActivity {
  /** Drive, as the operator named it. */
  drive: string;
  /** Shard number, where it is known. */
  shard: number | undefined;
  /** Bytes read or written so far. */
  bytes: number;
  /** In a few words. */
  doing: string;
}

/** A device that tells what passes. */
export class MeteredDevice implements TapeDevice {
  readonly name: string;
  readonly mustStream: boolean;
  readonly #device: TapeDevice;
  #bytes = 0;
  #doing = "idle";

  /** @param device the drive */
  constructor(device: TapeDevice) {
    this.#device = device;
    this.name = device.name;
    this.mustStream = device.mustStream;
  }

  /** What it is doing now. */
  get activity(): DriveActivity {
    return { drive: this.name, shard: undefined, bytes: this.#bytes, doing: this.#doing };
  }

  async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    const met = await this.#during("reading", this.#device.readBlock(buffer));
    if (met.kind === "block") this.#bytes += met.length;
    return met;
  }

  async writeBlock(block: Uint8Array): Promise<TapeWrite> {
    const met = await this.#during("writing", this.#device.writeBlock(block));
    if (met.kind !== "end-of-medium") this.#bytes += block.length;
    return met;
  }

  writeFilemarks(count: number, immediate: boolean): Promise<TapeWrite> {
    return this.#during("writing", this.#device.writeFilemarks(count, immediate));
  }

  spaceFiles(count: number): Promise<boolean> {
    return this.#during("winding", this.#device.spaceFiles(count));
  }

  spaceBlocks(count: number): Promise<boolean> {
    return this.#during("winding", this.#device.spaceBlocks(count));
  }

  locate(logical: number): Promise<boolean> {
    return this.#during("winding", this.#device.locate(logical));
  }

  spaceToEndOfData(): Promise<void> {
    return this.#during("winding", this.#device.spaceToEndOfData());
  }

  position(): Promise<TapePosition> {
    return this.#device.position();
  }

  rewind(): Promise<void> {
    return this.#during("rewinding", this.#device.rewind());
  }

  unload(): Promise<void> {
    return this.#during("ejecting", this.#device.unload());
  }

  erase(): Promise<void> {
    return this.#during("erasing", this.#device.erase());
  }

  status(): Promise<TapeStatus> {
    return this.#device.status();
  }

  close(): Promise<void> {
    return this.#device.close();
  }

  abandon(): void {
    this.#device.abandon();
    this.#doing = "does not answer";
  }

  async #during<T>(doing: string, call: Promise<T>): Promise<T> {
    this.#doing = doing;
    try {
      const result = await call;
      this.#doing = "idle";
      return result;
    } catch (error) {
      this.#doing = `failed ${doing}`;
      throw error;
    }
  }
}
