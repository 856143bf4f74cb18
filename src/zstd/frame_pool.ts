/**
 * Compresses and decompresses frames in Workers, one per processor core at most, started as they
 * are first needed.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { CompressedFrame, FrameCompressor, FrameToDecompress } from "./frame_compressor.ts";
import { zstdWorkerUrl } from "./worker_url.ts";
import type { Answer, Job } from "./zstd_worker.ts";

/** A job that waits or runs. */
interface Task {
  job: Job;
  resolve(answer: { bytes: Uint8Array; sha256?: Uint8Array }): void;
  reject(reason: unknown): void;
}

/** A pool of compressing Workers. Needs permission to read the Workers' module. */
export class FramePool implements FrameCompressor {
  readonly parallelism: number;
  readonly #queue: Task[] = [];
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Task>();
  #closed = false;

  /**
   * @param wanted most Workers, at least 1
   * @default one per processor core
   */
  constructor(wanted: number = Infinity) {
    this.parallelism = Math.max(1, Math.min(wanted, navigator.hardwareConcurrency));
  }

  async compress(frame: { data: Uint8Array }, level: number): Promise<CompressedFrame> {
    const { bytes, sha256 } = await this.#enqueue({
      kind: "compress",
      data: postable(frame.data),
      level,
    });
    return { bytes, sha256: sha256! };
  }

  async decompress(frame: FrameToDecompress): Promise<Uint8Array> {
    const { size, sha256 } = frame;
    const bytes = postable(frame.bytes);
    return (await this.#enqueue({ kind: "decompress", bytes, sha256, size })).bytes;
  }

  close(): void {
    this.#closed = true;
    for (const worker of [...this.#idle, ...this.#running.keys()]) worker.terminate();
    const stopped = new EctarError("interrupted", "compression was stopped");
    for (const task of [...this.#running.values(), ...this.#queue]) task.reject(stopped);
    this.#idle.length = 0;
    this.#queue.length = 0;
    this.#running.clear();
  }

  #enqueue(job: Job): Promise<{ bytes: Uint8Array; sha256?: Uint8Array }> {
    if (this.#closed) return Promise.reject(new TypeError("the pool is closed"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#queue.length === 0) return;
    const worker = this.#idle.pop() ?? this.#spawn();
    if (worker === undefined) return;
    const task = this.#queue.shift()!;
    this.#running.set(worker, task);
    worker.postMessage(task.job);
  }

  /** A new Worker, unless there are enough. */
  #spawn(): Worker | undefined {
    if (this.#running.size >= this.parallelism) return undefined;
    const worker = new Worker(zstdWorkerUrl(), { type: "module", name: "zstd" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#finish(worker, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(worker, event.message);
    };
    worker.onmessageerror = () => this.#fail(worker, "a message could not be read");
    return worker;
  }

  #finish(worker: Worker, answer: Answer): void {
    const task = this.#running.get(worker);
    if (task === undefined) return;
    this.#running.delete(worker);
    this.#idle.push(worker);
    this.#startNext();
    if ("error" in answer) task.reject(rebuiltError(answer.error));
    else task.resolve(answer);
  }

  /** A Worker that died takes its job with it; the next job starts a new one. */
  #fail(worker: Worker, message: string): void {
    const task = this.#running.get(worker);
    this.#running.delete(worker);
    worker.terminate();
    task?.reject(new Error(`compression Worker failed: ${message}`));
    this.#startNext();
  }
}

/** Posting a view copies its whole buffer unless that is shared; then a copy of the part is less. */
function postable(bytes: Uint8Array): Uint8Array {
  const wholeOrShared = bytes.buffer instanceof SharedArrayBuffer ||
    bytes.length === bytes.buffer.byteLength;
  return wholeOrShared ? bytes : new Uint8Array(bytes);
}

function rebuiltError(
  { code, message }: { code: EctarError["code"] | undefined; message: string },
) {
  return code === undefined ? new Error(message) : new EctarError(code, message);
}
