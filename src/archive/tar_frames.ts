/**
 * What the tar producer hands on: the tar stream of an archive, cut into chunks and frames.
 *
 * @module
 */

import type { Note } from "../tree/note.ts";

/** Up to `frameSize` bytes of the tar stream; a frame never crosses a chunk boundary. */
export interface TarFrame {
  /** Chunk number, from 1. */
  chunk: number;
  /** Tar offset of the chunk's first byte. */
  chunkOffset: number;
  /** Tar offset of the first member that starts at or after `chunkOffset`. */
  nextMember: number;
  /** The bytes; a view of a buffer that goes back to the pool after use. */
  data: Uint8Array;
  /** That whole buffer; `data` lies at its start. It holds a data frame of `data`, too. */
  room: Uint8Array;
  /** Which pool buffer it is. */
  slot: number;
  /** True for the frame that fills its chunk; the archive's last chunk may end without one. */
  fillsChunk: boolean;
  /**
   * Index file records of the members that ended in this frame: JSON objects in UTF-8, each ended by
   * `RECORD_END`; in a buffer of their own, which is given away with the frame.
   */
  records: Uint8Array<ArrayBuffer>;
  /** Files whose whole content lies in this frame, and whose records lack the checksum as yet. */
  unhashed: UnhashedFiles;
  /** What was noticed since the frame before. */
  notes: Note[];
}

/** Files of a frame that are hashed while it is compressed. */
export interface UnhashedFiles {
  /** Where each content starts and ends in the frame, two numbers a file. */
  contents: Uint32Array;
  /** Where each checksum belongs in the frame's records. */
  places: Uint32Array;
}

/** Counts at the end of the stream. */
export interface TarTotals {
  /** Members written. */
  members: number;
  /** Regular files among them. */
  files: number;
  /** Bytes of those files, holes included. */
  fileBytes: number;
  /** Bytes of the tar stream, end blocks included. */
  tarBytes: number;
}
