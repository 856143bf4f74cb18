/**
 * The data frames of an opened chunk, in order, each proven by its SHA-256. Windows of k shards are
 * read ahead; only where a frame fails its proof is damage looked for.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import { gather } from "./read_gather.ts";
import { hashes } from "./read_evidence.ts";
import { openChunk, type OpenChunkOptions } from "./read_open.ts";
import type { OpenedChunk } from "./read_opened.ts";
import { type Window, WindowStream } from "./read_windows.ts";
import { Auditor } from "./recover_audit.ts";
import { compareUncovered } from "./recover_compare.ts";
import { settleNames } from "./recover_names.ts";

/** Largest data frame read, compressed or not; writers use a few MiB. */
const MAX_FRAME_BYTES = 64 * 2 ** 20;

/** A data frame, or the lack of one. */
export type FrameItem =
  | {
    kind: "frame";
    /** Number of the data frame in the chunk, from 0. */
    index: number;
    /** Offset of its first tar byte from the chunk's first. */
    contentOffset: number;
    /** Tar bytes it holds. */
    contentBytes: number;
    /** The zstd frame, proven unless that was deferred; the consumer's to keep. */
    bytes: Uint8Array<ArrayBuffer>;
    /** SHA-256 that it has, or must have where the proof was deferred. */
    sha256: Uint8Array;
  }
  | {
    kind: "lost";
    index: number;
    contentOffset: number;
    contentBytes: number;
    /** One line for people. */
    reason: string;
  };

/** How frames are read. */
export interface FrameOptions {
  /** Rising numbers of the frames wanted. @default all */
  wanted?: readonly number[] | undefined;
  /**
   * Hand frames on unproven where they were read without trouble: the consumer compares the SHA-256
   * (in Workers, say) and calls {@link ChunkReader.recover} for those that fail.
   *
   * @default false
   */
  deferProof?: boolean;
  /** Read all shards and check every piece; `parity` compares all shards with each other, too. */
  audit?: "pieces" | "parity" | undefined;
}

/** An open chunk. */
export class ChunkReader {
  readonly #opened: OpenedChunk;
  readonly #options: OpenChunkOptions;
  #recovering: Promise<unknown> = Promise.resolve();

  private constructor(opened: OpenedChunk, options: OpenChunkOptions) {
    this.#opened = opened;
    this.#options = options;
  }

  /**
   * Opens a chunk; the handles are closed with it, or when it fails.
   *
   * @throws {EctarError} `too-few`, `damaged`: nothing of the chunk can be proven
   */
  static async open(options: OpenChunkOptions): Promise<ChunkReader> {
    try {
      return new ChunkReader(await openChunk(options), options);
    } catch (error) {
      await closeAll(options);
      throw error;
    }
  }

  /** What is known of the chunk. */
  get opened(): OpenedChunk {
    return this.#opened;
  }

