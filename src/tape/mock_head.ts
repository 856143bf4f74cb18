/**
 * The head of a mock drive over a cartridge: where it stands, as the st driver counts it, and how
 * reading, writing and spacing move it.
 *
 * @module
 */

import { FILEMARK, type TapeMedium, type TapeRecord } from "./mock_medium.ts";

/** A head at the beginning of a cartridge. */
export class MockHead {
  /** The cartridge. */
  readonly medium: TapeMedium;
  #index = 0;
  #file: number | undefined = 0;
  #block: number | undefined = 0;
  #unfinished = false;
  #passedEnd = false;
  #warned = false;

  /** @param medium the cartridge, rewound */
  constructor(medium: TapeMedium) {
    this.medium = medium;
  }

  /** The next block or filemark, counted from the beginning of the tape. */
  get index(): number {
    return this.#index;
  }

  /** Tape file, or undefined when the driver has lost count. */
  get file(): number | undefined {
    return this.#file;
  }

  /** Block in that file, or undefined likewise. */
  get block(): number | undefined {
    return this.#block;
  }

  /** What stands behind the head; undefined at the end of data. */
  get next(): TapeRecord | undefined {
    return this.medium.records[this.#index];
  }

  /** What stands before the head; undefined at the beginning of the tape. */
  get previous(): TapeRecord | undefined {
    return this.medium.records[this.#index - 1];
  }

  /** Bytes of the blocks before the head. */
  get bytesBefore(): number {
    return this.medium.bytesBefore(this.#index);
  }

  /** Whether the head is behind the place where early warning begins. */
  get isPastWarning(): boolean {
    return this.bytesBefore > this.medium.capacityBytes - this.medium.earlyWarningBytes;
  }

  /** Goes over the next record; the block is then unknown where the drive `loses` its position. */
  pass(loses = false): void {
    if (this.next === FILEMARK) this.#goTo(this.#index + 1, plus(this.#file, 1), 0);
    else this.#goTo(this.#index + 1, this.#file, loses ? undefined : plus(this.#block, 1));
  }

  /** Notes a read at the end of data; false when there was one since the tape last moved. */
  passEnd(): boolean {
    const isFirst = !this.#passedEnd;
    this.#passedEnd = true;
    return isFirst;
  }

  /** Records a block; the tape file is unfinished then. */
  writeBlock(block: Uint8Array): void {
    this.medium.write(this.#index, block);
    this.pass();
    this.#unfinished = true;
  }

  /** Records a filemark. */
  writeFilemark(): void {
    this.medium.write(this.#index, FILEMARK);
    this.pass();
    this.#unfinished = false;
  }

  /** Whether a write has just come past early warning, or, told late, a write before it had. */
  warns(late: boolean): boolean {
    const told = this.isPastWarning && (this.#warned || !late);
    this.#warned = this.isPastWarning;
    return told;
  }

  /** What was written counts as finished: something else than a write has come after it. */
  leaveFile(): void {
    this.#unfinished = false;
  }

  /** The driver ends an unfinished tape file itself before the tape moves back or is let go. */
  finishFile(): void {
    if (this.#unfinished) this.writeFilemark();
  }

  /** Moves over filemarks and returns how many; fewer than asked where data or tape end first. */
  spaceFiles(count: number): number {
    const { records } = this.medium;
    const step = Math.sign(count);
    for (let passed = 0; passed < Math.abs(count); passed++) {
      let at = step > 0 ? this.#index : this.#index - 1;
      while (at >= 0 && at < records.length && records[at] !== FILEMARK) at += step;
      if (at < 0) this.#goTo(0, 0, 0);
      else if (at >= records.length) this.#goTo(records.length, this.#file, undefined);
      else this.#goTo(step > 0 ? at + 1 : at, plus(this.#file, step), step > 0 ? 0 : undefined);
      if (at < 0 || at >= records.length) return passed;
    }
    return Math.abs(count);
  }

  /** Moves over blocks and returns how many; fewer than asked at a filemark, which is passed, or the end. */
  spaceBlocks(count: number): number {
    const step = Math.sign(count);
    for (let passed = 0; passed < Math.abs(count); passed++) {
      const over = step > 0 ? this.next : this.previous;
      const at = this.#index + step;
      if (over === FILEMARK) this.#goTo(at, plus(this.#file, step), step > 0 ? 0 : undefined);
      if (over === undefined || over === FILEMARK) return passed;
      this.#goTo(at, this.#file, plus(this.#block, step));
    }
    return Math.abs(count);
  }

  /** Goes to a record; the driver then knows file and block at the beginning of the tape only. */
  locate(index: number): void {
    const atStart = index === 0 ? 0 : undefined;
    this.#goTo(index, atStart, atStart);
  }

  /** Goes behind the last record. */
  spaceToEndOfData(): void {
    const passed = this.medium.records.slice(this.#index).filter((record) => record === FILEMARK);
    this.#goTo(this.medium.records.length, plus(this.#file, passed.length), undefined);
  }

  /** Takes what was written since the last filemark off the tape again. */
  loseSinceFilemark(): void {
    const { records } = this.medium;
    let at = records.length;
    while (at > 0 && records[at - 1] !== FILEMARK) at--;
    this.medium.truncate(at);
    this.#goTo(at, this.#file, 0);
    this.#unfinished = false;
  }

  #goTo(index: number, file: number | undefined, block: number | undefined): void {
    this.#index = index;
    this.#file = file;
    this.#block = block;
    this.#passedEnd = false;
    if (!this.isPastWarning) this.#warned = false;
  }
}

function plus(count: number | undefined, more: number): number | undefined {
  return count === undefined ? undefined : count + more;
}
