/**
 * Reads a tar stream that others push into it, in pieces of any size, with gaps where bytes were
 * lost. It never looks for headers: after a gap that hits one, its driver has to say where the next
 * member starts.
 *
 * @module
 */

import { decodeMember } from "./member_decode.ts";
import { MemberReader } from "./member_reader.ts";
import type { OwnerResolver } from "./posix_acl.ts";
import { type MetadataFlag, Preamble } from "./preamble.ts";
import type { TarHandler } from "./tar_handler.ts";
import { badTar, DEFAULT_LIMITS, type TarLimits } from "./tar_limits.ts";
import { checkHeader, isZeroBlock, readNumber } from "./ustar_decode.ts";
import { BLOCK_SIZE, FIELD, paddingAfter } from "./ustar_layout.ts";

/** Settings of a {@link TarDecoder}. */
export interface TarDecoderOptions {
  /** Bounds for hostile archives; what is absent is as in `DEFAULT_LIMITS`. */
  limits?: Partial<TarLimits>;
  /** Numbers of the users and groups that ACL texts give by name only. */
  resolve?: OwnerResolver;
}

/**
 * - `header`: the next bytes are a header block
 * - `metadata`: the body of a PAX or long-name header
 * - `extension`: a block that belongs to the member's header
 * - `member`: what else follows the member's header
 * - `skip`: padding, or data that nobody needs; a gap does no harm here
 */
type Phase = "header" | "metadata" | "extension" | "member" | "skip" | "ended" | "lost";

/** Parts of an archive that are no members. */
const SPECIAL: Record<string, string> = {
  "A": "Solaris ACL",
  "M": "rest of a file that an earlier volume began",
  "N": "list of long names in an early GNU form",
  "V": "volume label",
};

/**
 * Push decoder for a tar stream; offsets are absolute in the tar.
 *
 * After an error it is lost, and can be resynchronised like after a gap.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TarDecoder } from "@ectar/ectar";
 *
 * let ended = false;
 * const decoder = new TarDecoder({
 *   entry: (entry, memberOffset) => console.log(memberOffset, entry.path),
 *   data: (bytes, fileOffset) => console.log(fileOffset, bytes.length),
 *   entryEnd: (intact) => console.log(intact),
 *   end: () => ended = true,
 *   problem: (problem) => console.log(problem.message),
 * });
 * decoder.push(new Uint8Array(1024));
 * decoder.finish();
 * assert(ended);
 * ```
 */
export class TarDecoder {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  readonly #resolve: OwnerResolver | undefined;
  readonly #preamble: Preamble;
  readonly #member: MemberReader;
  /** Collects a header block that comes in pieces. */
  readonly #block = new Uint8Array(BLOCK_SIZE);
  #blockFill = 0;
  #phase: Phase = "header";
  #offset = 0;
  #zeroBlockSeen = false;
  #skipLeft = 0;

  /**
   * A decoder at the first byte of a tar.
   *
   * @param handler is told what the tar holds
   * @param options limits and names
   */
  constructor(handler: TarHandler, options: TarDecoderOptions = {}) {
    this.#handler = handler;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#resolve = options.resolve;
    this.#preamble = new Preamble(this.#limits);
    this.#member = new MemberReader(handler, this.#limits.maxSparseSegments);
  }

  /** Tar offset of the next byte to be pushed. */
  get offset(): number {
    return this.#offset;
  }

  /** True when the place of the next header is unknown: pushed bytes are ignored until resync. */
  get lost(): boolean {
    return this.#phase === "lost";
  }

  /** True when the end of the archive was seen; whatever follows is ignored. */
  get ended(): boolean {
    return this.#phase === "ended";
  }

  /**
   * Takes the next bytes of the tar.
   *
   * @throws {EctarError} "format" when they are no tar, "unsupported" for a sparse format of the
   * future; all bytes count as pushed then, and the decoder is lost
   */
  push(bytes: Uint8Array): void {
    this.#advance(bytes.length, (done) => this.#step(bytes, done));
  }

  /**
   * Tells that the next `length` bytes of the tar are lost.
   *
   * @throws {EctarError} "format" when what came before turns out to be no tar
   */
  gap(length: number): void {
    this.#advance(length, (done) => this.#stepOverGap(length - done));
  }

  /**
   * Goes on at `offset`, where a member (or the end of the archive) is known to start: the next bytes
   * pushed are its first. A member that is still open ends as not intact.
   */
  resync(offset: number): void {
    this.#cutMemberShort();
    this.#enter("header");
    this.#offset = offset;
  }

