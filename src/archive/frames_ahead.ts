/**
 * Tar frames on their way through the compressor: a bounded number is compressed ahead, and they
 * come out in order.
 *
 * @module
 */

import type { CompressedFrame, FrameCompressor } from "../zstd/frame_compressor.ts";
import type { TarFrame } from "./tar_frames.ts";
import type { TarSource } from "./tar_source.ts";

/**
 * Frames that `createArchive` has in hand at most: one in each Worker, and a few that are done or
 * next, so that no Worker waits for the thread that writes. The source needs more buffers than that.
 */
export function framesInFlight(compressor: Pick<FrameCompressor, "parallelism">): number {
  return compressor.parallelism + 3;
}

/** A frame that has been given to the compressor. */
export interface FrameInFlight {
  /** The frame, until its slot is released. */
  frame: TarFrame;
  /** What becomes of it; a failure is met by whoever waits for it. */
  compressed: Promise<CompressedFrame>;
}

/** How frames are compressed. */
export interface FramesAheadOptions {
  /** Where they come from. */
  source: Pick<TarSource, "next">;
  /** Compresses them. */
  compressor: FrameCompressor;
  /** zstd level; 0 stores. */
  level: number;
  /** Ends the frames early. */
  signal?: AbortSignal | undefined;
}

/** The frames of a source, compressed ahead of whoever takes them. */
export class FramesAhead {
  readonly #options: FramesAheadOptions;
  readonly #inFlight: FrameInFlight[] = [];
  #sourceEnded = false;

  /** @param options where frames come from and what compresses them */
  constructor(options: FramesAheadOptions) {
    this.#options = options;
  }

  /** Whether there is, or may be, another frame. */
  get mayHaveMore(): boolean {
    return !this.#sourceEnded || this.#inFlight.length > 0;
  }

  /** The next frame; undefined behind the last, `aborted` once the signal says so. */
  async next(): Promise<FrameInFlight | "aborted" | undefined> {
    const { source, compressor, level, signal } = this.#options;
    if (signal?.aborted) return "aborted";
    while (!this.#sourceEnded && this.#inFlight.length < framesInFlight(compressor)) {
      const frame = await unlessAborted(source.next(), signal);
      if (frame === "aborted") return "aborted";
      if (frame === undefined) this.#sourceEnded = true;
      else {
        const { data, room, unhashed: { contents: parts } } = frame;
        const compressed = compressor.compress({ data, room, parts }, level);
        // A failure is met when its turn comes; until then it must not count as unhandled.
        compressed.catch(() => {});
        this.#inFlight.push({ frame, compressed });
      }
    }
    return this.#inFlight.shift();
  }

  /** Waits until the compressor is through with the frames that nobody took. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inFlight.map((item) => item.compressed));
  }
}

/** A source may take minutes to its next frame, over the holes of a large sparse file. */
async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | "aborted"> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<"aborted">();
  const abort = () => aborted.resolve("aborted");
  signal.addEventListener("abort", abort);
  // When nobody waits for it any more, its failure is nobody's.
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
