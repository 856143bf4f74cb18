/**
 * The meaning of what the Linux st driver answers: blocks, filemarks, end of data, early warning,
 * bad blocks. Pure logic over {@link StCalls}; docs/tape-devices.md explains each rule.
 *
 * @module
 */

import { errorName } from "../../ffi/libc.ts";
import type { EctarError } from "../errors.ts";
import type { TapePosition, TapeRead, TapeStatus, TapeWrite } from "./device.ts";
import { driveError } from "./drive_error.ts";
import { ERRNO, MAX_SPACING, MT_OP, type MtStatus, type StCalls } from "./st_abi.ts";
import { describe } from "./st_status.ts";

/** No drive or host adapter takes less than this in one read. */
const SMALLEST_LIMIT_BYTES = 64 * 1024;

/**
 * The positions that a drive tells and takes: none; numbers of its own; or `logical`, blocks and
 * filemarks counted from the beginning of the tape.
 */
export type Positions = "none" | "own" | "logical";

/** An opened drive with a tape, in variable-block mode. All calls block. */
export class StTape {
  readonly #name: string;
  readonly #calls: StCalls;
  readonly #positions: Positions;
  readonly #compression: boolean | undefined;
  #file: number | undefined;
  #block: number | undefined;
  /** Logical block behind what was written since the tape was rewound. */
  #written: number | undefined;
  #pastWarning = false;
  #atEnd = false;
  #writeFailed = false;
  /** Bytes that the drive or the host adapter takes in one read. */
  #maxReadBytes = Infinity;

  /**
   * @param name the drive as the operator named it
   * @param calls the opened drive
   * @param positions what positions the drive tells and takes
   * @param compression the drive's compression, undefined when it does not tell
   */
  constructor(
    name: string,
    calls: StCalls,
    positions: Positions,
    compression: boolean | undefined,
  ) {
    this.#name = name;
    this.#calls = calls;
    this.#positions = positions;
    this.#compression = compression;
    this.#count();
  }