  /**
   * Tells that the tar is over. A member that is still open ends as not intact.
   *
   * @throws {EctarError} "format" when it is cut short; nothing while {@link lost}
   */
  finish(): void {
    if (this.#phase === "ended" || this.#phase === "lost") return;
    if (this.#phase === "header" && this.#blockFill === 0 && this.#zeroBlockSeen) {
      const message = `the archive ends with one zero block instead of two at ${this.#offset}`;
      this.#handler.problem({ kind: "end", offset: this.#offset, message });
      return this.#end();
    }
    this.#cutMemberShort();
    this.#enter("lost");
    throw badTar(this.#offset, "it is cut short");
  }

  /** Takes `length` bytes in steps; each is told how many are done and returns how many it took. */
  #advance(length: number, step: (done: number) => number): void {
    const end = this.#offset + length;
    try {
      for (let done = 0; done < length;) {
        const n = step(done);
        this.#offset += n;
        done += n;
      }
    } catch (error) {
      this.#enter("lost");
      this.#offset = end;
      throw error;
    }
  }

  /** Takes some of `bytes` from `at` on and returns how many. */
  #step(bytes: Uint8Array, at: number): number {
    switch (this.#phase) {
      case "header":
      case "extension":
        return this.#takeBlock(bytes, at);
      case "metadata": {
        const n = this.#preamble.take(bytes, at);
        if (this.#preamble.left === 0) this.#skipThenHeader(paddingAfter(this.#preamble.size));
        return n;
      }
      case "member": {
        const n = this.#member.take(bytes, at, this.#offset);
        this.#followMember();
        return n;
      }
      case "skip":
        return this.#skip(bytes.length - at);
      case "ended":
      case "lost":
        return bytes.length - at;
    }
  }

  #stepOverGap(length: number): number {
    switch (this.#phase) {
      case "member": {
        const n = this.#member.lose(length, this.#offset);
        this.#followMember();
        return n;
      }
      case "skip":
        return this.#skip(length);
      case "ended":
        return length;
      default:
        this.#enter("lost");
        return length;
    }
  }

  #enter(phase: "header" | "lost"): void {
    this.#phase = phase;
    this.#blockFill = 0;
    this.#zeroBlockSeen = false;
    this.#preamble.clear();
  }

  #takeBlock(bytes: Uint8Array, at: number): number {
    const fill = this.#blockFill;
    const n = Math.min(BLOCK_SIZE - fill, bytes.length - at);
    if (n === BLOCK_SIZE) {
      this.#onBlock(bytes, at, this.#offset);
      return n;
    }
    this.#block.set(bytes.subarray(at, at + n), fill);
    this.#blockFill = fill + n;
    if (this.#blockFill === BLOCK_SIZE) {
      this.#blockFill = 0;
      this.#onBlock(this.#block, 0, this.#offset - fill);
    }
    return n;
  }

  #onBlock(bytes: Uint8Array, base: number, offset: number): void {
    if (this.#phase === "extension") {
      this.#member.extend(bytes, base, offset);
      return this.#followMember();
    }
    if (bytes[base] === 0 && isZeroBlock(bytes, base)) return this.#onZeroBlock(offset);
    if (this.#zeroBlockSeen) throw badTar(offset, "data follows a single zero block");
    checkHeader(bytes, base, offset);
    const flag = String.fromCharCode(bytes[base + FIELD.type.at]);
    if (flag === "x" || flag === "g" || flag === "L" || flag === "K" || flag === "X") {
      this.#beginMetadata(flag, readSize(bytes, base, offset), offset);
    } else if (flag in SPECIAL) {
      this.#skipSpecial(SPECIAL[flag], readSize(bytes, base, offset), offset);
    } else {
      this.#beginMember(bytes, base, offset);
    }
  }

  #onZeroBlock(offset: number): void {
    if (this.#preamble.memberOffset !== undefined) {
      throw badTar(offset, "the archive ends between a member's headers");
    }
    if (this.#zeroBlockSeen) this.#end();
    else this.#zeroBlockSeen = true;
  }

  #end(): void {
    this.#phase = "ended";
    this.#handler.end();
  }

  #beginMetadata(flag: MetadataFlag, size: number, offset: number): void {
    this.#preamble.begin(flag, size, offset);
    if (size > 0) this.#phase = "metadata";
  }

  #skipSpecial(what: string, size: number, headerOffset: number): void {
    const offset = this.#preamble.memberOffset ?? headerOffset;
    this.#preamble.clear();
    const message = `skipped at tar offset ${offset}: ${what}`;
    this.#handler.problem({ kind: "member-skipped", offset, message });
    this.#skipThenHeader(size + paddingAfter(size));
  }

  #beginMember(bytes: Uint8Array, base: number, offset: number): void {
    const before = this.#preamble.finish(offset);
    const member = decodeMember(bytes, base, before, this.#limits, this.#resolve);
    this.#member.begin(member, before.memberOffset, offset);
    this.#followMember();
  }

  /** Goes on with what the member has next, or behind it. */
  #followMember(): void {
    if (this.#member.isOver) this.#skipThenHeader(this.#member.rest);
    else this.#phase = this.#member.isExtended ? "extension" : "member";
  }

  #cutMemberShort(): void {
    if (this.#phase === "member") this.#member.cutShort();
  }

  #skipThenHeader(length: number): void {
    this.#skipLeft = length;
    this.#phase = length > 0 ? "skip" : "header";
  }

  #skip(available: number): number {
    const n = Math.min(available, this.#skipLeft);
    this.#skipLeft -= n;
    if (this.#skipLeft === 0) this.#phase = "header";
    return n;
  }
}

function readSize(bytes: Uint8Array, base: number, offset: number): number {
  const size = readNumber(bytes, base, FIELD.size, offset, "size");
  if (size < 0 || !Number.isSafeInteger(offset + size + 2 * BLOCK_SIZE)) {
    throw badTar(offset, "size is out of range");
  }
  return size;
}
