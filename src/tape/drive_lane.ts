/**
 * One drive of a set while it writes: a ring of blocks that is filled here and emptied there, so
 * that no drive waits for another as long as the ring has room.
 *
 * A tape that must be kept moving stands until enough waits. One that need not gets every block at
 * once, whole ones straight from the caller's memory.
 *
 * A lane never throws while it writes. It is alive, or full, or it has failed; whoever asks is told.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { BlockRing } from "./block_ring.ts";
import { cutBack } from "./cut_back.ts";
import { LABEL_BLOCK_BYTES } from "./label_tar.ts";
import type { DriveEvent, DriveSummary } from "./rait_options.ts";
import { TapeShardOutput } from "./tape_shard_output.ts";
import type { TimedDevice } from "./timed_device.ts";

/** How a lane works. */
export interface LaneOptions {
  /** Shard number. */
  shard: number;
  /** UUID of the volume. */
  volumeUuid: string;
  /** Bytes per block. */
  blockSize: number;
  /** Blocks in the ring of a tape that must be kept moving. */
  ringBlocks: number;
  /** Blocks that must wait before such a tape moves when it stands. */
  startBlocks: number;
  /** Told of what happens to the drive. */
  onEvent: (event: DriveEvent) => void;
}

/** One block fills while one is written. */
const FEWEST_RING_BLOCKS = 2;

/** A filemark that waits until `after` blocks are out. */
interface QueuedMark {
  after: number;
  synchronous: boolean;
}

/** One drive that writes. */
export class DriveLane {
  /** The drive. */
  readonly device: TimedDevice;
  /** Shard number it writes. */
  readonly shard: number;
  readonly #options: LaneOptions;
  readonly #ring: BlockRing;
  #marks: QueuedMark[] = [];
  #output: TapeShardOutput;
  /** Ring block with which the newest tape file begins. */
  #newestFileStart = 0;
  /** Tape files that end with a filemark; also the number of the one being written. */
  #files = 0;
  #committedFiles = 0;
  #failure: string | undefined;
  #full = false;
  #wasFull = false;
  /** What is left of a torn file may stand ahead of the tape, until something is written there. */
  #tornAhead = false;
  #bytesSinceWarning: number | undefined;
  #pumping = false;
  #inFlight = false;
  #draining = false;
  #waiters: (() => void)[] = [];
  #blocks = 0;
  #busyMs = 0;
  #starved = 0;
  /** Tape file that the index is to be. */
  #indexFile = Infinity;
  #indexWritten = false;
  #density: number | undefined;

  /**
   * Takes a drive whose tape may be written.
   *
   * @param device the drive, its tape rewound
   * @param options how it works
   */
  constructor(device: TimedDevice, options: LaneOptions) {
    this.device = device;
    this.shard = options.shard;
    this.#options = options;
    this.#ring = device.mustStream
      ? new BlockRing(options.blockSize, options.ringBlocks)
      : new BlockRing(options.blockSize, FEWEST_RING_BLOCKS, true);
    this.#output = this.#nextOutput();
  }

  /** Whether the drive still works. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** Whether the tape is full and the file being written torn. */
  get full(): boolean {
    return this.alive && this.#full;
  }

  /** Whether the tape has ever been full. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  /** Why chunks are missing from the tape, or undefined. */
  get trouble(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    return this.#wasFull ? `the tape in drive ${this.device.name} is full` : undefined;
  }

  /** Tape files that are safe, the label among them. */
  get committedFiles(): number {
    return this.#committedFiles;
  }

