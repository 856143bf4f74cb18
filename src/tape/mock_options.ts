/**
 * What a mock tape drive can be told to be like, and what it counts.
 *
 * @module
 */

import type { MockCall } from "./mock_faults.ts";
import type { TapeMedium } from "./mock_medium.ts";

/** What a mock tape drive is like; all parts are optional. */
export interface MockTapeOptions {
  /** Name in errors. Default `mock`. */
  name?: string;
  /** The cartridge; `null` for an empty drive. Default: a blank, endless one. */
  medium?: TapeMedium | null;
  /** The tape has to be fed steadily, as in a drive; false is an image. Default true. */
  mustStream?: boolean;
  /** Bytes every written block must have; 0, the default, is variable-block mode. */
  blockSize?: number;
  /** Largest block the drive takes, in bytes. Default 8 MiB. */
  maxBlockBytes?: number;
  /** Reads and writes fail, everywhere or at `errorAtPosition` only. */
  simulateErrors?: boolean;
  /** Byte of the drive's `data` at which reads and writes fail; implies `simulateErrors`. */
  errorAtPosition?: number;
  /** The drive can locate and tells logical positions. Default true. */
  canLocate?: boolean;
  /** The first read past the end of data fills the whole buffer with bogus bytes, as tgt does. */
  bogusPastEnd?: boolean;
  /** After a bad block the drive does not know where it stands. */
  losesPosition?: boolean;
  /** Early warning shows only one write late, as where the driver is not asked after each write. */
  lateEarlyWarning?: boolean;
  /** Waited for before each call is carried out: a slow drive, or a hook for a test. */
  beforeCall?: (call: MockCall) => Promise<void> | void;
}

/** What a drive has done, for tests that count. */
export interface MockCounts {
  /** Calls of each kind, failed ones too. */
  calls: Record<MockCall, number>;
  /** Blocks handed to a reader. */
  blocksRead: number;
  /** Blocks that reached the tape. */
  blocksWritten: number;
  /** Blocks passed by spaceBlocks. */
  blocksSkipped: number;
  /** Filemarks that reached the tape. */
  filemarksWritten: number;
  /** Filemarks passed by spaceFiles. */
  filemarksSkipped: number;
  /** Bytes handed to a reader. */
  bytesRead: number;
  /** Bytes that reached the tape. */
  bytesWritten: number;
}

/** The counts of a drive that has done nothing yet. */
export function noCounts(): MockCounts {
  return {
    calls: {
      readBlock: 0,
      writeBlock: 0,
      writeFilemarks: 0,
      spaceFiles: 0,
      spaceBlocks: 0,
      locate: 0,
      spaceToEndOfData: 0,
      position: 0,
      rewind: 0,
      unload: 0,
      erase: 0,
      status: 0,
      close: 0,
    },
    blocksRead: 0,
    blocksWritten: 0,
    blocksSkipped: 0,
    filemarksWritten: 0,
    filemarksSkipped: 0,
    bytesRead: 0,
    bytesWritten: 0,
  };
}
