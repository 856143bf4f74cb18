/**
 * A compressing Worker: does the jobs it is sent in their order and answers each.
 *
 * @module
 */

import { EctarError, type ErrorCode } from "../errors.ts";
import {
  compressNow,
  decompressNow,
  type FrameSums,
  type FrameToCompress,
  type FrameToDecompress,
  storeNow,
} from "./frame_compressor.ts";

/** A job for a Worker. Where `room` is given it is shared, and the data frame is put there. */
export type Job =
  | ({ kind: "compress"; level: number } & FrameToCompress)
  | ({ kind: "decompress" } & FrameToDecompress);

/** A Worker's answer to its oldest job. */
export type Answer =
  /** A compressed data frame: all its bytes, or how many lie in the job's `room`. */
  | FrameSums & ({ frame: Uint8Array } | { length: number })
  /** What a stored data frame has besides the job's `data`. */
  | FrameSums & { framing: Uint8Array }
  /** Content. */
  | { content: Uint8Array }
  | { error: { code: ErrorCode | undefined; message: string } };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: job }) => {
  try {
    const answer = perform(job);
    scope.postMessage(answer, givenBuffers(answer));
  } catch (error) {
    const code = error instanceof EctarError ? error.code : undefined;
    scope.postMessage({ error: { code, message: (error as Error).message } }, []);
  }
};

/** What the other thread gets instead of a copy. */
function givenBuffers(answer: Exclude<Answer, { error: unknown }>): Transferable[] {
  if ("content" in answer) return [answer.content.buffer as ArrayBuffer];
  const { buffer } = answer.partSums;
  return "frame" in answer ? [answer.frame.buffer as ArrayBuffer, buffer] : [buffer];
}

function perform(job: Job): Exclude<Answer, { error: unknown }> {
  if (job.kind === "decompress") {
    const content = decompressNow(job);
    // The Worker's own, as a copy or as a gift; left to the garbage collector, frames pile up.
    if (job.bytes.buffer instanceof ArrayBuffer) job.bytes.buffer.transfer(0);
    return { content };
  }
  if (job.level === 0) return storeNow(job);
  const { pieces: [frame], ...sums } = compressNow(job, job.level);
  return job.room === undefined ? { frame, ...sums } : { length: frame.length, ...sums };
}