  /** Bytes written or waiting since early warning, or undefined before it. */
  get bytesSinceWarning(): number | undefined {
    if (this.#bytesSinceWarning === undefined) return undefined;
    return this.#bytesSinceWarning + this.#ring.ready * this.#options.blockSize;
  }

  /** Writes the label as tape file 0 and waits until it is on the medium. */
  async writeLabel(label: Uint8Array): Promise<void> {
    await this.attempt(async () => {
      this.#density = (await this.device.status()).density;
      const output = new TapeShardOutput(this.device, {
        blockSize: LABEL_BLOCK_BYTES,
        tapeFile: 0,
      });
      await output.write(label);
      await output.finish();
      this.#files = this.#committedFiles = 1;
      await this.#checkPlace();
      this.#output = this.#nextOutput();
    });
  }

  /** Begins a tape file behind what was put in so far. */
  beginFile(): void {
    this.#newestFileStart = this.#ring.filled;
  }

  /**
   * Takes bytes; resolves when they may be overwritten, or the lane takes no more. A drive given up
   * in the middle of a block may still write what stands there then: no book counts that block.
   */
  async put(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (this.alive && !this.#full) {
      offset += this.#ring.put(bytes.subarray(offset));
      this.#kick();
      if (offset === bytes.length && !this.#ring.borrows) return;
      await this.#change();
    }
  }

  /** Ends the tape file behind what was put in so far. */
  endFile(synchronous: boolean): void {
    this.#marks.push({ after: this.#ring.filled, synchronous });
    this.#kick();
  }

  /** Blocks that must wait before the tape moves. */
  get #startBlocks(): number {
    return this.device.mustStream ? this.#options.startBlocks : 0;
  }

  /** Blocks that can no longer be taken back from the ring. */
  get #gone(): number {
    return this.#ring.taken + (this.#inFlight ? 1 : 0);
  }

