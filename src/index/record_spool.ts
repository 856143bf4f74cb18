/**
 * Where file records wait until the index is written: bytes that are appended, and read back from
 * any offset. Memory here; a temporary file is injected from outside.
 *
 * @module
 */

/** Bytes that are appended and read back. */
export interface RecordSpool {
  /** Bytes appended so far. */
  readonly size: number;
  /** Appends; `bytes` may be overwritten by the caller once the promise resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /**
   * Bytes from `start` up to `end`, in pieces of any size. Appending goes on meanwhile; a piece is
   * valid until the next one is asked for.
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Lets go of it and of all it holds. */
  close(): Promise<void>;
}

/** A spool in memory, for small archives and tests. */
export class MemorySpool implements RecordSpool {
  #pieces: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(new Uint8Array(bytes));
    this.#size += bytes.length;
    return Promise.resolve();
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (const piece of [...this.#pieces]) {
      const part = piece.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
      if (part.length > 0) yield part;
      offset += piece.length;
    }
  }

  close(): Promise<void> {
    this.#pieces = [];
    return Promise.resolve();
  }
}
