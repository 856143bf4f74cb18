/**
 * What was noticed while a tree was read: nothing that stops an archive, but worth telling.
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
    /** A file has content although its size is 0, as in /proc: stored empty. */
    | "size-untrue"
    | "metadata-unreadable"
    /** A symlink was to be followed but leads nowhere or in a circle: stored as a symlink. */
    | "symlink-kept"
    /** Member names lack what stood before them, such as a leading slash; told once each. */
    | "names-stripped"
    /** A file of the archive being written was left out. */
    | "own-output-skipped"
    /** Temporary files of a run that was killed lie where the archive goes. */
    | "leftovers";
  /** Path, printable as by `printablePath`. */
  path: string;
  /** One line for people. */
  message: string;
}

const INFORMING = new Set<Note["kind"]>(["names-stripped", "own-output-skipped", "leftovers"]);

/** Whether the archive lacks something of what was asked for; the other notes just inform. */
export function isShortfall(note: Pick<Note, "kind">): boolean {
  return !INFORMING.has(note.kind);
}