  readBlock(buffer: Uint8Array): TapeRead {
    if (this.#atEnd) return { kind: "end-of-data" };
    const read = this.#read(buffer);
    this.#written = undefined;
    if (read >= 0) {
      const status = this.#status();
      if (this.#block === 0 && read > 0 && this.#isBogus(status)) return this.#end();
      const lost = this.#hasLost(status) ||
        read > 0 && this.#file === undefined && this.#block !== undefined &&
          status.block === undefined;
      if (lost) return this.#lost();
      if (read === 0) return this.#count().endOfData ? this.#end() : { kind: "filemark" };
      this.#block = plus(this.#block, 1);
      return { kind: "block", length: read };
    }
    if (read === -ERRNO.ENOMEM) return this.#backBeforeLongBlock();
    if (read === -ERRNO.EIO) return this.#unreadable();
    throw this.#error("reading a block", read);
  }

  writeBlock(block: Uint8Array): TapeWrite {
    this.#refuseAfterFailure();
    let written = this.#calls.write(block);
    // Past early warning the driver refuses every other write without trying it.
    const refused = written === -ERRNO.ENOSPC;
    if (refused) written = this.#calls.write(block);
    if (written !== block.length) return this.#notWritten(written, refused, block.length);
    this.#written = plus(this.#written, 1);
    this.#block = plus(this.#block, 1);
    this.#atEnd = false;
    const status = this.#calls.status();
    // What the driver had still to do for this block is done when it answers, and may have failed.
    if (typeof status === "number" && status !== -ERRNO.ENOSPC) {
      throw this.#writeError("writing a block", status);
    }
    if (typeof status !== "number" && this.#hasLost(status)) throw this.#writtenAnywhere("a block");
    const warned = typeof status === "number" || status.endOfTape;
    if (refused || warned) this.#pastWarning = true;
    return { kind: this.#pastWarning ? "early-warning" : "written" };
  }

  writeFilemarks(count: number, immediate: boolean): TapeWrite {
    this.#refuseAfterFailure();
    let result = this.#calls.operate(
      immediate ? MT_OP.writeFilemarksImmediate : MT_OP.writeFilemarks,
      count,
    );
    if (immediate && (result === -ERRNO.EINVAL || result === -ERRNO.ENOSYS)) {
      result = this.#calls.operate(MT_OP.writeFilemarks, count);
    }
    if (result < 0) {
      // The driver's one answer to a filemark that finds no room, and to a drive that fails.
      const suspect = result === -ERRNO.EIO && this.#status().endOfTape;
      if (suspect || result === -ERRNO.ENOSPC) {
        this.#written = undefined;
        return { kind: "end-of-medium", ...(suspect ? { suspect } : {}) };
      }
      throw this.#writeError("writing a filemark", result);
    }
    this.#written = plus(this.#written, count);
    if (this.#hasLost(this.#status()) || !immediate && this.#isAstray()) {
      throw this.#writtenAnywhere("a filemark");
    }
    this.#atEnd = false;
    if (count > 0) {
      this.#file = plus(this.#file, count);
      this.#block = 0;
    }
    return { kind: this.#pastWarning ? "early-warning" : "written" };
  }

  spaceFiles(count: number): boolean {
    const file = this.#file;
    const moved = count >= 0
      ? this.#space(MT_OP.forwardFiles, count)
      : this.#space(MT_OP.backwardFiles, -count);
    const status = this.#count();
    if (moved === 0) {
      if (file !== undefined && status.file === undefined) {
        throw this.#error("spacing over filemarks (the drive has lost its place)", -ERRNO.EIO);
      }
      return true;
    }
    if (moved === -ERRNO.EIO && (status.endOfData || status.endOfTape)) return false;
    if (moved === -ERRNO.EIO && count < 0 && status.beginning) return false;
    throw this.#error("spacing over filemarks", moved);
  }

  spaceBlocks(count: number): boolean {
    const file = this.#file;
    const before = this.#status().file;
    const moved = count >= 0
      ? this.#space(MT_OP.forwardBlocks, count)
      : this.#space(MT_OP.backwardBlocks, -count);
    const status = this.#count();
    if (moved === 0) {
      if (file !== undefined && status.file === undefined) {
        throw this.#error("spacing over blocks (the drive has lost its place)", -ERRNO.EIO);
      }
      return true;
    }
    if (moved === -ERRNO.EIO) {
      if (status.filemark || status.endOfData || status.endOfTape) return false;
      const crossed = before !== undefined && status.file !== before;
      if (count < 0 && (status.beginning || crossed)) return false;
    }
    throw this.#error("spacing over blocks", moved);
  }

  locate(logical: number): boolean {
    if (this.#positions === "none") return false;
    const moved = this.#calls.operate(MT_OP.seek, logical);
    this.#count();
    return moved === 0 && this.#calls.logical() === logical;
  }

  spaceToEndOfData(): void {
    this.#operate("going to the end of data", MT_OP.endOfData, 1);
  }

  position(): TapePosition {
    const { file, block } = this.#status();
    const logical = this.#logical();
    return { file, block, logical: logical < 0 ? undefined : logical };
  }

  rewind(): void {
    this.#operate("rewinding", MT_OP.rewind, 1);
    // After a reset the drive is back in the block mode it was configured with.
    if (this.#status().blockSize !== 0) {
      this.#operate("setting variable-block mode", MT_OP.setBlockSize, 0);
    }
    if (this.#positions === "logical") this.#written = 0;
  }

  unload(): void {
    const result = this.#calls.operate(MT_OP.offline, 1);
    if (result < 0) throw this.#error("ejecting the tape", result);
  }

  erase(): void {
    this.#operate("erasing", MT_OP.erase, 0);
  }

  status(): TapeStatus {
    return describe(this.#status(), this.#compression, this.#logical());
  }

  close(): void {
    const result = this.#calls.close();
    if (result < 0) throw this.#error("closing", result);
  }

  /**
   * Reads with as large a buffer as may be used at all: beyond their own limit the driver refuses
   * it, whatever the block's length, and the tape does not move.
   */
  #read(buffer: Uint8Array): number {
    while (true) {
      const bytes = Math.min(buffer.length, this.#maxReadBytes);
      const read = this.#calls.read(buffer.subarray(0, bytes));
      const refused = read === -ERRNO.EINVAL || read === -ERRNO.EOVERFLOW;
      if (!refused || bytes <= SMALLEST_LIMIT_BYTES || this.#status().blockSize !== 0) return read;
      this.#maxReadBytes = 2 ** Math.ceil(Math.log2(bytes) - 1);
    }
  }

  #notWritten(written: number, refused: boolean, length: number): TapeWrite {
    const suspect = refused && written === -ERRNO.EIO && this.#status().endOfTape;
    if (suspect || written === -ERRNO.ENOSPC) {
      this.#pastWarning = true;
      // A block that was refused may have reached the tape nevertheless.
      this.#written = undefined;
      return { kind: "end-of-medium", ...(suspect ? { suspect } : {}) };
    }
    if (written >= 0) {
      throw this.#writeError(`writing a block (${written} of ${length} bytes)`, -ERRNO.EIO);
    }
    throw this.#writeError(`writing a block of ${length} bytes`, written);
  }

  #writeError(doing: string, result: number): EctarError {
    const untried = result === -ERRNO.EINVAL || result === -ERRNO.EACCES;
    if (!untried) this.#writeFailed = true;
    return this.#error(doing, result);
  }

  /** The next write may well succeed, but nobody knows where: only moving the tape tells again. */
  #refuseAfterFailure(): void {
    if (this.#writeFailed) throw this.#error("writing behind a failed write", -ERRNO.EIO);
  }

  /** What was written stands in a place that nobody knows, maybe over what was written before. */
  #writtenAnywhere(what: string): EctarError {
    return this.#writeError(`writing ${what} (the drive has lost its place)`, -ERRNO.EIO);
  }

  /**
   * Whether the driver has lost count of tape files: after a reset. If another program was told of
   * that, the driver lets one more call through, wherever the drive stands now.
   */
  #hasLost(status: MtStatus): boolean {
    return this.#file !== undefined && status.file === undefined;
  }

  /** Whether the drive itself stands elsewhere; older drivers do not notice. */
  #isAstray(): boolean {
    if (this.#written === undefined) return false;
    const logical = this.#logical();
    return logical >= 0 && logical !== this.#written;
  }

  /** Position that the drive tells, negative when it does not. */
  #logical(): number {
    return this.#positions === "none" ? -1 : this.#calls.logical();
  }

  #lost(): TapeRead {
    this.#file = this.#block = undefined;
    return { kind: "bad-block", errno: "EIO", position: "unknown" };
  }

  /** The driver has passed the block, unless the memory that lacked was the host's. */
  #backBeforeLongBlock(): TapeRead {
    const { block } = this.#status();
    if (block !== undefined && block === this.#block) {
      throw this.#error("reading a block", -ERRNO.ENOMEM);
    }
    const back = this.#calls.operate(MT_OP.backwardBlocks, 1);
    if (back < 0) throw this.#error("stepping back before a long block", back);
    this.#count();
    return { kind: "too-long" };
  }

  #end(): TapeRead {
    this.#atEnd = true;
    return { kind: "end-of-data" };
  }

