/**
 * What a restore says: one outcome a member, and at the end counts with a line of what could not be
 * set.
 *
 * @module
 */

/** What became of one member. All messages are one printable line without a full stop. */
export type RestoreOutcome =
  /** It stands under its own name (or, for a directory, will when the restore is finished). */
  | { kind: "restored"; path: Uint8Array }
  /** Parts are missing: `path` is where the rest stands, holes where bytes were lost. */
  | { kind: "partial"; path: Uint8Array; message: string }
  /** Something stands there already and `force` was not given. */
  | { kind: "exists"; path: Uint8Array; message: string }
  /** The archive asks for something unsafe. */
  | { kind: "refused"; path: Uint8Array; message: string }
  /** The member it is a hard link to was not restored in this run; its data can be given instead. */
  | { kind: "link-target-missing"; path: Uint8Array; target: Uint8Array; message: string }
  /** The system refused this one member. */
  | { kind: "failed"; path: Uint8Array; errno: number; message: string }
  /** Nothing to do: the whole name was stripped or deselected. */
  | { kind: "ignored" };

/** A kind of metadata that could not be set, or a liberty that was taken. */
export type RestoreNoteKind =
  | "owner"
  | "mode"
  | "set-id"
  | "xattr"
  | "acl"
  | "time"
  | "device"
  | "directory"
  | "absolute";

/** How often something was noted, with the first example. */
export interface RestoreNote {
  /** What was noted. */
  kind: RestoreNoteKind;
  /** Members concerned. */
  count: number;
  /** First path concerned, printable. */
  example: string;
  /** Why, for the first: the system's words; empty where the kind says it all. */
  reason: string;
}

/** Counts at the end of a restore. */
export interface RestoreSummary {
  /** Members by outcome. */
  counts: Record<RestoreOutcome["kind"], number>;
  /** What was noted, in the order of first occurrence. */
  notes: RestoreNote[];
  /** The notes as one line for people, or undefined when everything was set. */
  line: string | undefined;
}

const WORDS: Record<RestoreNoteKind, string> = {
  "owner": "owner not set",
  "mode": "permissions not set",
  "set-id": "set-user-ID or set-group-ID bit left out",
  "xattr": "extended attribute not set",
  "acl": "access control list not set",
  "time": "modification time not set",
  "device": "device node not made",
  "directory": "directory gone or replaced before its metadata was set",
  "absolute": "leading slash removed from name",
};

/** Collects notes; memory does not grow with the number of members. */
export class NoteBook {
  readonly #notes = new Map<RestoreNoteKind, RestoreNote>();

  /** Notes one occurrence; `example` is only rendered for the first. */
  add(kind: RestoreNoteKind, example: () => string, reason: string): void {
    const known = this.#notes.get(kind);
    if (known !== undefined) known.count++;
    else this.#notes.set(kind, { kind, count: 1, example: example(), reason });
  }

  /** All notes, in the order of first occurrence. */
  notes(): RestoreNote[] {
    return [...this.#notes.values()];
  }

  /** All notes as one line, or undefined without any. */
  line(): string | undefined {
    if (this.#notes.size === 0) return undefined;
    return this.notes().map(({ kind, count, example, reason }) => {
      const why = reason === "" ? "" : `: ${reason}`;
      return `${WORDS[kind]}: ${count} (first: ${example}${why})`;
    }).join("; ");
  }
}
