/**
 * One tape file on one drive: takes writes of any size, writes whole blocks, ends with a filemark.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { MediumState } from "../shard/shard_io.ts";
import type { TapeDevice, TapeWrite } from "./device.ts";

/** Where a shard's bytes go, one after the other. */
export interface ShardOutput {
  /** Appends bytes; they may be reused once the promise resolves. */
  write(bytes: Uint8Array): Promise<MediumState>;
  /** Brings what is buffered to the medium's unit of writing. */
  flush(): Promise<MediumState>;
  /** Ends the output and returns how many bytes it holds, padding included. */
  finish(): Promise<number>;
}

/** How a tape file is written. */
export interface TapeShardOutputOptions {
  /** Bytes per block. */
  blockSize: number;
  /** Tape file number, for messages. */
  tapeFile: number;
}

/** Writes one tape file. */
export class TapeShardOutput implements ShardOutput {
  readonly #device: TapeDevice;
  readonly #blockSize: number;
  readonly #tapeFile: number;
  /** Made with the first write that is no whole block. */
  #buffer: Uint8Array | undefined;
  #buffered = 0;
  #blocks = 0;
  #state: MediumState = "ok";
  #suspect = false;

  /**
   * Begins a tape file; nothing is written yet.
   *
   * @param device the drive; it stands where the tape file begins
   * @param options block size and tape file number
   * @throws {EctarError} `usage` for a block size that is no positive whole number
   */
  constructor(device: TapeDevice, options: TapeShardOutputOptions) {
    if (!Number.isSafeInteger(options.blockSize) || options.blockSize < 1) {
      throw new EctarError("usage", `block size ${options.blockSize} is not a positive number`);
    }
    this.#device = device;
    this.#blockSize = options.blockSize;
    this.#tapeFile = options.tapeFile;
  }

  /** Blocks the drive has taken. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Bytes the drive has taken. */
  get bytes(): number {
    return this.#blocks * this.#blockSize;
  }

  /** What the medium said so far. `full`: the last block was not written. */
  get state(): MediumState {
    return this.#state;
  }

  /** Whether the drive may have failed where the tape counts as full. */
  get suspect(): boolean {
    return this.#suspect;
  }

  /**
   * Appends bytes and writes every whole block; whole blocks that need no joining are not copied.
   *
   * @returns the medium's state; after `full` nothing more is written
   * @throws {EctarError} when the drive fails, with drive, tape file and block
   */
  async write(bytes: Uint8Array): Promise<MediumState> {
    let offset = 0;
    while (offset < bytes.length && this.#state !== "full") {
      const rest = bytes.length - offset;
      if (this.#buffered === 0 && rest >= this.#blockSize) {
        await this.#writeBlock(bytes.subarray(offset, offset + this.#blockSize));
        offset += this.#blockSize;
        continue;
      }
      this.#buffer ??= new Uint8Array(this.#blockSize);
      const count = Math.min(rest, this.#blockSize - this.#buffered);
      this.#buffer.set(bytes.subarray(offset, offset + count), this.#buffered);
      this.#buffered += count;
      offset += count;
      if (this.#buffered === this.#blockSize) await this.#writeBuffer(this.#buffer);
    }
    return this.#state;
  }

  /** Pads an unfinished block with zeros and writes it. Without one it writes nothing. */
  async flush(): Promise<MediumState> {
    if (this.#buffered > 0 && this.#buffer !== undefined && this.#state !== "full") {
      this.#buffer.fill(0, this.#buffered);
      await this.#writeBuffer(this.#buffer);
    }
    return this.#state;
  }

  /**
   * Flushes and writes the filemark.
   *
   * @param immediate do not wait until everything is on the medium
   * @returns bytes of the tape file
   * @throws {EctarError} `no-space` when the tape is full before the filemark; otherwise as `write`
   */
  async finish(immediate = false): Promise<number> {
    await this.flush();
    if (this.#state !== "full") {
      const result = await this.#calling(
        "filemark",
        () => this.#device.writeFilemarks(1, immediate),
      );
      this.#note(result);
    }
    if (this.#state === "full") {
      throw new EctarError(
        "no-space",
        `drive ${this.#device.name}: tape full in tape file ${this.#tapeFile} at block ${this.#blocks}`,
        { drive: this.#device.name, tapeFile: this.#tapeFile, block: this.#blocks },
      );
    }
    return this.bytes;
  }

  async #writeBuffer(buffer: Uint8Array): Promise<void> {
    await this.#writeBlock(buffer);
    this.#buffered = 0;
  }

  async #writeBlock(block: Uint8Array): Promise<void> {
    const result = await this.#calling("block", () => this.#device.writeBlock(block));
    this.#note(result);
    if (result.kind !== "end-of-medium") this.#blocks++;
  }

  #note(result: TapeWrite): void {
    if (result.kind === "end-of-medium") {
      this.#state = "full";
      this.#suspect = result.suspect ?? false;
    } else if (result.kind === "early-warning" && this.#state === "ok") this.#state = "near-end";
  }

  /** An error of the drive may belong to an earlier block (drives buffer), so it names the call. */
  async #calling<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      const known = cause instanceof EctarError ? cause : undefined;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EctarError(
        known?.code ?? "io",
        `drive ${this.#device.name}: writing ${what} ${
          what === "block" ? `${this.#blocks} of tape file` : "after tape file"
        } ${this.#tapeFile} failed: ${reason}`,
        {
          ...known?.context,
          drive: this.#device.name,
          tapeFile: this.#tapeFile,
          block: this.#blocks,
        },
        { cause },
      );
    }
  }
}
