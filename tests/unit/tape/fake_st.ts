/**
 * The Linux st driver pretended, over a cartridge in memory: its return values, error numbers,
 * flags and counters as the kernel source has them, so that the Linux device is tested without one.
 */

import { MT_OP, type MtStatus, ST_OPTION, type StCalls } from "../../../src/tape/st_abi.ts";
import { FILEMARK, TapeMedium } from "../../../src/tape/mock_medium.ts";
import type { DriveThread } from "../../../src/tape/linux_device.ts";
import { type DriveAnswer, DriveServer } from "../../../src/tape/drive_server.ts";

const EPERM = -1, EIO = -5, EBADF = -9, ENOMEM = -12, EACCES = -13, EBUSY = -16, EINVAL = -22;
const ENOSPC = -28, EROFS = -30, ENOMEDIUM = -123;

/** What the driver remembers of the end it met; later ones imply "at end of data". */
enum Eof {
  None,
  FilemarkHit,
  EarlyWarning,
  EndOfData1,
  EndOfData,
}

export interface FakeStOptions {
  medium?: TapeMedium | null;
  /** The option scsi2logical is on, or a privileged caller may switch it on. */
  logical?: "on" | "settable" | "off";
  /** Without the option the drive tells positions of its own: in bytes. */
  ownPositions?: boolean;
  /** MTCOMPRESSION works. */
  compression?: boolean;
  /** Block size the drive is left in, in bytes. */
  blockSize?: number;
  /** MTSETBLK is accepted and changes nothing. */
  stuckBlockSize?: boolean;
  /** Largest block, and largest buffer, in bytes. */
  maxBlockBytes?: number;
  /** After an unreadable block the drive stands behind it, not before. */
  passesBadBlocks?: boolean;
  /** MTWEOFI is not known, as to old kernels. */
  noImmediate?: boolean;
  /** Past the end reads fill the buffer with bytes nobody wrote, as tgt does. */
  bogusPastEnd?: boolean;
  /** The drive wants to be cleaned. */
  cleaning?: boolean;
}

/**
 * How the driver gets to know of a reset: by an error of the next call; when the next call was
 * carried out, because the drive has told another program; or then never, as older drivers.
 */
export type ResetNotice = "refused" | "late" | "never";

/** The operations that go where they shall go from anywhere. */
const ABSOLUTE: ReadonlySet<number> = new Set([
  MT_OP.rewind,
  MT_OP.offline,
  MT_OP.endOfData,
  MT_OP.erase,
  MT_OP.seek,
]);

/** The driver and one drive. */
export class FakeSt implements StCalls {
  readonly log: string[] = [];
  medium: TapeMedium | null;
  /** Results that replace the next ones of a call: `read`, `write`, `open`, `op 5`, … */
  readonly script = new Map<string, number[]>();
  /** Milliseconds that a blocking open takes, on `clock`. */
  openTakesMs = 0;
  clock = 0;
  readonly #options: FakeStOptions;
  #open: { write: boolean } | undefined;
  #index = 0;
  #file = 0;
  #block = 0;
  #eof = Eof.None;
  #warned = false;
  #writing = false;
  #blockSize: number;
  #logical: boolean;
  #notice: ResetNotice = "never";
  /** Nobody knows where the tape stands, and the driver knows that. */
  #lost = false;

  constructor(options: FakeStOptions = {}) {
    this.#options = options;
    this.medium = options.medium === undefined ? new TapeMedium() : options.medium;
    this.#blockSize = options.blockSize ?? 0;
    this.#logical = options.logical === "on" || options.logical === undefined;
  }

  /** The next calls of `call` give `results` instead of being carried out. */
  next(call: string, ...results: number[]): void {
    this.script.set(call, results);
  }

  /** The drive is reset, and rewinds. */
  reset(notice: ResetNotice): void {
    this.#index = 0;
    this.#notice = notice;
  }

