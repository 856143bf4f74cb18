/**
 * What the tar producer hands on: the tar stream of an archive, cut into chunks and frames.
 *
 * @module
 */

/** Something worth telling about one path; counts as "done, but with something to know". */
export interface Note {
  /** What happened. */
  kind:
    | "socket-skipped"
    | "vanished"
    | "unreadable"
    | "changed-while-read"
    | "shrunk-while-read"
    | "metadata-unreadable"
    /** A symlink was to be followed but leads nowhere or in a circle: stored as a symlink. */
    | "symlink-kept"
    /** Member names lack what stood before them, such as a leading slash; told once each. */
    | "names-stripped"
    /** A file of the archive being written was left out. */
    | "own-output-skipped";
  /** Path, printable (control characters escaped, lossy UTF-8). */
  path: string;
  /** One line for people. */
  message: string;
}

/** Whether the archive lacks something of what was asked for; the other notes just inform. */
export function isShortfall(note: Pick<Note, "kind">): boolean {
  return note.kind !== "names-stripped" && note.kind !== "own-output-skipped";
}

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
  /** Index file records of the members that ended in this frame, one JSON object a line, UTF-8. */
  records: Uint8Array;
  /** What was noticed since the frame before. */
  notes: Note[];
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
