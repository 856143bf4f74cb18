/**
 * A compressing Worker: does the jobs it is sent in their order and answers each.
 *
 * @module
 */

import { EctarError, type ErrorCode } from "../errors.ts";
import {
  type CompressedFrame,
  compressNow,
  decompressNow,
  type FrameToCompress,
  type FrameToDecompress,
} from "./frame_compressor.ts";

/** A job for a Worker. Where `room` is given it is shared, and the data frame is put there. */
export type Job =
  | ({ kind: "compress"; level: number } & FrameToCompress)
  | ({ kind: "decompress" } & FrameToDecompress);

/** A Worker's answer to its oldest job. */
export type Answer =
  /** A data frame. */
  | CompressedFrame
  /** Bytes of the data frame that lies in the job's `room`. */
  | Omit<CompressedFrame, "bytes"> & { length: number }
  /** Content. */
  | { bytes: Uint8Array; sha256?: undefined }
  | { error: { code: ErrorCode | undefined; message: string } };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: job }) => {
  try {
    const answer = perform(job);
    scope.postMessage(answer, "bytes" in answer ? [answer.bytes.buffer as ArrayBuffer] : []);
  } catch (error) {
    const code = error instanceof EctarError ? error.code : undefined;
    scope.postMessage({ error: { code, message: (error as Error).message } }, []);
  }
};

function perform(job: Job): Exclude<Answer, { error: unknown }> {
  if (job.kind === "decompress") {
    const bytes = decompressNow(job);
    // The Worker's own, as a copy or as a gift; left to the garbage collector, frames pile up.
    if (job.bytes.buffer instanceof ArrayBuffer) job.bytes.buffer.transfer(0);
    return { bytes };
  }
  const { bytes, ...sums } = compressNow(job, job.level);
  return job.room === undefined ? { bytes, ...sums } : { length: bytes.length, ...sums };
}