  /**
   * Some virtual drives fill the buffer with bytes nobody wrote where the data end. Then the driver
   * shows the end of data, or the end of the tape where the tape begins.
   */
  #isBogus(status: MtStatus): boolean {
    return status.endOfData || (this.#file === 0 && status.endOfTape);
  }

  /**
   * EIO is the end of data, a torn last file, or a bad block. Spacing over one block tells: it
   * fails at the end of data, and it passes a bad block, since spacing reads no data.
   */
  #unreadable(): TapeRead {
    const file = this.#file;
    const block = this.#block;
    if (this.#status().endOfData) return this.#end();
    const stoodBefore = this.#calls.operate(MT_OP.forwardBlocks, 1) === 0;
    const status = this.#calls.status();
    if (typeof status !== "number" && !stoodBefore) {
      if (status.endOfData) return this.#end();
      // The drive had passed the bad block, the last one of its file, and now the filemark as well.
      if (status.filemark && this.#calls.operate(MT_OP.backwardFiles, 1) === 0) {
        return this.#behindBadBlock(file, block);
      }
    }
    // Whether the drive stood before or behind the bad block is its own affair: go by the count.
    if (stoodBefore && this.#goTo(file, plus(block, 1))) return this.#behindBadBlock(file, block);
    return this.#lost();
  }

  #behindBadBlock(file: number | undefined, block: number | undefined): TapeRead {
    this.#file = file;
    this.#block = plus(block, 1);
    return { kind: "bad-block", errno: "EIO", position: "known" };
  }

  #goTo(file: number | undefined, block: number | undefined): boolean {
    if (file === undefined || block === undefined) return false;
    const toFile = file === 0
      ? this.#calls.operate(MT_OP.rewind, 1) === 0
      : this.#calls.operate(MT_OP.backwardFiles, 1) === 0 &&
        this.#calls.operate(MT_OP.forwardFiles, 1) === 0;
    return toFile && this.#space(MT_OP.forwardBlocks, block) === 0;
  }

  /** Moves in steps the command can count; gives 0 or the negative error number. */
  #space(operation: number, count: number): number {
    for (let left = count; left > 0; left -= MAX_SPACING) {
      const result = this.#calls.operate(operation, Math.min(left, MAX_SPACING));
      if (result < 0) return result;
    }
    return 0;
  }

  #operate(doing: string, operation: number, count: number): void {
    const result = this.#calls.operate(operation, count);
    if (result < 0) throw this.#error(doing, result);
    this.#count();
  }

  /** Takes over the driver's counters after the tape has moved. */
  #count(): MtStatus {
    const status = this.#status();
    this.#atEnd = false;
    this.#writeFailed = false;
    this.#written = undefined;
    this.#file = status.file;
    this.#block = status.block;
    if (!status.endOfTape) this.#pastWarning = false;
    return status;
  }

  #status(): MtStatus {
    const status = this.#calls.status();
    if (typeof status === "number") throw this.#error("asking for the status", status);
    return status;
  }

  #error(doing: string, result: number): EctarError {
    const writing = doing.startsWith("writing") || doing === "erasing";
    // The driver says "permission denied" where the cartridge is write-protected.
    const errno = writing && -result === ERRNO.EACCES ? "EROFS" : errorName(-result);
    return driveError(this.#name, doing, errno, {
      ...(this.#file === undefined ? {} : { tapeFile: this.#file }),
      ...(this.#block === undefined ? {} : { block: this.#block }),
    });
  }
}

function plus(count: number | undefined, more: number): number | undefined {
  return count === undefined ? undefined : count + more;
}