  /** Reads data frames in order. Stop early by leaving the loop. */
  async *frames(options: FrameOptions = {}): AsyncGenerator<FrameItem> {
    const count = this.#opened.facts.layout.data.length;
    const wanted = options.wanted ?? Array.from({ length: count }, (_, i) => i);
    if (options.audit !== undefined) {
      const whole = { start: 0, end: this.#opened.prover.layout.shardBytes };
      const auditor = new Auditor(this.#opened.prover, options.audit === "parity");
      yield* this.#run(wanted, whole, options, auditor);
      await this.explain(true, auditor.disputed);
      return;
    }
    for (const run of consecutive(wanted)) {
      const { data } = this.#opened.facts.layout;
      const frames = { start: data[run[0]].start, end: data[run[run.length - 1]].end };
      yield* this.#run(run, this.#opened.prover.payloadRange(frames), options);
    }
  }

  /** Reads frames that lie in one payload range. */
  async *#run(
    wanted: readonly number[],
    payload: ByteRange,
    options: FrameOptions,
    auditor?: Auditor,
  ): AsyncGenerator<FrameItem> {
    const stream = new WindowStream(this.#opened.prover, payload, auditor);
    let window: Window | undefined;
    try {
      for (const index of wanted) {
        const frame = this.#opened.facts.layout.data[index];
        const tooLarge = frame.end - frame.start > MAX_FRAME_BYTES ||
          frame.contentBytes > MAX_FRAME_BYTES;
        if (tooLarge) {
          yield this.#lost(index, `frame ${index} is larger than ${MAX_FRAME_BYTES} bytes`);
          continue;
        }
        const bytes = new Uint8Array(frame.end - frame.start);
        let complete = true;
        for (let at = frame.start; at < frame.end;) {
          while (window === undefined || window.chunk.end <= at) {
            window = (await stream.next())!;
          }
          const end = Math.min(frame.end, window.chunk.end);
          if (window.rows === undefined) complete = false;
          else this.#copy(window, { start: at, end }, bytes.subarray(at - frame.start));
          at = end;
        }
        const { frameSha256 } = this.#opened.facts;
        const done = complete && (options.deferProof || hashes(bytes, frameSha256, index));
        yield done ? this.#frame(index, bytes) : await this.recover(index);
      }
      if (auditor !== undefined) { while (await stream.next() !== undefined); }
    } finally {
      await stream.stop();
    }
  }

  #copy(window: Window, range: ByteRange, target: Uint8Array): void {
    gather(this.#opened.prover.layout, window.rows!, window.payload.start, range, target);
  }

  /** Searches for a reading of a frame that its SHA-256 accepts; one frame at a time. */
  recover(index: number): Promise<FrameItem> {
    const recovered = this.#recovering.then(() => this.#recover(index));
    this.#recovering = recovered.catch(() => undefined);
    return recovered;
  }

  async #recover(index: number): Promise<FrameItem> {
    const { prover, facts: { layout } } = this.#opened;
    let proven = await this.#prove(index);
    // The trailer, which was turned to meanwhile, may know better where the frame lies.
    if (proven === undefined && this.#opened.facts.layout !== layout) {
      proven = await this.#prove(index);
    }
    if (proven !== undefined) return this.#frame(index, proven);
    const frame = this.#opened.facts.layout.data[index];
    this.#options.damage.lose(this.#options.chunk, prover.payloadRange(frame));
    return this.#lost(index, this.#whyLost(frame));
  }

  #prove(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { prover, facts: { layout } } = this.#opened;
    const { start, end } = layout.data[index];
    return prover.prove({ start, end }, async (view) => {
      const bytes = await view(start, end);
      if (bytes === undefined) return undefined;
      return hashes(bytes, this.#opened.facts.frameSha256, index) ? bytes : undefined;
    });
  }

  #frame(index: number, bytes: Uint8Array<ArrayBuffer>): FrameItem {
    const { layout, frameSha256 } = this.#opened.facts;
    const { contentOffset, contentBytes } = layout.data[index];
    const sha256 = frameSha256.slice(index * 32, index * 32 + 32);
    return { kind: "frame", index, contentOffset, contentBytes, bytes, sha256 };
  }

  #lost(index: number, reason: string): FrameItem {
    const { contentOffset, contentBytes } = this.#opened.facts.layout.data[index];
    return { kind: "lost", index, contentOffset, contentBytes, reason };
  }

  #whyLost(frame: ByteRange): string {
    const { prover, prover: { shards } } = this.#opened;
    const { start, end } = prover.payloadRange(frame);
    const good = new Set(
      shards.candidates
        .filter(({ holes, suspect }) =>
          !holes.overlaps(start, end) && !suspect.overlaps(start, end)
        )
        .map(({ shard }) => shard),
    );
    return `${good.size} of ${shards.m} shards are good at payload bytes ${start} to ${end}, ` +
      `${shards.k} are needed`;
  }

  /**
   * Finds out which shards are wrong where no checksum covers them: when frames were recovered
   * without knowing, or, thoroughly, in any case. To be called when all frames are through.
   *
   * @param disputed payload ranges where shards disagree though their checksums pass
   */
  async explain(thorough = false, disputed: readonly ByteRange[] = []): Promise<void> {
    await this.#recovering;
    const { prover } = this.#opened;
    if (thorough || prover.guesses.size > 0) await compareUncovered(this.#opened, disputed);
    prover.reportGuesses();
    if (thorough) settleNames(prover, true);
  }

  /** Lets go of the shards. */
  async close(): Promise<void> {
    await this.#recovering;
    this.#opened.prover.reportGuesses();
    await closeAll(this.#options);
  }
}

async function closeAll({ handles, remark }: OpenChunkOptions): Promise<void> {
  const results = await Promise.allSettled(handles.map((handle) => handle.close()));
  for (const result of results) {
    if (result.status === "rejected") remark(`cannot close a shard: ${result.reason}`);
  }
}

/** Splits rising numbers where they are not consecutive. */
function consecutive(numbers: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[run.length - 1] + 1 === number) run.push(number);
    else runs.push([number]);
  }
  return runs;
}
