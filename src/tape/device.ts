/**
 * The seam between tape logic and what moves the tape. End of file, end of data, early warning and
 * end of medium are values; only what an operator must hear of is thrown.
 *
 * @module
 */

/** What a read met. */
export type TapeRead =
  /** One block of `length` bytes is in the buffer. */
  | { kind: "block"; length: number }
  /** A filemark was passed. */
  | { kind: "filemark" }
  /** There is nothing more on this tape. */
  | { kind: "end-of-data" }
  /** The block is longer than the buffer; the tape stands before it again. */
  | { kind: "too-long" }
  /**
   * The block could not be read. With `position` "known" the tape stands just behind the bad block
   * and reading may go on; with "unknown" only `rewind`, `locate` or `spaceFiles` tell again where
   * it stands.
   */
  | { kind: "bad-block"; errno: string; position: "known" | "unknown" };

/** What a write met. */
export type TapeWrite =
  /** The block was taken by the drive (not yet committed). */
  | { kind: "written" }
  /** The block was taken, and the end of the tape is near: close what is open, start nothing. */
  | { kind: "early-warning" }
  /**
   * The tape is full; the block was not written. `suspect`: or the drive failed there, and what it
   * took since the last filemark that was not immediate may be lost.
   */
  | { kind: "end-of-medium"; suspect?: true };

/** Where a tape stands, as far as it is known. */
export interface TapePosition {
  /** Tape file number from 0, or undefined when unknown. */
  file: number | undefined;
  /** Block in that file from 0, or undefined when unknown. */
  block: number | undefined;
  /** Logical block number from the beginning of the tape, for `locate`, where it can be had. */
  logical: number | undefined;
}

/** What a drive says of itself. */
export interface TapeStatus {
  /** A cartridge is in and ready. */
  online: boolean;
  /** The door is open or no medium is in. */
  noMedium: boolean;
  /** The cartridge is write-protected. */
  writeProtected: boolean;
  /** At the beginning of the tape. */
  beginningOfTape: boolean;
  /** At the end of recorded data. */
  endOfData: boolean;
  /** Past early warning or at the physical end. */
  endOfTape: boolean;
  /** Just past a filemark. */
  atFilemark: boolean;
  /** The drive asks for a cleaning cartridge. */
  cleaningWanted: boolean;
  /** Block size in bytes; 0 is variable-block mode; undefined when the drive does not tell. */
  blockSize: number | undefined;
  /** SCSI density code, undefined when the drive does not tell. */
  density: number | undefined;
  /** Hardware compression, undefined when the drive does not tell. */
  compression: boolean | undefined;
  /** Position as the driver counts it. */
  position: TapePosition;
}

/**
 * One tape drive with a cartridge, opened. All calls on one device are made one after the other.
 *
 * Errors that are thrown are `EctarError`s with `context.drive` and `context.errno`.
 */
export interface TapeDevice {
  /** The drive as the operator named it. */
  readonly name: string;
  /**
   * Whether the tape moves while it is written, so that it has to be fed steadily: a drive that runs
   * dry stops and winds back. False where a block may come whenever it likes, as for an image.
   */
  readonly mustStream: boolean;
  /** Reads the next block into `buffer`. */
  readBlock(buffer: Uint8Array): Promise<TapeRead>;
  /** Writes one block. A failed block throws; the tape's content since the last filemark is suspect. */
  writeBlock(block: Uint8Array): Promise<TapeWrite>;
  /**
   * Writes filemarks. `immediate` ones need not be on the medium when the promise resolves; after
   * any other, everything before is.
   */
  writeFilemarks(count: number, immediate: boolean): Promise<TapeWrite>;
  /**
   * Moves over `count` filemarks: forward to just past the last of them, backward (negative) to
   * just before it. Resolves to false where data or tape end first.
   */
  spaceFiles(count: number): Promise<boolean>;
  /** Moves over `count` blocks in the tape file. Resolves to false at a filemark or the end. */
  spaceBlocks(count: number): Promise<boolean>;
  /** Goes to a logical block. Resolves to false where the drive cannot; then count files and blocks. */
  locate(logical: number): Promise<boolean>;
  /** Goes behind the last recorded data. */
  spaceToEndOfData(): Promise<void>;
  /** Where the tape stands. */
  position(): Promise<TapePosition>;
  /** Goes to the beginning of the tape. */
  rewind(): Promise<void>;
  /** Rewinds and ejects. */
  unload(): Promise<void>;
  /** Erases from the present position; only ever called on an operator's explicit word. */
  erase(): Promise<void>;
  /** What the drive says of itself. */
  status(): Promise<TapeStatus>;
  /** Lets go of the drive. The tape stays where it is. */
  close(): Promise<void>;
  /**
   * Lets go of a drive that does not answer, without waiting for the call in progress; never
   * throws. Promises of calls in progress may stay unsettled.
   */
  abandon(): void;
}
