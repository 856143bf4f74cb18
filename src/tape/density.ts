/**
 * What a SCSI density code says of a cartridge: LTO generation, capacity, speeds.
 *
 * @module
 */

/** A kind of LTO cartridge. */
export interface TapeDensity {
  /** Such as `LTO-8`. */
  name: string;
  /** Bytes it holds without compression. */
  capacityBytes: number;
  /** Bytes a second it takes at most, where known. */
  nativeBytesPerSecond?: number;
  /** Bytes a second below which a drive stops and repositions, where known. */
  slowestBytesPerSecond?: number;
}

const TB = 1e12;
const MB = 1e6;

const DENSITIES: Readonly<Record<number, TapeDensity>> = {
  0x46: { name: "LTO-4", capacityBytes: 0.8 * TB, nativeBytesPerSecond: 120 * MB },
  0x58: { name: "LTO-5", capacityBytes: 1.5 * TB, nativeBytesPerSecond: 140 * MB },
  0x5a: { name: "LTO-6", capacityBytes: 2.5 * TB, nativeBytesPerSecond: 160 * MB },
  0x5c: {
    name: "LTO-7",
    capacityBytes: 6 * TB,
    nativeBytesPerSecond: 300 * MB,
    slowestBytesPerSecond: 101 * MB,
  },
  0x5d: { name: "LTO-7 M8", capacityBytes: 9 * TB, nativeBytesPerSecond: 300 * MB },
  0x5e: {
    name: "LTO-8",
    capacityBytes: 12 * TB,
    nativeBytesPerSecond: 360 * MB,
    slowestBytesPerSecond: 112 * MB,
  },
  0x60: {
    name: "LTO-9",
    capacityBytes: 18 * TB,
    nativeBytesPerSecond: 400 * MB,
    slowestBytesPerSecond: 177 * MB,
  },
  0x62: {
    name: "LTO-10",
    capacityBytes: 30 * TB,
    nativeBytesPerSecond: 400 * MB,
    slowestBytesPerSecond: 157 * MB,
  },
  0x63: {
    name: "LTO-10 P",
    capacityBytes: 40 * TB,
    nativeBytesPerSecond: 400 * MB,
  },
};

/** The cartridge of a density code, or undefined when the code is no LTO's that is known here. */
export function tapeDensity(code: number | undefined): TapeDensity | undefined {
  return code === undefined ? undefined : DENSITIES[code];
}
