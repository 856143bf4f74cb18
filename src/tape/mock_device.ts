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
import { MockHead } from "./mock_head.ts";
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
  /** Over the cartridge; over none that matters in an empty drive. */
  #head: MockHead;
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
    this.#head = new MockHead(this.#medium ?? new TapeMedium());
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
    return this.#head.bytesBefore;
  }

  /** The next block or filemark, counted from the beginning of the tape. */
  get recordNumber(): number {
    return this.#head.index;
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
    this.#head = new MockHead(medium ?? new TapeMedium());
  }

  /** Opens a closed drive again; the tape stands where it stood. */
  reopen(): this {
    this.#closed = false;
    return this;
  }

  /** Reads the next block into `buffer`. */
  async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    const effect = await this.#begin("readBlock", "reading a block");
    const head = this.#loaded("reading a block");
    head.leaveFile();
    const record = head.next;
    if (record === undefined) return this.#readPastEnd(buffer);
    if (record === FILEMARK) {
      head.pass();
      return { kind: "filemark" };
    }
    if (record.length > buffer.length) return { kind: "too-long" };
    if (head.medium.badRecords.has(head.index) || this.#simulated(record.length)) {
      const loses = this.#options.losesPosition === true;
      head.pass(loses);
      return { kind: "bad-block", errno: "EIO", position: loses ? "unknown" : "known" };
    }
    buffer.set(record);
    if (effect?.kind === "flip") buffer[effect.byte ?? 0] ^= 1;
    head.pass();
    this.counts.blocksRead++;
    this.counts.bytesRead += record.length;
    return { kind: "block", length: record.length };
  }

  /** Writes one block. */
  async writeBlock(block: Uint8Array): Promise<TapeWrite> {
    const effect = await this.#begin("writeBlock", "writing a block");
    const head = this.#writable("writing a block");
    if (this.#simulated(block.length)) throw this.#error("writing a block", "EIO");
    if (
      block.length === 0 || block.length > (this.#options.maxBlockBytes ?? 8 << 20) ||
      (this.blockSize > 0 && block.length !== this.blockSize)
    ) throw this.#error(`writing a block of ${block.length} bytes`, "EINVAL");
    if (effect?.kind === "short-write") {
      if (effect.bytes > 0) this.#record(head, block.subarray(0, effect.bytes));
      throw this.#error("writing a block", "EIO");
    }
    const end = head.bytesBefore + block.length;
    if (effect?.kind === "end-of-medium" || end > head.medium.capacityBytes) {
      return { kind: "end-of-medium" };
    }
    this.#record(head, block);
    return this.#written(head);
  }

  /** Writes filemarks. */
  async writeFilemarks(count: number, _immediate: boolean): Promise<TapeWrite> {
    const effect = await this.#begin("writeFilemarks", "writing a filemark");
    const head = this.#writable("writing a filemark");
    if (effect?.kind === "end-of-medium") return { kind: "end-of-medium" };
    for (let i = 0; i < count; i++) head.writeFilemark();
    this.counts.filemarksWritten += count;
    head.leaveFile();
    return this.#written(head);
  }

  /** Moves over filemarks: forward to behind the last, backward to before it. */
  async spaceFiles(count: number): Promise<boolean> {
    await this.#begin("spaceFiles", "spacing over filemarks");
    const head = this.#loaded("spacing over filemarks");
    if (count < 0) head.finishFile();
    const passed = head.spaceFiles(count);
    this.counts.filemarksSkipped += passed;
    return passed === Math.abs(count);
  }

  /** Moves over blocks in the tape file. */
  async spaceBlocks(count: number): Promise<boolean> {
    await this.#begin("spaceBlocks", "spacing over blocks");
    const head = this.#loaded("spacing over blocks");
    head.leaveFile();
    const passed = head.spaceBlocks(count);
    this.counts.blocksSkipped += passed;
    return passed === Math.abs(count);
  }

  /** Goes to a logical block. */
  async locate(logical: number): Promise<boolean> {
    await this.#begin("locate", "locating a block");
    const head = this.#loaded("locating a block");
    if (this.#options.canLocate === false) return false;
    head.finishFile();
    if (logical > head.medium.records.length) throw this.#error(`locating block ${logical}`, "EIO");
    head.locate(logical);
    return true;
  }

  /** Goes behind the last recorded data. */
  async spaceToEndOfData(): Promise<void> {
    await this.#begin("spaceToEndOfData", "going to the end of data");
    const head = this.#loaded("going to the end of data");
    head.leaveFile();
    head.spaceToEndOfData();
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
    const head = this.#loaded("rewinding");
    head.finishFile();
    head.locate(0);
  }

  /** Rewinds and ejects. */
  async unload(): Promise<void> {
    await this.#begin("unload", "ejecting the tape");
    this.#loaded("ejecting the tape").finishFile();
    this.load(null);
  }

  /** Erases from the present position. */
  async erase(): Promise<void> {
    await this.#begin("erase", "erasing");
    const head = this.#writable("erasing");
    head.medium.truncate(head.index);
    head.leaveFile();
  }

  /** What the drive says of itself. */
  async status(): Promise<TapeStatus> {
    await this.#begin("status", "asking for the status");
    const medium = this.#medium;
    const isLoaded = medium !== null;
    return {
      online: isLoaded,
      noMedium: !isLoaded,
      writeProtected: medium?.writeProtected ?? false,
      beginningOfTape: isLoaded && this.#head.index === 0,
      endOfData: isLoaded && this.#head.index === medium.records.length,
      endOfTape: isLoaded && this.#head.isPastWarning,
      atFilemark: this.#head.previous === FILEMARK,
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
    this.#head.finishFile();
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
    if (effect?.kind === "lose-since-filemark") this.#head.loseSinceFilemark();
    if (effect?.kind === "lose-since-filemark") throw this.#error(doing, "EIO");
    if (effect?.kind === "error") throw this.#error(doing, effect.errno ?? "EIO");
    return effect;
  }

  #error(doing: string, errno: string) {
    const { file, block } = this.#head;
    return driveError(this.name, doing, errno, {
      ...(file === undefined ? {} : { tapeFile: file }),
      ...(block === undefined ? {} : { block }),
    });
  }

  #loaded(doing: string): MockHead {
    if (this.#medium === null) throw this.#error(doing, "ENOMEDIUM");
    return this.#head;
  }

  #writable(doing: string): MockHead {
    const head = this.#loaded(doing);
    if (head.medium.writeProtected) throw this.#error(doing, "EROFS");
    return head;
  }

  #simulated(length: number): boolean {
    if (!this.simulateErrors) return false;
    const at = this.errorAtPosition;
    return at === undefined || (this.bytePosition <= at && at < this.bytePosition + length);
  }

  #record(head: MockHead, block: Uint8Array): void {
    head.writeBlock(block);
    this.counts.blocksWritten++;
    this.counts.bytesWritten += block.length;
  }

  #written(head: MockHead): TapeWrite {
    const told = head.warns(this.#options.lateEarlyWarning === true);
    return { kind: told ? "early-warning" : "written" };
  }

  /** Past the end some virtual drives hand out one buffer of bytes nobody wrote. */
  #readPastEnd(buffer: Uint8Array): TapeRead {
    if (!this.#options.bogusPastEnd || !this.#head.passEnd()) return { kind: "end-of-data" };
    buffer.fill(0xb5);
    return { kind: "block", length: buffer.length };
  }

  #tell(): TapePosition {
    const { file, block, index } = this.#head;
    const isTold = this.#options.canLocate !== false && this.#medium !== null;
    return { file, block, logical: isTold ? index : undefined };
  }
}
