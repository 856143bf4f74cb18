/**
 * Cuts the tar stream into chunks and frames while it is written, in place, into the buffers of a
 * pool. All positions are offsets in the tar stream; everything else follows from them.
 *
 * @module
 */

import { RECORD_END } from "../index/records.ts";
import type { Note } from "../tree/note.ts";
import type { TarFrame } from "./tar_frames.ts";
import type { MemberPlace, RecordParts } from "./tar_source_record.ts";

/** A part of a frame. */
export interface Stretch {
  /** Offset in the frame. */
  start: number;
  /** Offset behind its last byte. */
  end: number;
}

/** A buffer of the pool. */
export interface FrameBuffer {
  /** Its number. */
  slot: number;
  /** Room for a frame as the tar stream has it, and for the same frame compressed. */
  buffer: Uint8Array;
}

/** Notes that wait for their frame; what goes beyond is only counted. */
const MAX_WAITING_NOTES = 10_000;

const encoder = new TextEncoder();

/** Room for a SHA-256's digits, in a form that no reader takes for one. */
const NO_CHECKSUM_YET = "?".repeat(64);

/** The frame under way and where it lies. */
export class FrameCutter {
  /** Bytes of the tar stream so far. */
  tarOffset = 0;
  readonly #chunkSize: number;
  readonly #frameSize: number;
  readonly #acquire: () => FrameBuffer;
  #buffer: FrameBuffer | undefined;
  /** The frame's bytes when full; undefined between frames. */
  #frame: Uint8Array | undefined;
  #filled = 0;
  #chunkOffset = 0;
  #nextMember = 0;
  #memberStart = 0;
  #memberEnd = 0;
  /** Encoded one by one: a frame's records as one string would be a great many small objects. */
  #records = new Uint8Array(64 * 1024);
  #recordsEnd = 0;
  #unhashedContents: number[] = [];
  #checksumPlaces: number[] = [];
  #notes: Note[] = [];
  #uncountedNotes = 0;

  constructor(chunkSize: number, frameSize: number, acquire: () => FrameBuffer) {
    this.#chunkSize = chunkSize;
    this.#frameSize = frameSize;
    this.#acquire = acquire;
  }

  /** Whether the frame must be taken before more can be put. */
  get isFull(): boolean {
    return this.#frame !== undefined && this.#filled === this.#frame.length;
  }

  /** Bytes that can be put without taking the frame. */
  get room(): number {
    return this.#begun().length - this.#filled;
  }

  /** Bytes of the frame so far. */
  get filled(): number {
    return this.#filled;
  }

  /** Says that a member of `size` bytes starts here. */
  beginMember(size: number): void {
    this.#memberStart = this.tarOffset;
    this.#memberEnd = this.tarOffset + size;
  }

  /** Where the member that was begun last lies. */
  memberPlace(): MemberPlace {
    const chunk = Math.floor(this.#memberStart / this.#chunkSize);
    return {
      chunk: chunk + 1,
      offset: this.#memberStart - chunk * this.#chunkSize,
      size: this.#memberEnd - this.#memberStart,
      spansChunks: Math.floor((this.#memberEnd - 1) / this.#chunkSize) > chunk,
    };
  }

  /** Up to `limit` bytes of the frame, to be written and then counted by `advance`. */
  space(limit: number): Uint8Array {
    const frame = this.#begun();
    return frame.subarray(this.#filled, Math.min(frame.length, this.#filled + limit));
  }

  /** Counts bytes written into `space`. */
  advance(bytes: number): void {
    this.#filled += bytes;
    this.tarOffset += bytes;
  }

  /** Copies what fits of `bytes` from `from` on, and returns how much that was. */
  copy(bytes: Uint8Array, from: number): number {
    const frame = this.#begun();
    const count = Math.min(bytes.length - from, frame.length - this.#filled);
    frame.set(
      from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count),
      this.#filled,
    );
    this.advance(count);
    return count;
  }

  /** Puts zeros, as many of `count` as fit, and returns how many that were. */
  zeros(count: number): number {
    const space = this.space(count);
    space.fill(0);
    this.advance(space.length);
    return space.length;
  }

  /**
   * Adds the record of a member that has ended.
   *
   * @param checksum its content's SHA-256 in hexadecimal, or which part of the frame that content is
   */
  record({ before, after }: RecordParts, checksum: string | Stretch): void {
    const recordStart = this.#recordsEnd;
    const isHashed = typeof checksum === "string";
    const text = before + (isHashed ? checksum : NO_CHECKSUM_YET) + after + RECORD_END;
    this.#putText(text);
    if (isHashed) return;
    const isAscii = this.#recordsEnd - recordStart === text.length;
    const place = recordStart + (isAscii ? before.length : encoder.encode(before).length);
    this.#unhashedContents.push(checksum.start, checksum.end);
    this.#checksumPlaces.push(place);
  }

  /** Adds a note. */
  note(note: Note): void {
    if (this.#notes.length < MAX_WAITING_NOTES) this.#notes.push(note);
    else this.#uncountedNotes++;
  }

  /** Ends the frame under way. */
  take(): TarFrame {
    const end = this.tarOffset;
    const frame: TarFrame = {
      chunk: Math.floor(this.#chunkOffset / this.#chunkSize) + 1,
      chunkOffset: this.#chunkOffset,
      nextMember: this.#nextMember,
      data: this.#begun().subarray(0, this.#filled),
      room: this.#buffer!.buffer,
      slot: this.#buffer!.slot,
      fillsChunk: end - this.#chunkOffset === this.#chunkSize,
      records: this.#records.slice(0, this.#recordsEnd),
      unhashed: {
        contents: Uint32Array.from(this.#unhashedContents),
        places: Uint32Array.from(this.#checksumPlaces),
      },
      notes: this.#takeNotes(),
    };
    this.#frame = undefined;
    this.#recordsEnd = 0;
    this.#unhashedContents = [];
    this.#checksumPlaces = [];
    return frame;
  }

  #begun(): Uint8Array {
    if (this.#frame !== undefined) return this.#frame;
    const inChunk = this.tarOffset % this.#chunkSize;
    if (inChunk === 0) {
      this.#chunkOffset = this.tarOffset;
      this.#nextMember = this.#memberStart === this.tarOffset ? this.tarOffset : this.#memberEnd;
    }
    this.#buffer = this.#acquire();
    this.#filled = 0;
    const size = Math.min(this.#frameSize, this.#chunkSize - inChunk);
    return this.#frame = this.#buffer.buffer.subarray(0, size);
  }

  #putText(text: string): void {
    const mostBytes = 3 * text.length;
    if (this.#recordsEnd + mostBytes > this.#records.length) this.#growRecords(mostBytes);
    const { written } = encoder.encodeInto(text, this.#records.subarray(this.#recordsEnd));
    this.#recordsEnd += written;
  }

  #growRecords(bytes: number): void {
    const grown = new Uint8Array(2 * this.#records.length + bytes);
    grown.set(this.#records);
    this.#records = grown;
  }

  #takeNotes(): Note[] {
    const notes = this.#notes;
    this.#notes = [];
    if (this.#uncountedNotes > 0) {
      const message = `${this.#uncountedNotes} more notes are not listed`;
      notes.push({ kind: "unreadable", path: "", message });
      this.#uncountedNotes = 0;
    }
    return notes;
  }
}
