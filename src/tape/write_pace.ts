/**
 * Decides where a file is written: on this thread while the system takes bytes as fast as memory does,
 * on another where it lets us wait, as it does once more is written than the disk keeps up with.
 *
 * Handing 512 KiB to another thread and back costs as much processor time as writing a quarter of
 * them. But a thread that waits for one disk keeps all others waiting, too.
 *
 * @module
 */

/** Slower than that on average, and writing is waiting: 4 ms a MiB, 256 MB/s. */
const SLOW_MS_PER_BYTE = 4 / 2 ** 20;
/** How much the last write counts in the average; other programs make single ones take longer. */
const WEIGHT = 1 / 16;
/** Bytes that go to another thread before this one is tried again, the first time and at most. */
const LEAST_AWAY_BYTES = 64 * 2 ** 20;
const MOST_AWAY_BYTES = 16 * 2 ** 30;

/** What is known of how fast a file takes bytes. */
export class WritePace {
  #msPerByte = 0;
  #awayBytes = LEAST_AWAY_BYTES;
  #awayLeft = 0;

  /** Whether the next bytes are best written on this thread. */
  get isFast(): boolean {
    return this.#awayLeft <= 0;
  }

  /** This thread wrote `bytes` bytes in `ms` milliseconds. */
  wroteHere(bytes: number, ms: number): void {
    this.#msPerByte += (ms / bytes - this.#msPerByte) * WEIGHT;
    if (this.#msPerByte <= SLOW_MS_PER_BYTE) return;
    this.#awayLeft = this.#awayBytes;
    // A disk that was slow twice is tried more and more seldom.
    this.#awayBytes = Math.min(2 * this.#awayBytes, MOST_AWAY_BYTES);
    this.#msPerByte = 0;
  }

  /** Another thread wrote `bytes` bytes. */
  wroteAway(bytes: number): void {
    this.#awayLeft -= bytes;
  }
}