  /** Resolves when everything is written, or the lane is full or failed. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#kick();
    while (this.#pumping) await this.#change();
    this.#draining = false;
  }

  /**
   * Takes back tape file `file` as if it had never begun: the newest one, or once all are committed
   * one before it, with those behind.
   */
  async discardFile(file: number): Promise<void> {
    this.#ring.dropFrom(Math.max(this.#newestFileStart, this.#gone));
    await this.drain();
    // Near the end of a tape the chunk may have got its filemark here and found no room elsewhere.
    if (this.#files > file) {
      this.#files = file;
      this.#committedFiles = Math.min(this.#committedFiles, file);
    } else if (!this.#full && this.#output.blocks === 0) return;
    await this.#cutBack();
  }

  /** Ends the index behind what was put in, and takes it back where it did not fit. */
  async endIndex(): Promise<void> {
    this.#indexFile = this.#files;
    this.endFile(true);
    await this.drain();
    if (this.#full) {
      await this.#cutBack();
      await this.#cutOff();
    } else this.#indexWritten = this.alive;
  }

  /** Forgets what waits, ends at the last filemark and commits it. */
  async abort(): Promise<void> {
    this.#marks = [];
    this.#ring.dropFrom(this.#gone);
    await this.drain();
    if (this.#files === 0) return;
    await this.commit();
    await this.#cutOff();
  }

  /** Makes sure that all ended tape files are on the medium, and that the next comes behind them. */
  async commit(): Promise<void> {
    await this.drain();
    const torn = this.#full || this.#output.blocks > 0;
    if (torn || this.#committedFiles < this.#files) await this.#cutBack();
  }

  /** How it stands. */
  summary(): DriveSummary {
    const { blockSize, volumeUuid } = this.#options;
    const hung = this.device.hungIn !== undefined;
    return {
      drive: this.device.name,
      shard: this.shard,
      volumeUuid,
      density: this.#density,
      nearEnd: this.#bytesSinceWarning !== undefined,
      state: hung ? "hung" : !this.alive ? "failed" : this.#wasFull ? "full" : "writing",
      reason: this.trouble,
      chunksCommitted: Math.max(0, Math.min(this.#committedFiles, this.#indexFile) - 1),
      blocks: this.#blocks,
      bytes: this.#blocks * blockSize,
      bufferedBytes: this.#ring.ready * blockSize,
      bytesPerSecond: this.#busyMs > 0 ? (this.#blocks * blockSize * 1000) / this.#busyMs : 0,
      starved: this.#starved,
      indexWritten: this.#indexWritten,
    };
  }

  /** Runs something on the drive; a failure makes the lane fail. */
  async attempt(work: () => Promise<void>): Promise<void> {
    if (!this.alive) return;
    try {
      await work();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      this.#event("failed", this.#failure);
    }
  }

  /** Starts the pump when there is enough to write, or all that there will be. */
  #kick(): void {
    if (this.#pumping || !this.alive || this.#full) return;
    const { ready } = this.#ring;
    if (ready === 0 && this.#marks[0]?.after !== this.#ring.taken) return;
    if (!this.#draining && !this.#ring.full && ready < this.#startBlocks) return;
    this.#pumping = true;
    void this.attempt(() => this.#pump()).then(() => {
      this.#pumping = false;
      this.#wake();
      this.#kick();
    });
  }

  async #pump(): Promise<void> {
    while (this.alive && !this.#full) {
      if (this.#marks[0]?.after === this.#ring.taken) {
        const { synchronous } = this.#marks.shift()!;
        // Near the end of the tape a failure may look like the end: what has ended is made safe.
        await this.#writeMark(synchronous || this.#bytesSinceWarning !== undefined);
      } else if (this.#ring.ready > 0) await this.#writeBlock();
      else break;
    }
    if (this.device.mustStream && !this.#full && !this.#draining) this.#starved++;
  }

  async #writeBlock(): Promise<void> {
    const startedMs = performance.now();
    this.#inFlight = true;
    const before = this.#output.blocks;
    const state = await this.#output.write(this.#ring.oldest());
    if (this.#output.blocks > before) this.#tornAhead = false;
    this.#busyMs += performance.now() - startedMs;
    // Both at once: a block that is neither in flight nor released could be dropped and counted.
    this.#ring.release();
    this.#inFlight = false;
    this.#blocks += this.#output.blocks - before;
    this.#note(state);
    this.#wake();
  }

  async #writeMark(synchronous: boolean): Promise<void> {
    try {
      await this.#output.finish(!synchronous);
    } catch (error) {
      if (this.#output.state !== "full") throw error;
      this.#note("full");
      return;
    }
    this.#files++;
    // A tape that was moved took the filemark elsewhere.
    await this.#checkPlace();
    if (synchronous) this.#committedFiles = this.#files;
    this.#note(this.#output.state);
    this.#output = this.#nextOutput();
  }

  #note(state: "ok" | "near-end" | "full"): void {
    if (state === "full" && !this.#full) {
      this.#requireTrust();
      if (!this.#wasFull) this.#event("full", `the tape in drive ${this.device.name} is full`);
      this.#full = this.#wasFull = true;
    }
    if (this.#bytesSinceWarning !== undefined) {
      this.#bytesSinceWarning += this.#options.blockSize;
    } else if (state !== "ok") {
      this.#bytesSinceWarning = 0;
      if (state === "near-end") {
        this.#event("near-end", `the tape in drive ${this.device.name} is near its end`);
      }
    }
  }

  /**
   * A drive that may have failed has perhaps lost what it held, and with it ended files that no
   * filemark has committed; it will not say so again, and counts them where they are not.
   */
  #requireTrust(): void {
    if (!this.#output.suspect || this.#files === this.#committedFiles) return;
    throw new EctarError(
      "io",
      `drive ${this.device.name}: the tape is full or the drive failed in tape file ` +
        `${this.#files} (EIO): what was written from tape file ${this.#committedFiles} on may be lost`,
      { drive: this.device.name, tapeFile: this.#files, errno: "EIO" },
    );
  }

  /** A reset winds tapes back behind our back; writing on there would destroy what is there. */
  async #checkPlace(): Promise<void> {
    const { file, block } = await this.device.position();
    if ((file ?? this.#files) === this.#files && (block ?? 0) === 0) return;
    throw new EctarError(
      "io",
      `drive ${this.device.name}: the tape stands in tape file ${file}, not ${this.#files}; ` +
        `something else has moved it`,
      { drive: this.device.name, tapeFile: this.#files },
    );
  }

  async #cutBack(): Promise<void> {
    await this.attempt(async () => {
      await cutBack(this.device, this.#files);
      await this.#checkPlace();
      this.#committedFiles = this.#files;
      this.#marks = [];
      this.#ring.dropFrom(0);
      this.#full = false;
      this.#tornAhead = true;
      this.#output = this.#nextOutput();
    });
  }

  /** Ends the tape where it stands: an empty tape file is all that is left of a torn one. */
  async #cutOff(): Promise<void> {
    if (!this.#tornAhead) return;
    await this.attempt(async () => {
      await this.device.writeFilemarks(1, false);
    });
  }

  #nextOutput(): TapeShardOutput {
    const { blockSize } = this.#options;
    return new TapeShardOutput(this.device, { blockSize, tapeFile: this.#files });
  }

  #event(kind: DriveEvent["kind"], message: string): void {
    this.#options.onEvent({ kind, drive: this.device.name, shard: this.shard, message });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const resume of this.#waiters.splice(0)) resume();
  }
}
