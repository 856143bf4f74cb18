/**
 * The data rows of a long payload range, window after window, the next being read while the current
 * one is used. Memory is the same whatever k, m and the chunk's size.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import { CELL_BYTES } from "./layout.ts";
import type { Auditor } from "./recover_audit.ts";
import type { Prover } from "./recover_proof.ts";
import { byReliability } from "./recover_plan.ts";
import { RowReader } from "./read_rows.ts";

/** Bytes of all rows of a window together, about. */
const WINDOW_BYTES = 8 * 2 ** 20;
const MIN_ROW_BYTES = 64 * 1024;
const MAX_ROW_BYTES = 2 * 2 ** 20;

/** One window. */
export interface Window {
  /** Payload range. */
  payload: ByteRange;
  /** The chunk bytes in it. */
  chunk: ByteRange;
  /** Data rows, or undefined where too few shards are usable. Valid until the next window. */
  rows: Uint8Array[] | undefined;
}

/** Reads windows in order. */
export class WindowStream {
  readonly #prover: Prover;
  readonly #auditor: Auditor | undefined;
  readonly #end: number;
  readonly #rowBytes: number;
  readonly #readers: [RowReader, RowReader];
  #at: number;
  #turn = 0;
  #ahead: Promise<Window | undefined>;

  /** @param range payload range, from a cell boundary */
  constructor(prover: Prover, range: ByteRange, auditor?: Auditor) {
    const { shards, codec, damage } = prover;
    this.#prover = prover;
    this.#auditor = auditor;
    this.#at = range.start;
    this.#end = range.end;
    const rows = auditor === undefined ? shards.k : shards.candidates.length;
    const even = Math.floor(WINDOW_BYTES / rows / MIN_ROW_BYTES) * MIN_ROW_BYTES;
    this.#rowBytes = Math.min(MAX_ROW_BYTES, Math.max(MIN_ROW_BYTES, even));
    const reader = () => new RowReader(shards, codec, damage);
    this.#readers = [reader(), reader()];
    this.#ahead = this.#start();
  }

  /** The next window, or undefined after the last. */
  async next(): Promise<Window | undefined> {
    const window = await this.#ahead;
    this.#ahead = this.#start();
    return window;
  }

  /** Waits until nothing is being read any more. */
  async stop(): Promise<void> {
    await this.#ahead.catch(() => undefined);
  }

  #start(): Promise<Window | undefined> {
    const started = this.#read();
    // Whoever asks for the window gets the error; nobody may.
    started.catch(() => undefined);
    return started;
  }

  async #read(): Promise<Window | undefined> {
    if (this.#at >= this.#end) return undefined;
    const { shards, layout } = this.#prover;
    const aligned = Math.floor(this.#at / this.#rowBytes + 1) * this.#rowBytes;
    const payload = { start: this.#at, end: Math.min(this.#end, aligned) };
    this.#at = payload.end;
    const reader = this.#readers[this.#turn];
    this.#turn = 1 - this.#turn;
    reader.moveTo(payload);
    await this.#auditor?.window(reader);
    const order = byReliability(shards.candidates);
    const rows = await reader.decode({ order, avoidSuspects: true });
    await this.#auditor?.compare(reader, rows);
    const stripes = {
      start: payload.start / CELL_BYTES,
      end: Math.ceil(payload.end / CELL_BYTES),
    };
    return { payload, chunk: layout.chunkRangeOf(stripes), rows };
  }
}
