/**
 * Blocks of one tape, read ahead of who asks for them, so that drives stream and work at the same
 * time. Nothing is read ahead until somebody reads on; then twice as much each time.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { EctarError } from "../errors.ts";
import type { TapeRead } from "./device.ts";
import type { TapeHead } from "./tape_head.ts";

/** What stands at a place on tape. */
export type BlockFound =
  /** A block; the bytes stay valid until the next call. */
  | { kind: "data"; bytes: Uint8Array }
  /** A block that cannot be read. */
  | { kind: "hole" }
  /** The tape file ends before this block. */
  | { kind: "end"; by: FileEnd };

/**
 * What ends a tape file: a filemark; the end of data, where writing it was broken off; or that the
 * drive can read no further, so that nobody knows where it ends.
 */
export type FileEnd = "filemark" | "end-of-data" | "unknown";

/** How long a tape file is. */
export interface BlockCount {
  /** Blocks up to the end, or up to the last that can be read. */
  blocks: number;
  /** What its end is. */
  end: FileEnd;
}

/** Unreadable blocks in a row after which a file of unknown size counts as ended. */
const MAX_BAD_RUN = 1024;
/** Equal blocks in a row after which the drive must show that it moves. */
const MAX_EQUAL_RUN = 1024;

interface Read {
  block: number;
  found: BlockFound;
  buffer: Uint8Array | undefined;
}

/** Reads the blocks of one tape. Calls are put in line. */
export class ReadAhead {
  readonly #head: TapeHead;
  readonly #blockSize: number;
  readonly #slots: number;
  #file: number | undefined;
  #current: Read | undefined;
  #ready: Read[] = [];
  #free: Uint8Array[] = [];
  #buffers = 0;
  /** Block the tape stands at, if the run goes on. */
  #next = 0;
  #ended: FileEnd | undefined;
  #window = 0;
  #badRun = 0;
  #producing: Promise<void> | undefined;
  #failure: unknown;
  #tail: Promise<unknown> = Promise.resolve();

  /**
   * Takes a tape to read; it does not move yet.
   *
   * @param head the tape
   * @param blockSize bytes per block; any other block is a hole
   * @param slots most blocks held in memory, at least 2
   */
  constructor(head: TapeHead, blockSize: number, slots: number) {
    this.#head = head;
    this.#blockSize = blockSize;
    this.#slots = Math.max(2, slots);
  }

  /** Bytes per block. */
  get blockSize(): number {
    return this.#blockSize;
  }

  /** Runs something that moves the tape, between reads. */
  exclusive<T>(work: (head: TapeHead) => Promise<T>): Promise<T> {
    const result = this.#tail.then(async () => {
      await this.#stop();
      return await work(this.#head);
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /**
   * Reads a block and hands it to `use` before anything else happens on this tape.
   *
   * @throws {EctarError} when the drive fails
   */
  read<T>(file: number, block: number, use: (found: BlockFound) => T): Promise<T> {
    const result = this.#tail.then(async () => use(await this.#find(file, block)));
    this.#tail = result.catch(() => {});
    return result;
  }

  /**
   * Counts the blocks of a tape file by reading it: on tape that is quicker and surer than looking
   * for its end from place to place. Where a write was torn off, some drives hand out the same block
   * for ever: what can be read ends with the first of them.
   *
   * @throws {EctarError} when the drive fails before it has read a block
   */
  countBlocks(file: number): Promise<BlockCount> {
    const result = this.#tail.then(() => this.#count(file));
    this.#tail = result.catch(() => {});
    return result;
  }

  async #count(file: number): Promise<BlockCount> {
    const last = new Uint8Array(this.#blockSize);
    let readable = 0;
    let equal = 0;
    let place = -1;
    for (let block = 0;; block++) {
      const found = await this.#findOrEnd(file, block, readable > 0);
      if (found.kind === "end") {
        return { blocks: found.by === "unknown" ? readable : block, end: found.by };
      }
      if (found.kind === "hole") continue;
      const same = readable > 0 && Buffer.compare(found.bytes, last) === 0;
      equal = same ? equal + 1 : 0;
      if (equal > 0 && equal % MAX_EQUAL_RUN === 0 && this.#ended === undefined) {
        const now = await this.#logical();
        if (now === undefined || now <= place) return { blocks: block - equal + 1, end: "unknown" };
        place = now;
      }
      if (!same) last.set(found.bytes);
      readable = block + 1;
    }
  }

  /** A drive that fails behind blocks that it has read can read no further. */
  async #findOrEnd(file: number, block: number, afterData: boolean): Promise<BlockFound> {
    try {
      return await this.#find(file, block);
    } catch (error) {
      if (!afterData || !(error instanceof EctarError)) throw error;
      return { kind: "end", by: "unknown" };
    }
  }

  /**
   * The drive's own count of blocks, where it has one. Reading ahead stops for that: where blocks
   * repeat for ever it would first fill all memory it may have.
   */
  async #logical(): Promise<number | undefined> {
    const window = this.#window;
    this.#window = 0;
    await this.#producing;
    const { logical } = await this.#head.device.position();
    this.#window = window;
    return logical;
  }

