/**
 * Running CRC-32s over the pieces of all shards of a chunk.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** Checksums the payload of m shards in pieces of one size. */
export class PieceChecksummer {
  readonly #pieceBytes: number;
  /** By shard: CRC-32s of its whole pieces, and of its short last one after `finish`. */
  readonly #lists: number[][];
  /** By shard: CRC-32 of the running piece so far. */
  readonly #running: Uint32Array;
  #bytesInPiece = 0;

  /**
   * @param m number of shards
   * @param pieceBytes payload bytes per piece
   */
  constructor(m: number, pieceBytes: number) {
    this.#pieceBytes = pieceBytes;
    this.#lists = Array.from({ length: m }, () => []);
    this.#running = new Uint32Array(m);
  }

  /** Whole pieces of each shard so far. */
  get completed(): number {
    return this.#lists[0].length;
  }

  /** Goes on with the next payload bytes of every shard, all of the same length. */
  update(shards: readonly Uint8Array[]): void {
    const length = shards[0].length;
    let start = 0;
    while (start < length) {
      const end = Math.min(length, start + this.#pieceBytes - this.#bytesInPiece);
      shards.forEach((shard, index) => {
        this.#running[index] = crc32(shard.subarray(start, end), this.#running[index]);
      });
      this.#bytesInPiece += end - start;
      if (this.#bytesInPiece === this.#pieceBytes) this.#endPiece();
      start = end;
    }
  }

  /** Ends the payload; what is left is a short last piece. */
  finish(): void {
    if (this.#bytesInPiece > 0) this.#endPiece();
  }

  /** By shard: the checksums from piece `first` on. */
  from(first: number): Uint32Array[] {
    return this.#lists.map((list) => Uint32Array.from(list.slice(first)));
  }

  #endPiece(): void {
    this.#lists.forEach((list, index) => list.push(this.#running[index]));
    this.#running.fill(0);
    this.#bytesInPiece = 0;
  }
}
