/**
 * Reads a file's content for its member. The header has promised a size, so whatever happens to the
 * file, that many bytes are delivered; what is missing is zeros, and noted.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { reasonOf } from "../errno_words.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { Note } from "../tree/note.ts";
import type { Member } from "./tar_source_member.ts";

/** Room for a byte that nobody looks at. */
const ONE = new Uint8Array(1);

/** Fills buffers with a file's bytes, and hashes them where that is asked for. */
export class ContentReader {
  readonly #member: Member;
  readonly #hash: Hash | undefined;
  readonly #note: (note: Note) => void;
  /** Reading gave no more: the rest is zeros. */
  #ended = false;

  constructor(member: Member, hash: Hash | undefined, note: (note: Note) => void) {
    this.#member = member;
    this.#hash = hash;
    this.#note = note;
  }

  /** Fills `space` with the file's bytes from `offset` on. */
  fill(space: Uint8Array, offset: number): void {
    let filled = 0;
    while (filled < space.length && !this.#ended) {
      const got = this.#read(filled === 0 ? space : space.subarray(filled), offset + filled);
      if (got === 0) this.#ended = true;
      filled += got;
    }
    if (filled < space.length) space.fill(0, filled);
    this.#hash?.update(space);
  }

  /**
   * Notes when the file is no longer as it was when it was opened, or never was as its size says: in
   * /proc, /sys and some file systems in user space size 0 tells nothing.
   */
  compareWithNow(): void {
    if (this.#ended) return;
    const { file, stat } = this.#member;
    // What is still empty has not changed; asking the system for all about it would cost more.
    if (stat.size === 0 && !this.#readOne()) return;
    const now = file!.stat();
    if (
      now.size === stat.size &&
      now.mtimeNanoseconds === stat.mtimeNanoseconds && now.mtimeSeconds === stat.mtimeSeconds &&
      now.ctimeNanoseconds === stat.ctimeNanoseconds && now.ctimeSeconds === stat.ctimeSeconds
    ) {
      if (stat.size > 0) return;
      this.#tell("size-untrue", "has content although its size is 0: stored empty");
    } else {
      this.#tell("changed-while-read", "changed while it was read");
    }
  }

  /** Whether there is a byte where the file should have none. */
  #readOne(): boolean {
    try {
      return this.#member.file!.read(ONE, 0) > 0;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#tell("unreadable", `cannot be read (${reasonOf(error)}): stored empty`);
      return false;
    }
  }

  #read(into: Uint8Array, offset: number): number {
    try {
      const got = this.#member.file!.read(into, offset);
      if (got === 0) this.#noteEnd("shrunk-while-read", `ends at byte ${offset}`);
      return got;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      const reason = reasonOf(error);
      this.#noteEnd("unreadable", `cannot be read at byte ${offset} (${reason})`);
      return 0;
    }
  }

  #noteEnd(kind: Note["kind"], what: string): void {
    const { size } = this.#member.entry;
    this.#tell(kind, `${what}: the rest of its ${size} bytes is stored as zeros`);
  }

  #tell(kind: Note["kind"], what: string): void {
    const path = printablePath(this.#member.entry.path);
    this.#note({ kind, path, message: `${path} ${what}` });
  }
}
