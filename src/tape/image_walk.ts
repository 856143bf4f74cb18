/**
 * Going through the records of a tape image, forward and backward, keeping count of where the tape
 * stands. Memory grows with filemarks passed only, never with blocks.
 *
 * @module
 */

import { padded, parseWord, readWord, WORD_BYTES } from "./image_format.ts";

/** The bytes of an image. */
export interface ImageBytes {
  /** Length of the image in bytes. */
  size(): number;
  /** Fills `into` from byte `offset`; returns how many bytes there were. */
  readSync(into: Uint8Array, offset: number): number;
}

/** What stands next on the tape. */
export type ImageRecord =
  | { kind: "filemark"; start: number; end: number }
  /** A block whose bytes begin at `data`. */
  | { kind: "block"; start: number; data: number; length: number; end: number; bad: boolean }
  /** Nothing, or a record that was never finished. */
  | { kind: "end"; start: number }
  /** Bytes that are no record: from here on the image cannot be read. */
  | { kind: "lost"; start: number };

/** Where the tape stands. */
export interface ImagePlace {
  /** Byte of the image. */
  offset: number;
  /** Tape file from 0. */
  file: number;
  /** Block in the tape file from 0. */
  block: number;
  /** Blocks and filemarks from the beginning of the tape. */
  logical: number;
}

/** Runs of gaps and private records longer than this are no tape a program wrote. */
const MAX_SKIPS = 1 << 20;

/** Most tape files whose beginnings are remembered. A sparse file is a tape of filemarks only. */
const MAX_TAPE_FILES = 1 << 20;

/** A place on the tape of an image that moves record by record. */
export class ImageWalk {
  readonly #bytes: ImageBytes;
  readonly #word = new Uint8Array(WORD_BYTES);
  /** Where each tape file begins, as far as the tape was passed. */
  #fileStarts: ImagePlace[] = [{ offset: 0, file: 0, block: 0, logical: 0 }];
  #place: ImagePlace = this.#fileStarts[0];

  /** @param bytes the image */
  constructor(bytes: ImageBytes) {
    this.#bytes = bytes;
  }

  /** Where the tape stands. */
  get place(): Readonly<ImagePlace> {
    return this.#place;
  }

  /** The record that stands next. */
  next(): ImageRecord {
    let start = this.#place.offset;
    for (let skips = 0; skips < MAX_SKIPS; skips++) {
      const head = this.#wordAt(start);
      if (head === undefined) return { kind: "end", start };
      const word = parseWord(head);
      switch (word.kind) {
        case "end":
          return { kind: "end", start };
        case "unknown":
          return { kind: "lost", start };
        case "filemark":
          if (this.#place.file >= MAX_TAPE_FILES) return { kind: "lost", start };
          return { kind: "filemark", start, end: start + WORD_BYTES };
        case "skip":
          if (word.length !== undefined && this.#trailer(start, head, word.length) === undefined) {
            return this.#unfinished(start, word.length);
          }
          start += word.bytes;
          break;
        case "block": {
          const end = this.#trailer(start, head, word.length);
          if (end === undefined) return this.#unfinished(start, word.length);
          const data = start + WORD_BYTES;
          return { kind: "block", start, data, length: word.length, end, bad: word.bad };
        }
      }
    }
    return { kind: "lost", start };
  }

  /** Moves behind `record`, which `next` returned or which was just written here. */
  pass(record: { kind: "filemark" | "block"; end: number }): void {
    const { file, block, logical } = this.#place;
    const offset = record.end;
    if (record.kind === "block") {
      this.#place = { offset, file, block: block + 1, logical: logical + 1 };
      return;
    }
    this.#place = { offset, file: file + 1, block: 0, logical: logical + 1 };
    this.#fileStarts[file + 1] = this.#place;
  }

  /** Moves before the record behind which the tape stands; tells what it was. */
  passBack(): "filemark" | "block" | "beginning" | "lost" {
    const { file, block, logical, offset } = this.#place;
    if (logical === 0) return "beginning";
    if (block === 0) {
      this.#endOfFile(file - 1, logical - 1, offset);
      return "filemark";
    }
    const start = this.#startOfRecordBefore(offset);
    if (start === undefined) return "lost";
    this.#place = { offset: start, file, block: block - 1, logical: logical - 1 };
    return "block";
  }

  /** Goes to the nearest known place at or before logical block `logical`. */
  approach(logical: number): void {
    if (this.#place.logical <= logical && this.#place.logical >= this.#nearest(logical).logical) {
      return;
    }
    this.#place = this.#nearest(logical);
  }

  /** Goes to the beginning of the tape file it stands in. */
  backToFileStart(): void {
    this.#place = this.#fileStarts[this.#place.file];
  }

  /** Goes to the beginning of the tape. */
  rewind(): void {
    this.#place = this.#fileStarts[0];
  }

  /** Forgets what was known of the tape behind this place: it is about to be overwritten. */
  forgetBehind(): void {
    this.#fileStarts.length = this.#place.file + 1;
  }

  #nearest(logical: number): ImagePlace {
    let low = 0;
    let high = this.#fileStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#fileStarts[middle].logical <= logical) low = middle;
      else high = middle - 1;
    }
    return this.#fileStarts[low];
  }

  #endOfFile(file: number, logical: number, behindMark: number): void {
    const block = logical - this.#fileStarts[file].logical;
    this.#place = { offset: behindMark - WORD_BYTES, file, block, logical };
  }

  #startOfRecordBefore(offset: number): number | undefined {
    let end = offset;
    for (let skips = 0; skips < MAX_SKIPS && end >= WORD_BYTES; skips++) {
      const tail = this.#wordAt(end - WORD_BYTES);
      if (tail === undefined) return undefined;
      const word = parseWord(tail);
      if (word.kind === "block" || (word.kind === "skip" && word.length !== undefined)) {
        const start = this.#matchingHead(end, tail, word.length as number);
        if (word.kind === "block" || start === undefined) return start;
        end = start;
      } else if (word.kind === "skip") end -= word.bytes;
      else return undefined;
    }
    return undefined;
  }

  #matchingHead(end: number, tail: number, length: number): number | undefined {
    const start = end - 2 * WORD_BYTES - padded(length);
    if (start >= 0 && this.#wordAt(start) === tail) return start;
    return length & 1 && this.#wordAt(start + 1) === tail ? start + 1 : undefined;
  }

  /** End of the record at `start`; some programs leave out the filler byte of odd lengths. */
  #trailer(start: number, head: number, length: number): number | undefined {
    const tail = start + WORD_BYTES + padded(length);
    if (this.#wordAt(tail) === head) return tail + WORD_BYTES;
    if ((length & 1) === 1 && this.#wordAt(tail - 1) === head) return tail - 1 + WORD_BYTES;
    return undefined;
  }

  /** A record that would go beyond the end was being written when its program ended. */
  #unfinished(start: number, length: number): ImageRecord {
    const beyond = start + 2 * WORD_BYTES + padded(length) > this.#bytes.size();
    return { kind: beyond ? "end" : "lost", start };
  }

  #wordAt(offset: number): number | undefined {
    if (offset < 0) return undefined;
    if (this.#bytes.readSync(this.#word, offset) < WORD_BYTES) return undefined;
    return readWord(this.#word, 0);
  }
}
