/**
 * A tape drive that is a file: a tape image in SIMH `.tap` format. With it everything works without
 * tape hardware, and images of other programs can be read.
 *
 * @module
 */
// deno-lint-ignore-file require-await -- the seam is asynchronous, most of what a file does is not

import { setImmediate } from "node:timers";
import { EctarError } from "../errors.ts";
import type { TapeDevice, TapePosition, TapeRead, TapeStatus, TapeWrite } from "./device.ts";
import { driveError } from "./drive_error.ts";
import { MAX_IMAGE_BLOCK_BYTES, putWord, recordBytes, WORD_BYTES } from "./image_format.ts";
import type { ImageFile } from "./image_file.ts";
import { ImageWalk } from "./image_walk.ts";

/** What an image tape is like; all parts are optional. */
export interface ImageTapeOptions {
  /** Bytes the image may grow to; unlimited when left out. */
  capacityBytes?: number;
  /** Bytes before the capacity at which early warning begins. Default: 1/32 of the capacity. */
  earlyWarningBytes?: number;
  /** Nothing may be written. */
  writeProtected?: boolean;
}

/** Blocks up to this size are put together with their length words and written in one call. */
const SMALL_BLOCK_BYTES = 64 * 1024;
/** Writing may be this thread's work (see write_pace.ts): after so many bytes others get their turn. */
const YIELD_BYTES = 8 * 1024 * 1024;

/** A tape image behind the tape seam. */
export class ImageTapeDevice implements TapeDevice {
  /** The drive as the operator named it. */
  readonly name: string;
  /** A file waits for as long as it likes. */
  readonly mustStream = false;
  readonly #create: () => ImageFile;
  readonly #capacityBytes: number;
  readonly #earlyWarningBytes: number;
  readonly #writeProtected: boolean;
  readonly #small = new Uint8Array(recordBytes(SMALL_BLOCK_BYTES));
  readonly #word = new Uint8Array(WORD_BYTES);
  #file: ImageFile | undefined;
  #walk: ImageWalk;
  #bytesToYield = YIELD_BYTES;
  #closed = false;

  /**
   * @param name the image as the operator named it
   * @param file the image, recognised as one, or undefined for a blank tape that has no file yet
   * @param create makes the file at the first write to a blank tape
   * @param options what the tape is like
   */
  constructor(
    name: string,
    file: ImageFile | undefined,
    create: () => ImageFile,
    options: ImageTapeOptions = {},
  ) {
    this.name = name;
    this.#file = file;
    this.#create = create;
    this.#capacityBytes = options.capacityBytes ?? Infinity;
    const warning = options.earlyWarningBytes ?? Math.floor(this.#capacityBytes / 32);
    this.#earlyWarningBytes = Number.isFinite(warning) ? warning : 0;
    this.#writeProtected = options.writeProtected ?? false;
    this.#walk = new ImageWalk(file ?? NOTHING);
  }

  /** Reads the next block into `buffer`. */
  async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    this.#open("reading a block");
    const record = this.#walk.next();
    if (record.kind === "end") return { kind: "end-of-data" };
    if (record.kind === "lost") return { kind: "bad-block", errno: "EIO", position: "unknown" };
    if (record.kind === "filemark") {
      this.#walk.pass(record);
      return { kind: "filemark" };
    }
    if (record.bad) {
      this.#walk.pass(record);
      return { kind: "bad-block", errno: "EIO", position: "known" };
    }
    if (record.length > buffer.length) return { kind: "too-long" };
    const length = await this.#file!.read(buffer.subarray(0, record.length), record.data);
    if (length !== record.length) throw this.#error("reading a block", "EIO");
    this.#walk.pass(record);
    return { kind: "block", length };
  }

