/**
 * Collects what stands before a member's own header: PAX records, GNU long names, and the global
 * records that hold for all members.
 *
 * @module
 */

import { EMPTY, endOfCString } from "./bytes.ts";
import { PaxFields } from "./pax_decode.ts";
import { badTar, type TarLimits } from "./tar_limits.ts";

/** Type flags of headers whose body tells something about the members after them. */
export type MetadataFlag = "x" | "X" | "g" | "L" | "K";

/** What is known about a member when its ustar header comes. */
export interface MemberPreamble {
  /** Tar offset of the member's first header block. */
  memberOffset: number;
  /** Tar offset of the ustar header. */
  headerOffset: number;
  /** Records, global ones among them. */
  pax: PaxFields | undefined;
  /** GNU long name. */
  longName: Uint8Array | undefined;
  /** GNU long link target. */
  longLink: Uint8Array | undefined;
  /** Whether the archive is known to be PAX; only there may a hard link carry data. */
  isPax: boolean;
}

/** Collector; one metadata header at a time. */
export class Preamble {
  readonly #limits: TarLimits;
  #memberOffset: number | undefined;
  #memberSize = 0;
  #pax: PaxFields | undefined;
  #longName: Uint8Array | undefined;
  #longLink: Uint8Array | undefined;
  #globalPax: PaxFields | undefined;
  #globalSize = 0;
  #isPax = false;

  #flag: MetadataFlag = "x";
  #headerOffset = 0;
  #size = 0;
  #buffer = EMPTY;
  #fill = 0;

  constructor(limits: TarLimits) {
    this.#limits = limits;
  }

  /** Tar offset where the member that is being announced starts, if one is. */
  get memberOffset(): number | undefined {
    return this.#memberOffset;
  }

  /**
   * A metadata header at `offset` announces a body of `size` bytes.
   *
   * @throws {EctarError} "format" when that is more than allowed
   */
  begin(flag: MetadataFlag, size: number, offset: number): void {
    const isGlobal = flag === "g";
    const total = size + (isGlobal ? this.#globalSize : this.#memberSize);
    if (total > this.#limits.maxMetadataSize) {
      throw badTar(offset, `${total} bytes of metadata are more than allowed`);
    }
    if (isGlobal) this.#globalSize = total;
    else this.#memberSize = total;
    if (!isGlobal) this.#memberOffset ??= offset;
    if (flag !== "L" && flag !== "K") this.#isPax = true;
    this.#flag = flag;
    this.#headerOffset = offset;
    this.#size = size;
    this.#fill = 0;
  }

  /** Bytes of the body still to come. */
  get left(): number {
    return this.#size - this.#fill;
  }

  /** Bytes of the whole body. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes up to {@link left} bytes of the body; with the last of them it is read.
   *
   * @returns bytes taken
   * @throws {EctarError} "format"
   */
  take(bytes: Uint8Array, at: number): number {
    const n = Math.min(this.left, bytes.length - at);
    if (n === this.#size) {
      this.#read(bytes, at, at + n);
      this.#fill = n;
      return n;
    }
    this.#append(bytes.subarray(at, at + n));
    if (this.left === 0) {
      this.#read(this.#buffer, 0, this.#size);
      this.#buffer = EMPTY;
    }
    return n;
  }

  /** What has been collected for the member whose header stands at `headerOffset`; starts anew. */
  finish(headerOffset: number): MemberPreamble {
    const preamble: MemberPreamble = {
      memberOffset: this.#memberOffset ?? headerOffset,
      headerOffset,
      pax: this.#pax ?? this.#globalPax,
      longName: this.#longName,
      longLink: this.#longLink,
      isPax: this.#isPax,
    };
    this.clear();
    return preamble;
  }

  /** Forgets what was meant for the next member; global records stay. */
  clear(): void {
    this.#memberOffset = undefined;
    this.#memberSize = 0;
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#buffer = EMPTY;
    this.#fill = this.#size = 0;
  }

  #read(bytes: Uint8Array, from: number, to: number): void {
    if (this.#flag === "L") {
      this.#longName = bytes.slice(from, endOfCString(bytes, from, to));
    } else if (this.#flag === "K") {
      this.#longLink = bytes.slice(from, endOfCString(bytes, from, to));
    } else {
      const fields = this.#flag === "g"
        ? this.#globalPax ??= new PaxFields()
        : this.#pax ??= this.#globalPax?.clone() ?? new PaxFields();
      const maxSegments = this.#limits.maxSparseSegments;
      fields.readRecords(bytes, from, to, this.#headerOffset, maxSegments);
      if (this.#flag === "g") fields.forgetContent();
    }
  }

  /** Grows by doubling, so that only bytes that really came cost memory. */
  #append(bytes: Uint8Array): void {
    const fill = this.#fill + bytes.length;
    if (fill > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(this.#size, Math.max(2 * this.#buffer.length, fill)));
      grown.set(this.#buffer.subarray(0, this.#fill));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#fill);
    this.#fill = fill;
  }
}