  open(path: string, flags: { write: boolean; wait: boolean }): number {
    this.log.push(`open ${flags.write ? "rw" : "ro"} ${flags.wait ? "wait" : "look"}`);
    if (flags.wait) this.clock += this.openTakesMs;
    const scripted = this.#scripted(flags.wait ? "open" : "look");
    if (scripted !== undefined && scripted !== 0) return scripted;
    if (this.#open !== undefined) return EBUSY;
    if (path !== "/dev/nst0") return -2;
    if (flags.wait && this.medium === null) return ENOMEDIUM;
    if (flags.write && this.medium?.writeProtected) return EROFS;
    this.#open = { write: flags.write };
    return 0;
  }

  close(): number {
    if (this.#open === undefined) return EBADF;
    this.#finishFile();
    this.#open = undefined;
    return this.#scripted("close") ?? 0;
  }

  read(buffer: Uint8Array): number {
    const scripted = this.#scripted("read");
    if (scripted !== undefined) return scripted;
    if (this.#refuses()) return EIO;
    if (buffer.length > (this.#options.maxBlockBytes ?? 8 << 20)) return EINVAL;
    if (this.#blockSize !== 0 && buffer.length % this.#blockSize !== 0) return EINVAL;
    this.#writing = false;
    if (this.#eof >= Eof.EndOfData1) {
      if (this.#eof === Eof.EndOfData) return EIO;
      this.#eof = Eof.EndOfData;
      return 0;
    }
    const record = this.medium!.records[this.#index];
    if (record === undefined) return this.#readPastEnd(buffer);
    if (record === FILEMARK) {
      this.#index++;
      this.#eof = Eof.FilemarkHit;
      if (this.#file >= 0) this.#file++;
      this.#block = 0;
      return 0;
    }
    if (this.medium!.badRecords.has(this.#index)) {
      if (this.#options.passesBadBlocks) this.#index++;
      this.#block = -1;
      return EIO;
    }
    this.#index++;
    if (this.#block >= 0) this.#block++;
    if (record.length > buffer.length) return ENOMEM;
    buffer.set(record);
    this.#eof = Eof.None;
    return record.length;
  }

  write(block: Uint8Array): number {
    const scripted = this.#scripted("write");
    if (scripted !== undefined) return scripted;
    if (this.#refuses()) return EIO;
    if (block.length > (this.#options.maxBlockBytes ?? 8 << 20)) return EINVAL;
    const medium = this.medium!;
    if (medium.writeProtected) return EACCES;
    if (this.#eof === Eof.EarlyWarning) {
      this.#eof = Eof.EndOfData1;
      return ENOSPC;
    }
    this.#writing = true;
    const end = medium.bytesBefore(this.#index) + block.length;
    if (end > medium.capacityBytes) {
      this.#eof = Eof.EarlyWarning;
      return ENOSPC;
    }
    medium.write(this.#index++, block);
    if (this.#block >= 0) this.#block++;
    this.#warned = end > medium.capacityBytes - medium.earlyWarningBytes;
    this.#eof = this.#warned ? Eof.EarlyWarning : Eof.None;
    return block.length;
  }

  operate(operation: number, count: number): number {
    this.log.push(`op ${operation} ${count}`);
    const scripted = this.#scripted(`op ${operation}`);
    if (scripted !== undefined) return scripted;
    if (ABSOLUTE.has(operation) && this.#notice !== "refused") {
      this.#lost = false;
      this.#notice = "never";
    } else if (this.#refuses()) return EIO;
    switch (operation) {
      case MT_OP.setBlockSize:
        if (!this.#options.stuckBlockSize) this.#blockSize = count;
        return 0;
      case MT_OP.compression:
        return this.#options.compression ? 0 : EIO;
      case MT_OP.setDriverOptions:
        if (this.#options.logical === "off") return EPERM;
        this.#logical = true;
        return 0;
      case MT_OP.writeFilemarksImmediate:
        return this.#options.noImmediate ? EINVAL : this.#filemarks(count);
      case MT_OP.writeFilemarks:
        return this.#filemarks(count);
      case MT_OP.erase:
        if (this.medium!.writeProtected) return EACCES;
        this.medium!.truncate(this.#index);
        return 0;
      case MT_OP.forwardFiles:
        return this.#forwardFiles(count);
      case MT_OP.backwardFiles:
        return this.#backwardFiles(count + (this.#finishFile() ? 1 : 0));
      case MT_OP.forwardBlocks:
        return this.#forwardBlocks(count);
      case MT_OP.backwardBlocks:
        return this.#backwardBlocks(count);
      case MT_OP.endOfData:
        this.#file = count0(this.medium!, this.#index, this.#file);
        return this.#moved(this.medium!.records.length, this.#file, -1, Eof.EndOfData);
      case MT_OP.seek:
        this.#finishFile();
        if (!this.#logical) return EIO;
        // A drive that is sent beyond the data stops where they end.
        if (count > this.medium!.records.length) {
          return this.#moved(this.medium!.records.length, -1, -1, Eof.None, EIO);
        }
        return this.#moved(count, count === 0 ? 0 : -1, count === 0 ? 0 : -1);
      case MT_OP.rewind:
        this.#finishFile();
        return this.#moved(0, 0, 0);
      case MT_OP.offline:
        this.#finishFile();
        this.medium = null;
        return 0;
      default:
        return EINVAL;
    }
  }

  status(): MtStatus | number {
    const scripted = this.#scripted("status");
    if (scripted !== undefined) return scripted;
    if (this.#open === undefined) return EBADF;
    const loaded = this.medium !== null;
    return {
      filemark: !this.#lost && this.#block === 0 && this.#file !== 0,
      beginning: !this.#lost && loaded && this.#file === 0 && this.#block === 0,
      endOfTape: this.#eof === Eof.EarlyWarning,
      endOfData: this.#eof >= Eof.EndOfData1,
      writeProtected: this.medium?.writeProtected ?? false,
      online: loaded,
      doorOpen: !loaded,
      cleaning: this.#options.cleaning ?? false,
      blockSize: this.#blockSize,
      density: this.medium?.density ?? 0,
      file: this.#lost || this.#file < 0 ? undefined : this.#file,
      block: this.#lost || this.#block < 0 ? undefined : this.#block,
    };
  }

  logical(): number {
    if (this.#lost) return EIO;
    if (!this.#logical && this.#options.ownPositions) {
      return this.medium!.bytesBefore(this.#index) + 100;
    }
    return this.#logical ? this.#index : EIO;
  }

  /** Driver options as sysfs shows them at the beginning. */
  get driverOptions(): number {
    return 0x107 | (this.#logical ? ST_OPTION.scsi2Logical : 0);
  }

  #scripted(call: string): number | undefined {
    return this.script.get(call)?.shift();
  }

  /** Whether the driver refuses a call, for it knows of a reset. */
  #refuses(): boolean {
    const refuses = this.#lost || this.#notice === "refused";
    this.#lost ||= this.#notice !== "never";
    this.#notice = "never";
    return refuses;
  }

  #readPastEnd(buffer: Uint8Array): number {
    if (this.#options.bogusPastEnd) {
      buffer.fill(0xb5);
      this.#eof = this.#eof === Eof.FilemarkHit ? Eof.EndOfData1 : Eof.EarlyWarning;
      if (this.#block >= 0) this.#block++;
      return buffer.length;
    }
    this.#block = -1;
    if (this.#eof !== Eof.FilemarkHit) return EIO;
    this.#eof = Eof.EndOfData;
    return 0;
  }

  #filemarks(count: number): number {
    if (this.medium!.writeProtected) return EACCES;
    for (let i = 0; i < count; i++) this.medium!.write(this.#index++, FILEMARK);
    if (this.#file >= 0) this.#file += count;
    this.#block = 0;
    this.#writing = false;
    this.#eof = Eof.None;
    return 0;
  }

  #finishFile(): boolean {
    if (!this.#writing) return false;
    this.#filemarks(1);
    return true;
  }

  #moved(index: number, file: number, block: number, eof = Eof.None, result = 0): number {
    this.#index = index;
    this.#file = file;
    this.#block = block;
    this.#eof = eof;
    this.#writing = false;
    return result;
  }

  #forwardFiles(count: number): number {
    const { records } = this.medium!;
    let file = this.#file;
    let index = this.#index;
    for (let left = count; left > 0; left--) {
      while (index < records.length && records[index] !== FILEMARK) index++;
      if (index === records.length) return this.#moved(index, file, -1, Eof.EndOfData, EIO);
      index++;
      if (file >= 0) file++;
    }
    return this.#moved(index, file, 0, Eof.FilemarkHit);
  }

  #backwardFiles(count: number): number {
    const { records } = this.medium!;
    let file = this.#file;
    let index = this.#index;
    for (let left = count; left > 0; left--) {
      index--;
      while (index >= 0 && records[index] !== FILEMARK) index--;
      if (index < 0) return this.#moved(0, 0, 0, Eof.None, EIO);
      if (file >= 0) file--;
    }
    return this.#moved(index, file, -1);
  }

  #forwardBlocks(count: number): number {
    for (let left = count; left > 0; left--) {
      const record = this.medium!.records[this.#index];
      if (record === undefined) {
        return this.#moved(this.#index, this.#file, -1, Eof.EndOfData, EIO);
      }
      this.#index++;
      if (record === FILEMARK) {
        return this.#moved(this.#index, up(this.#file), 0, Eof.FilemarkHit, EIO);
      }
      this.#block = up(this.#block);
    }
    return this.#moved(this.#index, this.#file, this.#block);
  }

  #backwardBlocks(count: number): number {
    for (let left = count; left > 0; left--) {
      if (this.#index === 0) return this.#moved(0, 0, 0, Eof.None, EIO);
      const record = this.medium!.records[--this.#index];
      if (record === FILEMARK) return this.#moved(this.#index, this.#file - 1, -1, Eof.None, EIO);
      if (this.#block >= 0) this.#block--;
    }
    return this.#moved(this.#index, this.#file, this.#block);
  }
}

function up(counter: number): number {
  return counter < 0 ? counter : counter + 1;
}

function count0(medium: TapeMedium, from: number, file: number): number {
  return file < 0 ? -1 : file + medium.records.slice(from).filter((one) => one === FILEMARK).length;
}

/** A drive's thread that is no thread: it answers on this one, a turn later. */
export function fakeThread(calls: StCalls): DriveThread & { ended: boolean } {
  const thread = {
    ended: false,
    onAnswer: (_: DriveAnswer) => {},
    send: (call: Parameters<DriveServer["serve"]>[0]) =>
      void Promise.resolve().then(() => server.serve(call)),
    end: () => void (thread.ended = true),
    allocate: (bytes: number) => new Uint8Array(bytes),
    shares: () => false,
  };
  const server = new DriveServer(calls, (answer) => thread.onAnswer(answer));
  return thread;
}
