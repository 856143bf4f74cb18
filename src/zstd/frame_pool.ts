/**
 * Compresses and decompresses frames in Workers, one per processor core at most, started as they
 * are first needed.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type {
  CompressedFrame,
  FrameCompressor,
  FrameToCompress,
  FrameToDecompress,
} from "./frame_compressor.ts";
import { storedPieces } from "./frame.ts";
import { zstdWorkerUrl } from "./worker_url.ts";
import type { Answer, Job } from "./zstd_worker.ts";

/** A Worker has its next job at hand when one is done, however busy this thread is. */
const JOBS_PER_WORKER = 2;

/** A job that waits or runs. */
interface Task {
  job: Job;
  resolve(answer: Exclude<Answer, { error: unknown }>): void;
  reject(reason: unknown): void;
}

/** A Worker and the jobs it has been sent, the oldest first. */
interface Lane {
  worker: Worker;
  tasks: Task[];
}

/** A pool of compressing Workers. Needs permission to read the Workers' module. */
export class FramePool implements FrameCompressor {
  readonly parallelism: number;
  readonly #queue: Task[] = [];
  readonly #lanes: Lane[] = [];
  #closed = false;

  /**
   * A pool without Workers yet.
   *
   * @param wanted most Workers, at least 1
   * @default one per processor core
   */
  constructor(wanted: number = Infinity) {
    this.parallelism = Math.max(1, Math.min(wanted, navigator.hardwareConcurrency));
  }

  /** Starts the first Worker, for callers that know that frames will come. */
  start(): void {
    if (!this.#closed && this.#lanes.length === 0) this.#spawn();
  }

  async compress(frame: FrameToCompress, level: number): Promise<CompressedFrame> {
    const { data, room, parts } = frame;
    const job: Job & FrameToCompress = { kind: "compress", data: postable(data), level };
    if (room?.buffer instanceof SharedArrayBuffer) job.room = room;
    if (parts !== undefined) job.parts = parts;
    return frameOf(job, await this.#enqueue(job));
  }

  async decompress(frame: FrameToDecompress): Promise<Uint8Array> {
    const { size, sha256 } = frame;
    const bytes = postable(frame.bytes);
    const given = (frame.given ?? false) || bytes !== frame.bytes;
    const answer = await this.#enqueue({ kind: "decompress", bytes, sha256, size, given });
    if (!("content" in answer)) throw new TypeError("content was asked for");
    return answer.content;
  }

  close(): void {
    this.#closed = true;
    const stopped = new EctarError("interrupted", "compression was stopped");
    for (const { worker } of this.#lanes) worker.terminate();
    for (const task of [...this.#lanes.flatMap((lane) => lane.tasks), ...this.#queue]) {
      task.reject(stopped);
    }
    this.#lanes.length = 0;
    this.#queue.length = 0;
  }

  #enqueue(job: Job): Promise<Parameters<Task["resolve"]>[0]> {
    if (this.#closed) return Promise.reject(new TypeError("the pool is closed"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#sendJobs();
    });
  }

  #sendJobs(): void {
    while (this.#queue.length > 0) {
      const lane = this.#freeLane();
      if (lane === undefined) return;
      const task = this.#queue.shift()!;
      lane.tasks.push(task);
      lane.worker.postMessage(task.job, givenBuffers(task.job));
    }
  }

  /** The Worker with the least to do, a new one rather than a busy one. */
  #freeLane(): Lane | undefined {
    const fewest = Math.min(...this.#lanes.map((lane) => lane.tasks.length));
    if (fewest > 0 && this.#lanes.length < this.parallelism) return this.#spawn();
    return fewest < JOBS_PER_WORKER
      ? this.#lanes.find((lane) => lane.tasks.length === fewest)
      : undefined;
  }

  #spawn(): Lane {
    const worker = new Worker(zstdWorkerUrl(), { type: "module", name: "zstd" });
    const lane: Lane = { worker, tasks: [] };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#finish(lane, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(lane, event.message);
    };
    worker.onmessageerror = () => this.#fail(lane, "a message could not be read");
    this.#lanes.push(lane);
    return lane;
  }

  #finish(lane: Lane, answer: Answer): void {
    const task = lane.tasks.shift();
    if (task === undefined) return;
    this.#sendJobs();
    if ("error" in answer) task.reject(rebuiltError(answer.error));
    else task.resolve(answer);
  }

  /** A Worker that died takes its jobs with it; the next job starts a new one. */
  #fail(lane: Lane, message: string): void {
    if (!this.#lanes.includes(lane)) return;
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    lane.worker.terminate();
    const error = new Error(`compression Worker failed: ${message}`);
    for (const task of lane.tasks) task.reject(error);
    this.#sendJobs();
  }
}

/** The data frame that a Worker's answer tells of. */
function frameOf(
  job: FrameToCompress,
  answer: Exclude<Answer, { error: unknown }>,
): CompressedFrame {
  if ("content" in answer) throw new TypeError("a data frame was asked for");
  const { sha256, partSums } = answer;
  if ("framing" in answer) {
    return { pieces: storedPieces(job.data, answer.framing), sha256, partSums };
  }
  const bytes = "frame" in answer ? answer.frame : job.room!.subarray(0, answer.length);
  return { pieces: [bytes], sha256, partSums };
}

/** What a Worker gets instead of a copy. */
function givenBuffers(job: Job): ArrayBuffer[] {
  if (job.kind !== "decompress" || !job.given) return [];
  return job.bytes.buffer instanceof ArrayBuffer ? [job.bytes.buffer] : [];
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