  async #find(file: number, block: number): Promise<BlockFound> {
    if (this.#file === file && this.#current?.block === block) return this.#current.found;
    const last = this.#lastBlock();
    const inReach = this.#file === file && this.#current !== undefined &&
      block > this.#current.block && block <= last + 1;
    if (!inReach && !await this.#restart(file, block)) return { kind: "end", by: "filemark" };
    this.#recycleCurrent();
    while (true) {
      const read = this.#ready.shift();
      if (read === undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#ended !== undefined) return { kind: "end", by: this.#ended };
        this.#window = Math.max(this.#window, 1);
        this.#produce();
        await this.#producing;
        continue;
      }
      this.#current = read;
      if (read.block === block || read.found.kind === "end") break;
      this.#recycleCurrent();
    }
    this.#window = inReach ? Math.min(this.#slots - 1, this.#window * 2) : 0;
    this.#produce();
    return this.#current.found;
  }

  /** The last block read or being read in this run. */
  #lastBlock(): number {
    return this.#ready.at(-1)?.block ?? this.#current?.block ?? -1;
  }

  async #restart(file: number, block: number): Promise<boolean> {
    await this.#stop();
    if (!await this.#head.seek(file, block)) return false;
    this.#file = file;
    this.#next = block;
    return true;
  }

  async #stop(): Promise<void> {
    this.#window = 0;
    await this.#producing;
    this.#recycleCurrent();
    for (const { buffer } of this.#ready.splice(0)) this.#recycle(buffer);
    this.#file = undefined;
    this.#ended = undefined;
    this.#badRun = 0;
    this.#failure = undefined;
  }

  /** Reads on while the window has room. */
  #produce(): void {
    if (this.#producing !== undefined || this.#failure !== undefined) return;
    if (this.#ended !== undefined || this.#ready.length >= this.#window) return;
    this.#producing = (async () => {
      try {
        while (this.#ended === undefined && this.#ready.length < this.#window) {
          this.#ready.push(await this.#readNext());
        }
      } catch (error) {
        this.#failure = error;
      }
      this.#producing = undefined;
    })();
  }

  async #readNext(): Promise<Read> {
    const block = this.#next++;
    const buffer = this.#take();
    const met = await this.#readAgainIfLost(block, buffer, await this.#head.read(buffer));
    if (met.kind === "block" && met.length === this.#blockSize) {
      this.#badRun = 0;
      const bytes = buffer.subarray(0, met.length);
      return { block, buffer, found: { kind: "data", bytes } };
    }
    this.#recycle(buffer);
    const foreign = met.kind === "too-long" || met.kind === "block" && met.length > this.#blockSize;
    if (met.kind === "end-of-data") return this.#end(block, "end-of-data");
    if (met.kind === "filemark" || foreign) return this.#end(block, "filemark");
    if (++this.#badRun > MAX_BAD_RUN) return this.#end(block, "unknown");
    if (met.kind === "bad-block" && met.position === "unknown") {
      if (!await this.#head.seek(this.#file!, block + 1)) this.#end(block + 1, "unknown");
    }
    return { block, buffer: undefined, found: { kind: "hole" } };
  }

  /**
   * A drive that was reset has lost its place; the block may be as good as any. A bad block leaves
   * the driver with its count of tape files, or the drive with its own of blocks.
   */
  async #readAgainIfLost(block: number, buffer: Uint8Array, met: TapeRead): Promise<TapeRead> {
    if (met.kind !== "bad-block" || met.position === "known") return met;
    const { file, logical } = await this.#head.device.position();
    if (file !== undefined || logical !== undefined) return met;
    return await this.#head.seek(this.#file!, block) ? await this.#head.read(buffer) : met;
  }

  #end(block: number, by: FileEnd): Read {
    this.#ended = by;
    return { block, buffer: undefined, found: { kind: "end", by } };
  }

  #take(): Uint8Array {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#buffers > this.#slots) throw new Error("more blocks in flight than slots");
    this.#buffers++;
    return new Uint8Array(new SharedArrayBuffer(this.#blockSize));
  }

  #recycleCurrent(): void {
    this.#recycle(this.#current?.buffer);
    this.#current = undefined;
  }

  #recycle(buffer: Uint8Array | undefined): void {
    if (buffer !== undefined) this.#free.push(buffer);
  }
}

/** The error for a place that a tape does not have. */
export function notOnTape(drive: string, tapeFile: number): EctarError {
  return new EctarError(
    "not-found",
    `drive ${drive}: there is no tape file ${tapeFile} on this tape`,
    {
      drive,
      tapeFile,
    },
  );
}
