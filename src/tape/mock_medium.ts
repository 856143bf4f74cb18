/**
 * A tape cartridge in memory: what is recorded on it, and its damage. Moves between mock drives as
 * a cartridge moves between real ones.
 *
 * @module
 */

/** A filemark among the records of a {@link TapeMedium}. */
export const FILEMARK: unique symbol = Symbol("filemark");

/** One thing recorded on tape: the bytes of a block, or a filemark. */
export type TapeRecord = Uint8Array | typeof FILEMARK;

/** What a {@link TapeMedium} is like; all parts are optional. */
export interface TapeMediumOptions {
  /** Bytes that fit before a write fails; unlimited when left out. Filemarks take no room. */
  capacityBytes?: number;
  /** Bytes before the end at which early warning begins. Default 0: no warning before the end. */
  earlyWarningBytes?: number;
  /** The write-protect tab is set. */
  writeProtected?: boolean;
  /** SCSI density code a drive reports for this cartridge. */
  density?: number;
}

/**
 * A cartridge's content. Record numbers count blocks and filemarks from the beginning of the tape,
 * as LTO's logical block numbers do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MockTapeDevice, TapeMedium } from "@ectar/ectar";
 *
 * const medium = new TapeMedium({ capacityBytes: 1 << 20 });
 * const drive = new MockTapeDevice({ medium });
 * await drive.writeBlock(new Uint8Array(512));
 * await drive.writeFilemarks(1, false);
 * assert(medium.files()[0].length === 512);
 * ```
 */
export class TapeMedium {
  /** Bytes that fit. */
  capacityBytes: number;
  /** Bytes before the end at which early warning begins. */
  earlyWarningBytes: number;
  /** The write-protect tab is set. */
  writeProtected: boolean;
  /** SCSI density code. */
  density: number | undefined;
  /** Numbers of records that cannot be read. */
  readonly badRecords: Set<number> = new Set();
  #records: TapeRecord[] = [];
  /** Block bytes before each record, and behind the last one. */
  #bytesBefore: number[] = [0];

  /**
   * A blank cartridge.
   *
   * @param options what it is like; without them it is endless
   */
  constructor(options: TapeMediumOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? Infinity;
    this.earlyWarningBytes = options.earlyWarningBytes ?? 0;
    this.writeProtected = options.writeProtected ?? false;
    this.density = options.density;
  }

  /** Blocks and filemarks on the tape, in order. */
  get records(): readonly TapeRecord[] {
    return this.#records;
  }

  /** Block bytes recorded before record `index`. */
  bytesBefore(index: number): number {
    return this.#bytesBefore[index];
  }

  /** The bytes of all blocks one after the other, without filemarks. */
  get data(): Uint8Array<ArrayBuffer> {
    return join(this.#records.filter((record) => record !== FILEMARK));
  }

  /** The bytes of each tape file; the last one is there only if a block follows the last filemark. */
  files(): Uint8Array<ArrayBuffer>[] {
    const files: Uint8Array<ArrayBuffer>[] = [];
    let blocks: Uint8Array[] = [];
    for (const record of this.#records) {
      if (record === FILEMARK) {
        files.push(join(blocks));
        blocks = [];
      } else blocks.push(record);
    }
    return blocks.length > 0 ? [...files, join(blocks)] : files;
  }

  /** Length in bytes of each block of each tape file, for checks of the layout. */
  layout(): number[][] {
    const files: number[][] = [[]];
    for (const record of this.#records) {
      if (record === FILEMARK) files.push([]);
      else files[files.length - 1].push(record.length);
    }
    return files;
  }

  /**
   * The record number of block `block` of tape file `file`, both from 0.
   *
   * @throws {RangeError} when the tape has no such block
   */
  recordOf(file: number, block: number): number {
    let inFile = 0;
    for (let index = 0, at = 0; index < this.#records.length; index++) {
      if (this.#records[index] === FILEMARK) {
        inFile++;
        at = 0;
      } else if (inFile === file && at++ === block) return index;
    }
    throw new RangeError(`no block ${block} in tape file ${file}`);
  }

  /** Records `record` at `index` and cuts the tape off behind it, as writing does. */
  write(index: number, record: TapeRecord): void {
    this.truncate(index);
    this.#records.push(record === FILEMARK ? record : record.slice());
    const length = record === FILEMARK ? 0 : record.length;
    this.#bytesBefore.push(this.#bytesBefore[index] + length);
  }

  /** Cuts the tape off before record `index`. */
  truncate(index: number): void {
    this.#records.length = index;
    this.#bytesBefore.length = index + 1;
    for (const bad of this.badRecords) if (bad >= index) this.badRecords.delete(bad);
  }

  /** Makes block `block` of tape file `file` unreadable. */
  damageBlock(file: number, block: number): void {
    this.badRecords.add(this.recordOf(file, block));
  }

  /** Flips the bits of `mask` in one byte of a block: read back wrong without any error. */
  flipBits(file: number, block: number, byte: number, mask = 0x01): void {
    const index = this.recordOf(file, block);
    const changed = (this.#records[index] as Uint8Array).slice();
    if (byte >= changed.length) throw new RangeError(`block has ${changed.length} bytes only`);
    changed[byte] ^= mask;
    this.#records[index] = changed;
  }

  /** A cartridge with the same content, damage and limits, independent of this one. */
  clone(): TapeMedium {
    const copy = new TapeMedium({
      capacityBytes: this.capacityBytes,
      earlyWarningBytes: this.earlyWarningBytes,
      writeProtected: this.writeProtected,
      ...(this.density === undefined ? {} : { density: this.density }),
    });
    copy.#records = this.#records.slice();
    copy.#bytesBefore = this.#bytesBefore.slice();
    for (const bad of this.badRecords) copy.badRecords.add(bad);
    return copy;
  }
}

function join(blocks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    joined.set(block, at);
    at += block.length;
  }
  return joined;
}
