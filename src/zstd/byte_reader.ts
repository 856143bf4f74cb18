/**
 * Reads a stream of byte pieces of any size in stretches of wanted size.
 *
 * @module
 */

/** Buffers as little as the wanted stretches need. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /**
   * At least `count` bytes without taking them, or all that is left; valid until the next call.
   */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#end - this.#start < count) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#append(value);
    }
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Takes `count` bytes that were peeked. */
  take(count: number): void {
    this.#start += count;
  }

  /** Takes `count` bytes unseen; false when the stream ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      const available = (await this.peek(1)).length;
      if (available === 0) return false;
      const taken = Math.min(left, available);
      this.take(taken);
      left -= taken;
    }
    return true;
  }

  /** Ends the stream early. */
  async cancel(): Promise<void> {
    await this.#source.return?.();
  }

  #append(bytes: Uint8Array): void {
    const length = this.#end - this.#start;
    if (this.#end + bytes.length > this.#buffer.length) {
      const needed = length + bytes.length;
      const target = needed <= this.#buffer.length / 2
        ? this.#buffer
        : new Uint8Array(Math.max(needed * 2, 64 * 1024));
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#start = 0;
      this.#end = length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }
}
