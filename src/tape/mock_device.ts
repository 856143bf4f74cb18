/**
 * A tape drive in memory. It needs no permission and behaves as a drive behind the Linux st driver:
 * variable blocks, filemarks, a tape cut off where it is overwritten, early warning, counters that
 * get lost, and every fault it is told to have.
 *
 * @module
 */

import type { TapeDevice, TapePosition, TapeRead, TapeStatus, TapeWrite } from "./device.ts";
import { driveError } from "./drive_error.ts";
import { type MockCall, type MockEffect, type MockFault, MockFaults } from "./mock_faults.ts";
import { FILEMARK, TapeMedium } from "./mock_medium.ts";
import { type MockCounts, type MockTapeOptions, noCounts } from "./mock_options.ts";

/**
 * A tape drive in memory.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MockTapeDevice } from "@ectar/ectar";
 *
 * const drive = new MockTapeDevice({ name: "drive 0" });
 * drive.inject({ call: "writeBlock", nth: 3 });
 * await drive.writeBlock(new Uint8Array(512));
 * await drive.writeFilemarks(1, false);
 * await drive.rewind();
 * const buffer = new Uint8Array(1024);
 * const met = await drive.readBlock(buffer);
 * assert(met.kind === "block" && met.length === 512);
 * ```
 */
export class MockTapeDevice implements TapeDevice {
  /** The drive as the operator named it. */
  readonly name: string;
  /** Whether whoever writes has to feed it steadily. */
  readonly mustStream: boolean;
  /** Bytes every written block must have; 0 is variable-block mode. */
  blockSize: number;
  /** Reads and writes fail. */
  simulateErrors: boolean;
  /** Byte of `data` at which they fail; everywhere when undefined. */
  errorAtPosition: number | undefined;
  /** What the drive has done so far. */
  readonly counts: MockCounts = noCounts();
  /** Calls in the order they were made. */
  readonly log: MockCall[] = [];
  /** Faults planned for this drive. */
  readonly faults: MockFaults = new MockFaults();
  readonly #options: MockTapeOptions;
  #medium: TapeMedium | null;
  #index = 0;
  #file: number | undefined = 0;
  #block: number | undefined = 0;
  #unfinished = false;
  #passedEnd = false;
  #warned = false;
  #closed = false;

  /**
   * A rewound tape in a drive.
   *
   * @param options what the drive is like, or just its block size in bytes
   */
  constructor(options: MockTapeOptions | number = {}) {
    this.#options = typeof options === "number" ? { blockSize: options } : options;
    this.name = this.#options.name ?? "mock";
    this.mustStream = this.#options.mustStream ?? true;
    this.blockSize = this.#options.blockSize ?? 0;
    this.errorAtPosition = this.#options.errorAtPosition;
    this.simulateErrors = this.#options.simulateErrors ?? this.errorAtPosition !== undefined;
    const medium = this.#options.medium;
    this.#medium = medium === undefined ? new TapeMedium() : medium;
  }

  /** The cartridge in the drive, or null. */
  get medium(): TapeMedium | null {
    return this.#medium;
  }

  /** The bytes of all blocks on the tape, one after the other. */
  get data(): Uint8Array<ArrayBuffer> {
    return this.#medium?.data ?? new Uint8Array(0);
  }

  /** Where in `data` the tape stands, in bytes. */
  get bytePosition(): number {
    return this.#medium?.bytesBefore(this.#index) ?? 0;
  }

  /** The next block or filemark, counted from the beginning of the tape. */
  get recordNumber(): number {
    return this.#index;
  }

  /** Whether `close` or `abandon` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Plans a fault. */
  inject(fault: MockFault): void {
    this.faults.add(fault);
  }

  /** Puts a cartridge in, rewound, or takes it out (`null`). */
  load(medium: TapeMedium | null): void {
    this.#medium = medium;
    this.#goTo(0, 0, 0);
    this.#unfinished = false;
  }

  /** Opens a closed drive again; the tape stands where it stood. */
  reopen(): this {
    this.#closed = false;
    return this;
  }

