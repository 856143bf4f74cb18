/**
 * A tape that is read: keeps track of where it stands and finds the shortest safe way to a block.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TapeDevice, TapeRead } from "./device.ts";
import { readAnyBlock, type SizedRead } from "./first_block.ts";

/** The filemark read on the way needs no room, but a drive wants a buffer. */
const SMALL_BUFFER_BYTES = 64 * 1024;

/** Reads one tape, with its place known. */
export class TapeHead {
  /** The drive. */
  readonly device: TapeDevice;
  #file: number | undefined;
  #block: number | undefined;
  /** Logical block number of the first block of tape files, where the drive told. */
  readonly #starts = new Map<number, number>();
  #canLocate = true;

  /** Takes a drive whose tape may stand anywhere. */
  constructor(device: TapeDevice) {
    this.device = device;
  }

  /**
   * Notes where a tape file starts, as computed from an index, so that the tape can be wound
   * straight there.
   */
  noteStart(file: number, logical: number): void {
    this.#starts.set(file, logical);
  }

  /** Where a tape file starts, as far as known. */
  startOf(file: number): number | undefined {
    return this.#starts.get(file);
  }

  /** Goes to the beginning of the tape. */
  async rewind(): Promise<void> {
    this.#lose();
    await this.device.rewind();
    this.#stand(0, 0);
  }

  /**
   * Goes to a block.
   *
   * @returns false when the tape has no such block
   * @throws {EctarError} when the drive fails or cannot find the way
   */
  async seek(file: number, block: number): Promise<boolean> {
    if (this.#file === file && this.#block === block) return true;
    if (this.#file === file && this.#block !== undefined) {
      const blocks = block - this.#block;
      if (await this.#moveInFile(blocks)) return true;
      // Forward the file ends before; backward the count was wrong, so find the file anew.
      if (blocks > 0) return false;
    }
    if (!await this.#goToFile(file)) return false;
    return block === 0 || await this.#moveInFile(block);
  }

  /** Reads the next block, of whatever size up to 16 MiB. */
  async readAny(buffer: Uint8Array): Promise<SizedRead> {
    const read = await readAnyBlock(this.device, buffer);
    await this.#follow(read.met);
    return read;
  }

  /** Reads the next block; a larger one is `too-long` and not passed. */
  async read(buffer: Uint8Array): Promise<TapeRead> {
    const met = await this.device.readBlock(buffer);
    await this.#follow(met);
    return met;
  }

  /** Goes behind the last data; returns the tape file number there, if it is known. */
  async toEndOfData(): Promise<number | undefined> {
    this.#lose();
    await this.device.spaceToEndOfData();
    const { file } = await this.device.position();
    this.#file = file;
    return file;
  }

  async #moveInFile(blocks: number): Promise<boolean> {
    const file = this.#file;
    const target = (this.#block ?? 0) + blocks;
    this.#lose();
    if (!await this.device.spaceBlocks(blocks)) return false;
    this.#stand(file, target);
    return true;
  }

  async #goToFile(file: number): Promise<boolean> {
    if (file === 0) {
      await this.rewind();
      return true;
    }
    if (await this.#locateFile(file)) return true;
    try {
      return await this.#spaceToFile(file);
    } catch (error) {
      if (!mayMove(error)) throw error;
      // Behind a place that it cannot read a drive may go nowhere, until it is rewound.
      await this.rewind();
      return await this.#spaceToFile(file);
    }
  }

  async #spaceToFile(file: number): Promise<boolean> {
    let from = this.#file ?? await this.#countedFile();
    if (from === undefined || (file <= from && !await this.#leaveFilemarkAhead())) {
      await this.rewind();
      from = 0;
    }
    this.#lose();
    // Backward the tape stops in front of a filemark; the one before the file is passed again.
    let found = file > from
      ? await this.device.spaceFiles(file - from)
      : await this.device.spaceFiles(file - from - 1) && await this.device.spaceFiles(1);
    if (!found && file <= from) {
      // The tape has been beyond it, so the drive stands elsewhere: a reset may have rewound it.
      await this.rewind();
      found = await this.device.spaceFiles(file);
    }
    if (!found) return false;
    const { file: at, logical } = await this.device.position();
    if (at !== undefined && at !== file) {
      throw new EctarError(
        "io",
        `drive ${this.device.name}: the tape went to tape file ${at} instead of ${file}`,
        { drive: this.device.name, tapeFile: file },
      );
    }
    if (logical !== undefined) this.#starts.set(file, logical);
    this.#stand(file, 0);
    return true;
  }

  /** The tape file the drive says it is in. Spacing that failed leaves a guess, without a block. */
  async #countedFile(): Promise<number | undefined> {
    const { file, block } = await this.device.position();
    return block === undefined ? undefined : file;
  }

  /** Some drives that go back count a filemark right ahead, too: a block in between prevents that. */
  async #leaveFilemarkAhead(): Promise<boolean> {
    return this.#block === undefined || this.#block === 0 || await this.#moveInFile(-1);
  }

  /** Goes to the filemark in front of the file: reading it proves the place right. */
  async #locateFile(file: number): Promise<boolean> {
    const start = this.#starts.get(file);
    const next = this.#file !== undefined && this.#file + 1 === file;
    if (start === undefined || start === 0 || !this.#canLocate || next) return false;
    this.#lose();
    try {
      if (await this.device.locate(start - 1)) {
        const met = await this.device.readBlock(new Uint8Array(SMALL_BUFFER_BYTES));
        if (met.kind === "filemark") {
          this.#stand(file, 0);
          return true;
        }
      }
    } catch (error) {
      if (!mayMove(error)) throw error;
    }
    this.#canLocate = false;
    // Counters are lost after a locate that went wrong; the filemarks are counted from the start.
    await this.rewind();
    return false;
  }

  #follow(met: TapeRead): void {
    switch (met.kind) {
      case "block":
        if (this.#block !== undefined) this.#block++;
        return;
      case "filemark":
        return this.#stand(this.#file === undefined ? undefined : this.#file + 1, 0);
      case "bad-block":
        if (met.position === "known" && this.#block !== undefined) this.#block++;
        else this.#block = undefined;
        return;
      case "end-of-data":
        return this.#lose();
      case "too-long":
        return;
    }
  }

  #stand(file: number | undefined, block: number | undefined): void {
    this.#file = file;
    this.#block = block;
  }

  #lose(): void {
    this.#stand(undefined, undefined);
  }
}

/** Whether a drive that failed may be asked to move again: one that is silent may not. */
function mayMove(error: unknown): boolean {
  return error instanceof EctarError && error.context.errno !== "ETIMEDOUT";
}
