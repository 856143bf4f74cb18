/**
 * A ring of tape blocks between who makes bytes and the drive that writes them. All memory is
 * taken once; blocks are shared memory so that a Worker can write them without a copy.
 *
 * A ring that borrows copies only what is no whole block. Whole ones are taken from where they lie,
 * and whoever put them in must leave them alone until `borrows` is false again.
 *
 * @module
 */

import { allocateShared, MemoryCopier } from "../shared_memory.ts";

/** Blocks start on page boundaries: st writes aligned buffers without its bounce buffer. */
const PAGE_BYTES = 4096;
/** More would take more memory for themselves than blocks so small are worth. */
const MAX_BLOCKS = 1 << 18;

/** Blocks smaller than a page share pages, none of them lying in two: memory is what was asked for. */
function strideOf(blockSize: number): number {
  if (blockSize < PAGE_BYTES) return 2 ** Math.ceil(Math.log2(blockSize));
  return Math.ceil(blockSize / PAGE_BYTES) * PAGE_BYTES;
}

/** A first-in first-out ring of blocks of one size. */
export class BlockRing {
  /** Bytes per block. */
  readonly blockSize: number;
  /** Number of blocks. */
  readonly capacity: number;
  readonly #blocks: Uint8Array[] = [];
  readonly #copier = new MemoryCopier();
  readonly #mayBorrow: boolean;
  /** Whole blocks of somebody else, the last in the ring, or undefined. */
  #borrowed: Uint8Array | undefined;
  /** Number of the first of them. */
  #firstBorrowed = 0;
  /** Blocks put in and taken out since the beginning. */
  #filled = 0;
  #taken = 0;
  /** Bytes in the block being filled. */
  #partial = 0;

  /**
   * Takes all the memory it will ever need.
   *
   * @param blockSize bytes per block
   * @param capacity number of blocks, at least 2 so that one fills while one is written
   * @param mayBorrow do not copy whole blocks
   */
  constructor(blockSize: number, capacity: number, mayBorrow = false) {
    this.blockSize = blockSize;
    this.capacity = Math.min(MAX_BLOCKS, Math.max(2, capacity));
    this.#mayBorrow = mayBorrow;
    const stride = strideOf(blockSize);
    const memory = allocateShared(stride * this.capacity);
    for (let i = 0; i < this.capacity; i++) {
      this.#blocks.push(new Uint8Array(memory, i * stride, blockSize));
    }
  }

  /** Whole blocks waiting to be taken. */
  get ready(): number {
    return this.#filled - this.#taken;
  }

  /** Whole blocks put in since the beginning, dropped ones excepted. */
  get filled(): number {
    return this.#filled;
  }

  /** Blocks released since the beginning. */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes of an unfinished block. */
  get partial(): number {
    return this.#partial;
  }

  /** Whether no block can be filled before one is released. */
  get full(): boolean {
    return this.borrows || this.ready === this.capacity;
  }

  /** Whether blocks wait that are not the ring's own. */
  get borrows(): boolean {
    return this.#borrowed !== undefined;
  }

  /** Takes bytes until they end or the ring is full; returns how many it took. */
  put(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length && !this.full) {
      if (this.#mayBorrow && this.#partial === 0 && bytes.length - taken >= this.blockSize) {
        taken += this.#borrow(bytes.subarray(taken));
        break;
      }
      const block = this.#blocks[this.#filled % this.capacity];
      const count = Math.min(this.blockSize - this.#partial, bytes.length - taken);
      this.#copier.copy(block, this.#partial, bytes, taken, taken + count);
      taken += count;
      this.#partial += count;
      if (this.#partial === this.blockSize) {
        this.#partial = 0;
        this.#filled++;
      }
    }
    return taken;
  }

  /** The oldest whole block; it stays in the ring until `release`. */
  oldest(): Uint8Array {
    if (this.#borrowed === undefined || this.#taken < this.#firstBorrowed) {
      return this.#blocks[this.#taken % this.capacity];
    }
    const start = (this.#taken - this.#firstBorrowed) * this.blockSize;
    return this.#borrowed.subarray(start, start + this.blockSize);
  }

  /** Gives the oldest block's place back. */
  release(): void {
    this.#taken++;
    this.#giveBack();
  }

  /** Forgets the unfinished block and every whole one from number `from` on. */
  dropFrom(from: number): void {
    this.#filled = Math.max(this.#taken, Math.min(this.#filled, from));
    this.#partial = 0;
    this.#giveBack();
  }

  /** Counts the whole blocks of `bytes` as put in; returns how many bytes they are. */
  #borrow(bytes: Uint8Array): number {
    const blocks = Math.floor(bytes.length / this.blockSize);
    this.#borrowed = bytes;
    this.#firstBorrowed = this.#filled;
    this.#filled += blocks;
    return blocks * this.blockSize;
  }

  #giveBack(): void {
    if (this.#filled <= Math.max(this.#taken, this.#firstBorrowed)) this.#borrowed = undefined;
  }
}