  /** Reads the next block into `buffer`. */
  async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    const effect = await this.#begin("readBlock", "reading a block");
    const medium = this.#loaded("reading a block");
    this.#unfinished = false;
    const record = medium.records[this.#index];
    if (record === undefined) return this.#readPastEnd(buffer);
    if (record === FILEMARK) {
      this.#goTo(this.#index + 1, plus(this.#file, 1), 0);
      return { kind: "filemark" };
    }
    if (record.length > buffer.length) return { kind: "too-long" };
    if (medium.badRecords.has(this.#index) || this.#simulated(record.length)) {
      const known = !this.#options.losesPosition;
      this.#goTo(this.#index + 1, this.#file, known ? plus(this.#block, 1) : undefined);
      return { kind: "bad-block", errno: "EIO", position: known ? "known" : "unknown" };
    }
    buffer.set(record);
    if (effect?.kind === "flip") buffer[effect.byte ?? 0] ^= 1;
    this.#goTo(this.#index + 1, this.#file, plus(this.#block, 1));
    this.counts.blocksRead++;
    this.counts.bytesRead += record.length;
    return { kind: "block", length: record.length };
  }

  /** Writes one block. */
  async writeBlock(block: Uint8Array): Promise<TapeWrite> {
    const effect = await this.#begin("writeBlock", "writing a block");
    const medium = this.#writable("writing a block");
    if (this.#simulated(block.length)) throw this.#error("writing a block", "EIO");
    if (
      block.length === 0 || block.length > (this.#options.maxBlockBytes ?? 8 << 20) ||
      (this.blockSize > 0 && block.length !== this.blockSize)
    ) throw this.#error(`writing a block of ${block.length} bytes`, "EINVAL");
    if (effect?.kind === "short-write") {
      if (effect.bytes > 0) this.#record(medium, block.subarray(0, effect.bytes));
      throw this.#error("writing a block", "EIO");
    }
    const end = medium.bytesBefore(this.#index) + block.length;
    if (effect?.kind === "end-of-medium" || end > medium.capacityBytes) {
      return { kind: "end-of-medium" };
    }
    this.#record(medium, block);
    return this.#written(medium);
  }

  /** Writes filemarks. */
  async writeFilemarks(count: number, _immediate: boolean): Promise<TapeWrite> {
    const effect = await this.#begin("writeFilemarks", "writing a filemark");
    const medium = this.#writable("writing a filemark");
    if (effect?.kind === "end-of-medium") return { kind: "end-of-medium" };
    for (let i = 0; i < count; i++) {
      medium.write(this.#index, FILEMARK);
      this.#goTo(this.#index + 1, plus(this.#file, 1), 0);
    }
    this.counts.filemarksWritten += count;
    this.#unfinished = false;
    return this.#written(medium);
  }

  /** Moves over filemarks: forward to behind the last, backward to before it. */
  async spaceFiles(count: number): Promise<boolean> {
    await this.#begin("spaceFiles", "spacing over filemarks");
    const { records } = this.#loaded("spacing over filemarks");
    if (count < 0) this.#finishFile();
    const step = Math.sign(count);
    for (let left = Math.abs(count); left > 0; left--) {
      let at = step > 0 ? this.#index : this.#index - 1;
      while (at >= 0 && at < records.length && records[at] !== FILEMARK) at += step;
      if (at < 0) return this.#stopAt(0, 0, 0);
      if (at >= records.length) return this.#stopAt(records.length, this.#file, undefined);
      this.#goTo(step > 0 ? at + 1 : at, plus(this.#file, step), step > 0 ? 0 : undefined);
      this.counts.filemarksSkipped++;
    }
    return true;
  }

  /** Moves over blocks in the tape file. */
  async spaceBlocks(count: number): Promise<boolean> {
    await this.#begin("spaceBlocks", "spacing over blocks");
    const { records } = this.#loaded("spacing over blocks");
    this.#unfinished = false;
    const step = Math.sign(count);
    for (let left = Math.abs(count); left > 0; left--) {
      const over = records[step > 0 ? this.#index : this.#index - 1];
      if (over === undefined) return false;
      const next = this.#index + step;
      if (over === FILEMARK) {
        return this.#stopAt(next, plus(this.#file, step), step > 0 ? 0 : undefined);
      }
      this.#goTo(next, this.#file, plus(this.#block, step));
      this.counts.blocksSkipped++;
    }
    return true;
  }

  /** Goes to a logical block. */
  async locate(logical: number): Promise<boolean> {
    await this.#begin("locate", "locating a block");
    const { records } = this.#loaded("locating a block");
    if (this.#options.canLocate === false) return false;
    this.#finishFile();
    if (logical > records.length) throw this.#error(`locating block ${logical}`, "EIO");
    const atStart = logical === 0 ? 0 : undefined;
    this.#goTo(logical, atStart, atStart);
    return true;
  }

  /** Goes behind the last recorded data. */
  async spaceToEndOfData(): Promise<void> {
    await this.#begin("spaceToEndOfData", "going to the end of data");
    const { records } = this.#loaded("going to the end of data");
    this.#unfinished = false;
    const passed = records.slice(this.#index).filter((record) => record === FILEMARK).length;
    this.#goTo(records.length, plus(this.#file, passed), undefined);
  }

  /** Where the tape stands. */
  async position(): Promise<TapePosition> {
    await this.#begin("position", "asking for the position");
    this.#loaded("asking for the position");
    return this.#tell();
  }

  /** Goes to the beginning of the tape. */
  async rewind(): Promise<void> {
    await this.#begin("rewind", "rewinding");
    this.#loaded("rewinding");
    this.#finishFile();
    this.#goTo(0, 0, 0);
  }

  /** Rewinds and ejects. */
  async unload(): Promise<void> {
    await this.#begin("unload", "ejecting the tape");
    this.#loaded("ejecting the tape");
    this.#finishFile();
    this.load(null);
  }

  /** Erases from the present position. */
  async erase(): Promise<void> {
    await this.#begin("erase", "erasing");
    this.#writable("erasing").truncate(this.#index);
    this.#unfinished = false;
  }

  /** What the drive says of itself. */
  async status(): Promise<TapeStatus> {
    await this.#begin("status", "asking for the status");
    const medium = this.#medium;
    const records = medium?.records ?? [];
    return {
      online: medium !== null,
      noMedium: medium === null,
      writeProtected: medium?.writeProtected ?? false,
      beginningOfTape: medium !== null && this.#index === 0,
      endOfData: medium !== null && this.#index === records.length,
      endOfTape: medium !== null && this.#pastWarning(medium),
      atFilemark: this.#index > 0 && records[this.#index - 1] === FILEMARK,
      cleaningWanted: false,
      blockSize: this.blockSize,
      density: medium?.density,
      compression: false,
      position: this.#tell(),
    };
  }

  /** Lets go of the drive; the tape stays where it is. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#begin("close", "closing");
    if (this.#medium !== null) this.#finishFile();
    this.#closed = true;
  }

  /** Lets go of the drive without waiting for anything. */
  abandon(): void {
    this.#closed = true;
  }

  async #begin(call: MockCall, doing: string): Promise<MockEffect | undefined> {
    this.counts.calls[call]++;
    this.log.push(call);
    await this.#options.beforeCall?.(call);
    const effect = await this.faults.meet(call);
    if (this.#closed) throw this.#error(doing, "EBADF");
    if (effect?.kind === "lose-since-filemark") this.#loseSinceFilemark();
    if (effect?.kind === "lose-since-filemark") throw this.#error(doing, "EIO");
    if (effect?.kind === "error") throw this.#error(doing, effect.errno ?? "EIO");
    return effect;
  }

  #error(doing: string, errno: string) {
    return driveError(this.name, doing, errno, {
      ...(this.#file === undefined ? {} : { tapeFile: this.#file }),
      ...(this.#block === undefined ? {} : { block: this.#block }),
    });
  }

  #loaded(doing: string): TapeMedium {
    if (this.#medium === null) throw this.#error(doing, "ENOMEDIUM");
    return this.#medium;
  }

  #writable(doing: string): TapeMedium {
    const medium = this.#loaded(doing);
    if (medium.writeProtected) throw this.#error(doing, "EROFS");
    return medium;
  }

  #simulated(length: number): boolean {
    if (!this.simulateErrors) return false;
    const at = this.errorAtPosition;
    return at === undefined || (this.bytePosition <= at && at < this.bytePosition + length);
  }

  #record(medium: TapeMedium, block: Uint8Array): void {
    medium.write(this.#index, block);
    this.#goTo(this.#index + 1, this.#file, plus(this.#block, 1));
    this.#unfinished = true;
    this.counts.blocksWritten++;
    this.counts.bytesWritten += block.length;
  }

  #pastWarning(medium: TapeMedium): boolean {
    return medium.bytesBefore(this.#index) > medium.capacityBytes - medium.earlyWarningBytes;
  }

  #written(medium: TapeMedium): TapeWrite {
    const past = this.#pastWarning(medium);
    const told = past && (this.#warned || !this.#options.lateEarlyWarning);
    this.#warned = past;
    return { kind: told ? "early-warning" : "written" };
  }

  /** Past the end some virtual drives hand out one buffer of bytes nobody wrote. */
  #readPastEnd(buffer: Uint8Array): TapeRead {
    if (!this.#options.bogusPastEnd || this.#passedEnd) return { kind: "end-of-data" };
    this.#passedEnd = true;
    buffer.fill(0xb5);
    return { kind: "block", length: buffer.length };
  }

  #loseSinceFilemark(): void {
    if (this.#medium === null) return;
    let at = this.#medium.records.length;
    while (at > 0 && this.#medium.records[at - 1] !== FILEMARK) at--;
    this.#medium.truncate(at);
    this.#goTo(at, this.#file, 0);
    this.#unfinished = false;
  }

  /** The driver ends an unfinished tape file itself before the tape moves back or is let go. */
  #finishFile(): void {
    if (!this.#unfinished || this.#medium === null) return;
    this.#medium.write(this.#index, FILEMARK);
    this.#goTo(this.#index + 1, plus(this.#file, 1), 0);
    this.#unfinished = false;
  }

  #goTo(index: number, file: number | undefined, block: number | undefined): void {
    this.#index = index;
    this.#file = file;
    this.#block = block;
    this.#passedEnd = false;
    if (this.#medium !== null && !this.#pastWarning(this.#medium)) this.#warned = false;
  }

  #stopAt(index: number, file: number | undefined, block: number | undefined): false {
    this.#goTo(index, file, block);
    return false;
  }

  #tell(): TapePosition {
    const logical = this.#options.canLocate === false || this.#medium === null
      ? undefined
      : this.#index;
    return { file: this.#file, block: this.#block, logical };
  }
}

function plus(count: number | undefined, more: number): number | undefined {
  return count === undefined ? undefined : count + more;
}
