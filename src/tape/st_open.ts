/**
 * Opening a drive of the Linux st driver: is it one, is a tape in, may it be written, is it in the
 * mode needed. Pure logic over {@link StCalls}.
 *
 * @module
 */

import { errorName } from "../../ffi/libc.ts";
import { EctarError } from "../errors.ts";
import type { TapeStatus } from "./device.ts";
import { driveError } from "./drive_error.ts";
import { ERRNO, MT_OP, type MtStatus, SET_OPTIONS, ST_OPTION, type StCalls } from "./st_abi.ts";
import { describe } from "./st_status.ts";
import { type Positions, StTape } from "./st_tape.ts";

/** How a drive is to be opened. */
export interface StOpenOptions {
  /** The drive as the operator named it. */
  name: string;
  /** The device node it leads to. */
  node: string;
  /** For reading, or for writing too. */
  mode: "read" | "write";
  /** The driver's options, undefined when they cannot be read. */
  driverOptions: number | undefined;
  /** How long a loading tape is waited for, in milliseconds. */
  loadTimeoutMs: number;
  /** Told what is being waited for, and what is not as it should be. */
  notice: (text: string) => void;
  /** Told before the drive is asked on: whether the driver waits for a tape meanwhile. */
  step: (waitsForTape: boolean) => void;
  /** Milliseconds from any fixed moment. */
  now: () => number;
}

/** The driver itself waits two minutes; an answer much sooner is not "still loading". */
const STILL_LOADING_MS = 60_000;

/**
 * Opens the drive and sets it up; blocks until a tape is ready.
 *
 * @throws {EctarError} in words for an operator
 */
export function openSt(calls: StCalls, options: StOpenOptions): StTape {
  const { name, node, mode, notice } = options;
  const write = mode === "write";
  const status = look(calls, name, node);
  if (status.doorOpen) throw driveError(name, "opening", "ENOMEDIUM");
  if (write && status.writeProtected) throw driveError(name, "opening", "EROFS");
  waitForTape(calls, options, status);
  options.step(false);
  try {
    const ready = read(calls, name);
    if (write && ready.writeProtected) throw driveError(name, "opening", "EROFS");
    if (ready.cleaning) notice(`${name}: the drive asks for a cleaning cartridge`);
    setVariableBlocks(calls, name);
    const compression = write ? switchCompressionOff(calls, name, notice) : undefined;
    if (write && has(options.driverOptions, ST_OPTION.noWaitFilemarks)) {
      notice(
        `${name}: the driver option nowait-eof is set: filemarks do not wait for the tape, ` +
          `so data may be lost after they are reported as written; clear it with "mt stclearoptions"`,
      );
    }
    return new StTape(name, calls, positions(calls, options.driverOptions), compression);
  } catch (error) {
    calls.close();
    throw error;
  }
}

/**
 * What the drive says of itself; does not wait for a tape.
 *
 * @throws {EctarError} when it is not there, is in use or is no tape drive
 */
export function statusOfSt(calls: StCalls, name: string, node: string): TapeStatus {
  return describe(look(calls, name, node), undefined, -1);
}

/** Opens without waiting, looks and closes. */
function look(calls: StCalls, name: string, node: string): MtStatus {
  const opened = calls.open(node, { write: false, wait: false });
  if (opened < 0) throw driveError(name, "opening", errorName(-opened));
  try {
    return read(calls, name);
  } finally {
    calls.close();
  }
}

function read(calls: StCalls, name: string): MtStatus {
  const status = calls.status();
  if (typeof status !== "number") return status;
  if (status === -ERRNO.ENOTTY || status === -ERRNO.EINVAL) {
    throw new EctarError("usage", `${name} is no tape drive`, { drive: name, errno: "ENOTTY" });
  }
  throw driveError(name, "asking for the status", errorName(-status));
}

function waitForTape(calls: StCalls, options: StOpenOptions, status: MtStatus): void {
  const { name, node, mode, notice, step, now } = options;
  if (!status.online) notice(`${name}: waiting for the drive to become ready`);
  const begin = now();
  while (true) {
    const asked = now();
    // A drive that has said that its tape is ready has nothing to wait for.
    step(!status.online);
    const opened = calls.open(node, { write: mode === "write", wait: true });
    if (opened === 0) return;
    const loading = opened === -ERRNO.EIO && now() - asked >= STILL_LOADING_MS;
    if (!loading || now() - begin >= options.loadTimeoutMs) {
      throw driveError(name, "opening", errorName(-opened));
    }
    const minutes = Math.round((now() - begin) / 60_000);
    notice(
      `${name}: still waiting for the drive to become ready after ${minutes} min ` +
        `(the first load of a new LTO-9 or later tape takes up to 2 h)`,
    );
  }
}

function setVariableBlocks(calls: StCalls, name: string): void {
  let result = calls.operate(MT_OP.setBlockSize, 0);
  // The driver refuses everything but rewinding when a reset, maybe long ago, has cost the position.
  if (result === -ERRNO.EIO && calls.operate(MT_OP.rewind, 1) === 0) {
    result = calls.operate(MT_OP.setBlockSize, 0);
  }
  if (result < 0) throw driveError(name, "setting variable-block mode", errorName(-result));
  const { blockSize } = read(calls, name);
  if (blockSize === 0) return;
  const message = `${name} stays in fixed-block mode of ${blockSize} bytes; set it to variable ` +
    `with "mt setblk 0" or in stinit.def`;
  throw new EctarError("unsupported", message, { drive: name });
}

/** After zstd it only costs. A drive that cannot switch it off is used all the same. */
function switchCompressionOff(
  calls: StCalls,
  name: string,
  notice: (text: string) => void,
): boolean | undefined {
  if (calls.operate(MT_OP.compression, 0) === 0) return false;
  notice(`${name}: hardware compression could not be switched off; it stays as it is`);
  return undefined;
}

/**
 * The driver needs an option for it on LTO; switching that on needs privilege, so it is tried.
 * Without the option a drive may count in units of its own.
 */
function positions(calls: StCalls, driverOptions: number | undefined): Positions {
  const logical = has(driverOptions, ST_OPTION.scsi2Logical) ||
    calls.operate(MT_OP.setDriverOptions, SET_OPTIONS | ST_OPTION.scsi2Logical) === 0;
  if (calls.logical() < 0) return "none";
  return logical ? "logical" : "own";
}

function has(options: number | undefined, bit: number): boolean {
  return options !== undefined && (options & bit) !== 0;
}
