/**
 * Where in the tar stream the reader is, what is missing before the next chunk, and whether the next
 * start of a member must be told.
 *
 * @module
 */

/** A part of the tar stream. */
export type TarItem =
  /**
   * Bytes of the tar, proven; valid until the next item is asked for. Where they have a buffer to
   * themselves (`own`), whoever gets them may keep or give away that.
   */
  | { kind: "data"; tarOffset: number; bytes: Uint8Array; own: boolean }
  /** Bytes that are lost; without `length` nothing tells how many, and nothing follows. */
  | { kind: "gap"; tarOffset: number; length: number | undefined; reason: string }
  /** Sometime after a gap: at `tarOffset`, where the next data start, a member is known to start. */
  | { kind: "resync"; tarOffset: number };

/** A part of the archive that is lost. */
export interface LostPart {
  /** First and last chunk concerned; the last is undefined where nothing tells it. */
  chunks: { first: number; last: number | undefined };
  /** Tar bytes concerned; `end` is undefined where nothing tells it. */
  tar: { start: number; end: number | undefined };
  /** One line for people: what is missing and why. */
  reason: string;
}

/** Chunks that could not be read, until the next one that can tells how much they held. */
interface Missing {
  first: number;
  last: number;
  reason: string;
}

/** The reader's state between chunks. */
export class Timeline {
  /** Tar offset of the next byte. */
  at = 0;
  /** Whether there was a gap after which no start of a member was told yet. */
  resync = false;
  /** Whether the archive's last chunk has been read. */
  ended = false;
  /** Number of the chunk to come. */
  nextChunk = 1;
  readonly #lost: LostPart[];
  #missing: Missing | undefined;

  /** @param lost takes the lost parts */
  constructor(lost: LostPart[]) {
    this.#lost = lost;
  }

  /** Whether chunks before the next one are missing. */
  get isInterrupted(): boolean {
    return this.#missing !== undefined;
  }

  /** Notes that chunks could not be read. */
  miss(first: number, last: number, reason: string): void {
    if (this.#missing === undefined) this.#missing = { first, last, reason };
    else {
      this.#missing.last = last;
      this.#missing.reason += `; ${reason}`;
    }
    this.nextChunk = last + 1;
  }

  /** The gap up to a chunk that can be read, if there is one. */
  *arriveAt(chunk: number, tarOffset: number): Generator<TarItem> {
    const missing = this.#missing;
    this.#missing = undefined;
    this.nextChunk = chunk + 1;
    if (tarOffset === this.at && missing === undefined) return;
    const { first, last, reason } = missing ??
      { first: chunk, last: chunk, reason: `chunk ${chunk} starts later than it should` };
    yield* this.gap(tarOffset - this.at, { first, last }, reason);
  }

  /** A gap in the stream. */
  *gap(length: number, chunks: LostPart["chunks"], reason: string): Generator<TarItem> {
    const tarOffset = this.at;
    this.at += length;
    this.resync = true;
    const before = this.#lost.at(-1);
    const goesOn = before?.tar.end === tarOffset && before.chunks.last === chunks.last;
    if (goesOn) before.tar.end = this.at;
    else this.#lost.push({ chunks, tar: { start: tarOffset, end: this.at }, reason });
    if (length > 0) yield { kind: "gap", tarOffset, length, reason };
  }

  /** What is missing at the end, where the archive's last chunk was not read. */
  *finish(tarEnd: number | undefined): Generator<TarItem> {
    if (tarEnd === this.at && this.#missing === undefined) return;
    const first = this.#missing?.first ?? this.nextChunk;
    const reason = this.#missing?.reason ?? `no shards of chunk ${first} or later were found`;
    if (tarEnd !== undefined && tarEnd >= this.at) {
      yield* this.gap(tarEnd - this.at, { first, last: undefined }, reason);
      return;
    }
    const tarOffset = this.at;
    this.#lost.push({
      chunks: { first, last: undefined },
      tar: { start: tarOffset, end: undefined },
      reason,
    });
    yield { kind: "gap", tarOffset, length: undefined, reason };
  }
}
