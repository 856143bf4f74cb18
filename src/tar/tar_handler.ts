/**
 * What a {@link TarDecoder} tells its driver.
 *
 * @module
 */

import type { TarEntry } from "./entry.ts";

/** Something in a readable tar that its reader should know. */
export interface TarProblem {
  /**
   * - `member-refused`: a member that no file system can hold; its data is skipped.
   * - `member-skipped`: a part of the archive that is no file (volume label, continued file).
   * - `metadata`: part of a member's metadata could not be understood and is left out.
   * - `end`: the archive does not end as it should, but nothing is missing.
   */
  kind: "member-refused" | "member-skipped" | "metadata" | "end";
  /** Tar offset of the member, or of what is wrong. */
  offset: number;
  /** One line for people, naming the member where there is one. */
  message: string;
}

/**
 * Receives the members of a tar in order: `entry`, then any number of `data` and `gapInData` in
 * rising file offsets, then `entryEnd`.
 */
export interface TarHandler {
  /** A member begins; `memberOffset` is the tar offset of its first header (PAX, long name). */
  entry(entry: TarEntry, memberOffset: number): void;
  /**
   * Data of the member; `bytes` is a view of what was pushed, valid during the call only. Holes of
   * sparse files are never delivered.
   */
  data(bytes: Uint8Array, fileOffset: number): void;
  /** `length` bytes of the member's data at `fileOffset` are lost. */
  gapInData?(length: number, fileOffset: number): void;
  /**
   * The member's data is over; `intact` is false when any of it was lost. `memberEnd` is the tar
   * offset behind the member where the entry does not tell its size: a sparse file without its map.
   */
  entryEnd(intact: boolean, memberEnd?: number): void;
  /** The end of the archive was seen. */
  end(): void;
  /** Something to know that does not stop the reading. */
  problem(problem: TarProblem): void;
}
