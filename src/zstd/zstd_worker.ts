/**
 * A compressing Worker: does one job a message and answers each under its number.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { EctarError, type ErrorCode } from "../errors.ts";
import { compressNow, decompressNow, type FrameToDecompress } from "./frame_compressor.ts";

/** A job for a Worker. */
export type Job =
  | { kind: "compress"; data: Uint8Array; level: number }
  | ({ kind: "decompress" } & FrameToDecompress);

/** A Worker's answer to its one running job. */
export type Answer =
  | { bytes: Uint8Array<ArrayBuffer>; sha256?: Uint8Array<ArrayBuffer> }
  | { error: { code: ErrorCode | undefined; message: string } };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(answer: Answer, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: job }) => {
  try {
    const answer = perform(job);
    scope.postMessage(answer, [answer.bytes.buffer]);
  } catch (error) {
    const code = error instanceof EctarError ? error.code : undefined;
    scope.postMessage({ error: { code, message: (error as Error).message } }, []);
  }
};

function perform(job: Job): { bytes: Uint8Array<ArrayBuffer>; sha256?: Uint8Array<ArrayBuffer> } {
  if (job.kind === "compress") return compressNow(job.data, job.level);
  return { bytes: decompressNow(job) };
}