  /** Writes one block. */
  async writeBlock(block: Uint8Array): Promise<TapeWrite> {
    const file = this.#writable("writing a block");
    if (block.length === 0 || block.length > MAX_IMAGE_BLOCK_BYTES) {
      throw this.#error(`writing a block of ${block.length} bytes`, "EINVAL");
    }
    const start = this.#walk.place.offset;
    const end = start + recordBytes(block.length);
    if (end > this.#capacityBytes) return { kind: "end-of-medium" };
    if (!await this.#append(file, start, () => this.#putBlock(file, start, block))) {
      return { kind: "end-of-medium" };
    }
    this.#walk.pass({ kind: "block", end });
    this.#bytesToYield -= block.length;
    if (this.#bytesToYield <= 0) await this.#yield();
    return this.#written();
  }

  /** Writes filemarks. */
  async writeFilemarks(count: number, immediate: boolean): Promise<TapeWrite> {
    const file = this.#writable("writing a filemark");
    const start = this.#walk.place.offset;
    const marks = new Uint8Array(count * WORD_BYTES);
    if (count > 0 && !await this.#append(file, start, () => file.write(marks, start))) {
      return { kind: "end-of-medium" };
    }
    for (let i = 1; i <= count; i++) {
      this.#walk.pass({ kind: "filemark", end: start + i * WORD_BYTES });
    }
    if (!immediate) await file.sync();
    return this.#written();
  }

  /** Moves over filemarks: forward to behind the last, backward to before it. */
  async spaceFiles(count: number): Promise<boolean> {
    this.#open("spacing over filemarks");
    for (let left = count; left < 0; left++) {
      this.#walk.backToFileStart();
      if (this.#passBack() === "end") return false;
    }
    for (let left = count; left > 0;) {
      const met = this.#pass();
      if (met === "end") return false;
      if (met === "filemark") left--;
    }
    return true;
  }

  /** Moves over blocks in the tape file. */
  async spaceBlocks(count: number): Promise<boolean> {
    this.#open("spacing over blocks");
    for (let left = Math.abs(count); left > 0; left--) {
      const met = count > 0 ? this.#pass() : this.#passBack();
      if (met !== "block") return false;
    }
    return true;
  }

  /** Goes to a logical block. */
  async locate(logical: number): Promise<boolean> {
    this.#open("locating a block");
    this.#walk.approach(logical);
    while (this.#walk.place.logical < logical) {
      if (this.#pass() === "end") throw this.#error(`locating block ${logical}`, "EIO");
    }
    return true;
  }

  /** Goes behind the last recorded data. */
  async spaceToEndOfData(): Promise<void> {
    this.#open("going to the end of data");
    while (this.#pass() !== "end");
    if (this.#walk.next().kind === "lost") {
      const at = this.#walk.place.offset;
      const message = `${this.name}: the tape image is damaged at byte ${at}; its end is not known`;
      throw new EctarError("damaged", message, { drive: this.name });
    }
  }

  /** Where the tape stands. */
  async position(): Promise<TapePosition> {
    this.#open("asking for the position");
    return this.#tell();
  }

  /** Goes to the beginning of the tape. */
  async rewind(): Promise<void> {
    this.#open("rewinding");
    this.#walk.rewind();
  }

  /** An image cannot be ejected: it is rewound. */
  async unload(): Promise<void> {
    await this.rewind();
  }

  /** Erases from the present position. */
  async erase(): Promise<void> {
    const file = this.#writable("erasing");
    file.truncateSync(this.#walk.place.offset);
    this.#walk.forgetBehind();
    await file.sync();
  }

  /** What the drive says of itself. */
  async status(): Promise<TapeStatus> {
    this.#open("asking for the status");
    const { offset, file, block } = this.#walk.place;
    return {
      online: true,
      noMedium: false,
      writeProtected: this.#writeProtected,
      beginningOfTape: offset === 0,
      endOfData: this.#walk.next().kind === "end",
      endOfTape: this.#pastWarning(),
      atFilemark: file > 0 && block === 0,
      cleaningWanted: false,
      blockSize: 0,
      density: undefined,
      compression: false,
      position: this.#tell(),
    };
  }

  /** Lets go of the drive; the tape stays where it is. */
  async close(): Promise<void> {
    this.abandon();
  }

  /** Lets go of the drive without waiting for anything. */
  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.close();
  }

  #pass(): "filemark" | "block" | "end" {
    const record = this.#walk.next();
    if (record.kind === "end" || record.kind === "lost") return "end";
    this.#walk.pass(record);
    return record.kind;
  }

  #passBack(): "filemark" | "block" | "end" {
    const met = this.#walk.passBack();
    if (met === "lost") throw this.#error("spacing backward", "EIO");
    return met === "beginning" ? "end" : met;
  }

  /** Runs `write` at the end of what stays on the tape. False when the disk is full: nothing stays. */
  async #append(file: ImageFile, start: number, write: () => Promise<void>): Promise<boolean> {
    if (file.size() > start) file.truncateSync(start);
    this.#walk.forgetBehind();
    try {
      await write();
      return true;
    } catch (error) {
      file.truncateSync(start);
      if (error instanceof EctarError && error.code === "no-space") return false;
      throw error;
    }
  }

  async #putBlock(file: ImageFile, start: number, block: Uint8Array): Promise<void> {
    const total = recordBytes(block.length);
    if (block.length <= SMALL_BLOCK_BYTES) {
      putWord(this.#small, 0, block.length);
      this.#small.set(block, WORD_BYTES);
      if (block.length & 1) this.#small[WORD_BYTES + block.length] = 0;
      putWord(this.#small, total - WORD_BYTES, block.length);
      await file.write(this.#small.subarray(0, total), start);
      return;
    }
    putWord(this.#word, 0, block.length);
    await file.write(this.#word, start);
    await file.write(block, start + WORD_BYTES);
    if (block.length & 1) await file.write(FILLER, start + WORD_BYTES + block.length);
    await file.write(this.#word, start + total - WORD_BYTES);
  }

  #written(): TapeWrite {
    return { kind: this.#pastWarning() ? "early-warning" : "written" };
  }

  #pastWarning(): boolean {
    return this.#walk.place.offset > this.#capacityBytes - this.#earlyWarningBytes;
  }

  #tell(): TapePosition {
    const { file, block, logical } = this.#walk.place;
    return { file, block, logical };
  }

  #yield(): Promise<void> {
    this.#bytesToYield = YIELD_BYTES;
    return new Promise((resolve) => setImmediate(() => resolve()));
  }

  #open(doing: string): void {
    if (this.#closed) throw this.#error(doing, "EBADF");
  }

  #writable(doing: string): ImageFile {
    this.#open(doing);
    if (this.#writeProtected) throw this.#error(doing, "EROFS");
    if (this.#file === undefined) {
      this.#file = this.#create();
      this.#walk = new ImageWalk(this.#file);
    }
    return this.#file;
  }

  #error(doing: string, errno: string): EctarError {
    const { file, block } = this.#walk.place;
    return driveError(this.name, doing, errno, { tapeFile: file, block });
  }
}

const FILLER = new Uint8Array(1);

/** The bytes of an image that is not there yet. */
const NOTHING = { size: () => 0, readSync: () => 0 };
