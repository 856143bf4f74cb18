/**
 * One member of a tar after its header: the rest of its sparse map, in extension blocks or before
 * its data, then the data. Tells the handler of the member once all that describes it is read.
 *
 * @module
 */

import { printable } from "./bytes.ts";
import type { SparseSegment } from "./entry.ts";
import { MemberData } from "./member_data.ts";
import type { DecodedMember } from "./member_decode.ts";
import { readOldGnuExtension } from "./old_gnu_sparse.ts";
import { checkSegments, SparseMapParser, storedLength } from "./sparse_map.ts";
import type { TarHandler } from "./tar_handler.ts";
import { badTar } from "./tar_limits.ts";
import { paddingAfter } from "./ustar_layout.ts";

/**
 * What comes next of a member:
 *
 * - `extension`: an old GNU sparse extension block
 * - `map`: a sparse 1.0 map
 * - `data`: data that is delivered
 * - `over`: nothing but bytes that nobody needs
 */
type Part = "extension" | "map" | "data" | "over";

/** Reads the members of a tar, one after the other. */
export class MemberReader {
  readonly #handler: TarHandler;
  readonly #maxSegments: number;
  readonly #data: MemberData;
  #part: Part = "over";
  #rest = 0;
  #member: DecodedMember | undefined;
  #memberOffset = 0;
  #map: SparseMapParser | undefined;
  #mapLeft = 0;

  /**
   * @param handler is told of the members
   * @param maxSegments most stretches of a sparse map
   */
  constructor(handler: TarHandler, maxSegments: number) {
    this.#handler = handler;
    this.#maxSegments = maxSegments;
    this.#data = new MemberData(handler);
  }

  /** Whether an extension block comes next, for {@link extend}. */
  get isExtended(): boolean {
    return this.#part === "extension";
  }

  /** Whether nothing of the member is to come but {@link rest}. */
  get isOver(): boolean {
    return this.#part === "over";
  }

  /** Bytes behind a member that is over: padding, or data that nobody needs. */
  get rest(): number {
    return this.#rest;
  }

  /**
   * Begins a member whose header block was at `offset`.
   *
   * @param memberOffset tar offset of its first header (PAX, long name)
   */
  begin(member: DecodedMember, memberOffset: number, offset: number): void {
    this.#member = member;
    this.#memberOffset = memberOffset;
    this.#map = undefined;
    if (member.isExtended) {
      this.#part = "extension";
    } else if (member.data === "map" && member.refusal === undefined) {
      if (member.tarSize === 0) throw badTar(offset, "sparse file without its map");
      this.#map = new SparseMapParser(this.#where(member), this.#maxSegments);
      this.#mapLeft = member.tarSize;
      this.#part = "map";
    } else {
      this.#beginData(member, member.tarSize);
    }
  }

  /** Takes an extension block, which was at tar offset `offset`. */
  extend(bytes: Uint8Array, base: number, offset: number): void {
    const member = this.#member!;
    const segments = member.entry.sparse as SparseSegment[];
    const more = readOldGnuExtension(bytes, base, offset, segments, this.#maxSegments);
    if (!more) this.#beginData(member, member.tarSize);
  }

  /** Takes some of `bytes` from `at` on, which is tar offset `offset`, and returns how many. */
  take(bytes: Uint8Array, at: number, offset: number): number {
    if (this.#part === "map") {
      const end = Math.min(bytes.length, at + this.#mapLeft);
      return this.#afterMap(this.#map!.push(bytes, at, end) - at, offset);
    }
    const n = this.#data.deliver(bytes, at);
    if (this.#data.left === 0) this.#end();
    return n;
  }

  /** Is told that the next `length` bytes, at tar offset `offset`, are lost; as {@link take}. */
  lose(length: number, offset: number): number {
    if (this.#part === "map") {
      if (this.#map!.complete) return this.#afterMap(this.#map!.skipPadding(length), offset);
      this.#giveUpMap(offset);
      return 0;
    }
    const n = Math.min(length, this.#data.left);
    this.#data.lose(n);
    if (this.#data.left === 0) this.#end();
    return n;
  }

  /** Ends a member, of which more should come, as not intact. */
  cutShort(): void {
    if (this.#part === "data") this.#handler.entryEnd(false);
    this.#part = "over";
  }

  /** Another `n` bytes of the map or its padding are done. */
  #afterMap(n: number, offset: number): number {
    this.#mapLeft -= n;
    if (this.#map!.done) {
      this.#member!.entry.sparse = this.#map!.segments;
      this.#beginData(this.#member!, this.#mapLeft);
    } else if (this.#mapLeft === 0) {
      throw badTar(offset + n, "sparse map is cut short");
    }
    return n;
  }

  /** Without its map no stored byte can be placed: the member is announced, and lost as a whole. */
  #giveUpMap(offset: number): void {
    const { entry, tarSize } = this.#member!;
    this.#handler.entry(entry, this.#memberOffset);
    if (entry.size > 0) this.#handler.gapInData?.(entry.size, 0);
    const rest = this.#mapLeft + paddingAfter(tarSize);
    this.#handler.entryEnd(false, offset + rest);
    this.#leave(rest);
  }

  /** All headers are read; `size` bytes of data follow. */
  #beginData(member: DecodedMember, size: number): void {
    const { entry } = member;
    const offset = this.#memberOffset;
    if (member.refusal !== undefined) {
      const message = `${this.#where(member)} is skipped: ${member.refusal}`;
      this.#handler.problem({ kind: "member-refused", offset, message });
      return this.#leave(size + paddingAfter(member.tarSize));
    }
    if (entry.sparse !== undefined) {
      checkSegments(entry.sparse, entry.size, this.#where(member), false);
      if (storedLength(entry.sparse) !== size) {
        throw badTar(offset, "sparse map does not account for the data stored");
      }
    }
    for (const note of member.notes) {
      const message = `${this.#where(member)}: ${note}`;
      this.#handler.problem({ kind: "metadata", offset, message });
    }
    this.#handler.entry(entry, offset);
    this.#data.begin(entry, member.data === "unused" ? 0 : size);
    this.#part = "data";
    if (this.#data.left === 0) this.#end(member.data === "unused" ? size : 0);
  }

  #end(unused = 0): void {
    this.#handler.entryEnd(this.#data.intact);
    this.#leave(unused + paddingAfter(this.#member!.tarSize));
  }

  #leave(rest: number): void {
    this.#map = undefined;
    this.#rest = rest;
    this.#part = "over";
  }

  #where(member: DecodedMember): string {
    return `${printable(member.entry.path)} at tar offset ${this.#memberOffset}`;
  }
}
