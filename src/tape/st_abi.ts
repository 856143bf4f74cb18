/**
 * The Linux st driver's interface in numbers (mtio.h; the same on x86-64 and arm64), and the calls
 * through which it is reached.
 *
 * @module
 */

/** Operations of MTIOCTOP. */
export const MT_OP = {
  forwardFiles: 1,
  backwardFiles: 2,
  forwardBlocks: 3,
  backwardBlocks: 4,
  writeFilemarks: 5,
  rewind: 6,
  offline: 7,
  endOfData: 12,
  erase: 13,
  setBlockSize: 20,
  seek: 22,
  setDriverOptions: 24,
  compression: 32,
  writeFilemarksImmediate: 35,
} as const;

/** Bits of the general status. */
const GMT = {
  filemark: 0x8000_0000,
  beginning: 0x4000_0000,
  endOfTape: 0x2000_0000,
  endOfData: 0x0800_0000,
  writeProtected: 0x0400_0000,
  online: 0x0100_0000,
  doorOpen: 0x0004_0000,
  cleaning: 0x0000_8000,
} as const;

/** Bits of the driver's options, as /sys/class/scsi_tape/nstN/options shows them. */
export const ST_OPTION = { scsi2Logical: 0x0800, noWaitFilemarks: 0x8000 } as const;

/** With this in the count, setDriverOptions switches on the options in the low bits. */
export const SET_OPTIONS = 0x3000_0000;

/** Most that one spacing command can move: the count has 24 bits, with sign. */
export const MAX_SPACING = 0x7f_ffff;

/** Size of `struct mtget` in bytes. */
export const MTGET_BYTES = 48;

/** What MTIOCGET tells. */
export interface MtStatus {
  filemark: boolean;
  beginning: boolean;
  endOfTape: boolean;
  endOfData: boolean;
  writeProtected: boolean;
  online: boolean;
  doorOpen: boolean;
  cleaning: boolean;
  /** Bytes; 0 is variable-block mode. */
  blockSize: number;
  density: number;
  /** Tape file, undefined when the driver lost count. */
  file: number | undefined;
  /** Block in the tape file, undefined when the driver lost count. */
  block: number | undefined;
}

/** Reads a `struct mtget`. */
export function parseMtget(bytes: Uint8Array): MtStatus {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mode = Number(view.getBigUint64(16, true) & 0xffff_ffffn);
  const flags = Number(view.getBigUint64(24, true) & 0xffff_ffffn);
  const file = view.getInt32(40, true);
  const has = (bit: number) => (flags & bit) !== 0;
  return {
    filemark: has(GMT.filemark),
    beginning: has(GMT.beginning),
    endOfTape: has(GMT.endOfTape),
    endOfData: has(GMT.endOfData),
    writeProtected: has(GMT.writeProtected),
    online: has(GMT.online),
    doorOpen: has(GMT.doorOpen),
    cleaning: has(GMT.cleaning),
    blockSize: mode & 0xff_ffff,
    density: mode >>> 24,
    // Going to the end of data, some drives leave the whole distance asked for in the counter.
    file: file < 0 || file >= MAX_SPACING ? undefined : file,
    block: known(view.getInt32(44, true)),
  };
}

function known(counter: number): number | undefined {
  return counter < 0 ? undefined : counter;
}

/**
 * The calls on one drive. Each gives what the system call gives, or the negative error number, and
 * blocks until the drive has answered.
 */
export interface StCalls {
  /** Opens the node; one at a time. Gives 0. */
  open(path: string, flags: { write: boolean; wait: boolean }): number;
  /** Closes it. Gives 0. */
  close(): number;
  /** Reads a block; gives its length. */
  read(buffer: Uint8Array): number;
  /** Writes a block; gives how much was taken. */
  write(block: Uint8Array): number;
  /** MTIOCTOP. Gives 0. */
  operate(operation: number, count: number): number;
  /** MTIOCGET. */
  status(): MtStatus | number;
  /** MTIOCPOS: the logical block. */
  logical(): number;
}

/** Error numbers that mean something particular here. */
export const ERRNO = {
  EIO: 5,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  ENOSYS: 38,
  EOVERFLOW: 75,
  ENOMEDIUM: 123,
} as const;
