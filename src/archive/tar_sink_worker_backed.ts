/**
 * A tar sink whose files are restored in a Worker, so that reading, decompressing and restoring
 * overlap.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import { unpackError } from "../packed_error.ts";
import type { SelectionOptions } from "../tree/path_selector.ts";
import type { RestoreOptions } from "../tree/restore.ts";
import type { RestoreHooks } from "./extract_handler.ts";
import { interrupted, type StreamPart } from "./member_stream.ts";
import type { PassResult } from "./restore_run.ts";
import type { SinkResult, TarSink } from "./tar_sink.ts";
import type { SinkAnswer, SinkRequest } from "./tar_sink_messages.ts";
import { restoreWorkerUrl } from "./worker_urls.ts";

/** Bytes of tar that are on their way to the Worker at most, if it is more than one item. */
const ON_THE_WAY_BYTES = 32 * 2 ** 20;

/** What to restore, where to and how. */
export interface WorkerSinkOptions {
  /** Output directory, which exists. */
  directory: Uint8Array;
  /** What to restore. @default everything */
  selection?: SelectionOptions | undefined;
  /** How; renaming cannot be passed on. */
  restore?: Omit<RestoreOptions, "rename"> | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
}

/**
 * A sink that restores to this machine in a Worker. What cannot be begun is an error of what is
 * called next.
 */
export function openWorkerSink(options: WorkerSinkOptions, hooks: RestoreHooks): TarSink {
  return new WorkerSink(options, hooks);
}

class WorkerSink implements TarSink {
  readonly #worker = new Worker(restoreWorkerUrl(), { type: "module", name: "restore" });
  readonly #hooks: RestoreHooks;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  /** Bytes of each item on its way, the oldest first. */
  readonly #onTheWay: number[] = [];
  #bytesOnTheWay = 0;
  /** What ended the run. */
  #failure: { error: unknown } | undefined;
  /** Whether the Worker will say nothing any more. */
  #isDead = false;
  #pass: PassResult | undefined;
  #result: SinkResult | undefined;
  #wake: (() => void) | undefined;
  readonly #interrupt = () => this.#fail(interrupted());

  constructor({ directory, selection, restore, signal }: WorkerSinkOptions, hooks: RestoreHooks) {
    this.#hooks = hooks;
    this.#signal = signal;
    this.#worker.onmessage = ({ data }: MessageEvent<SinkAnswer>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(workerFailure(event.message));
    };
    this.#worker.onmessageerror = () => this.#die(workerFailure("a message could not be read"));
    signal?.addEventListener("abort", this.#interrupt);
    const stop = this.#stop.buffer;
    this.#post({
      type: "begin",
      job: { directory, selection: selection ?? {}, restore: restore ?? {}, stop },
    });
  }

  async take(item: TarItem): Promise<void> {
    const bytes = item.kind === "data" ? item.bytes.length : 0;
    const isRoom = () =>
      this.#onTheWay.length === 0 || this.#bytesOnTheWay + bytes <= ON_THE_WAY_BYTES;
    await this.#until(isRoom);
    this.#onTheWay.push(bytes);
    this.#bytesOnTheWay += bytes;
    if (item.kind !== "data") return this.#post({ type: "item", item });
    // Posting a view copies its whole buffer unless that is given away.
    const own = item.own ? item.bytes : item.bytes.slice();
    this.#post({ type: "item", item: { ...item, bytes: own } }, [own.buffer as ArrayBuffer]);
  }

  async settle(): Promise<void> {
    await this.#until(() => this.#onTheWay.length === 0);
  }

  async end(part: StreamPart): Promise<PassResult> {
    this.#pass = undefined;
    this.#post({ type: "end", part });
    await this.#until(() => this.#pass !== undefined);
    return this.#pass!;
  }

  async finish(): Promise<SinkResult> {
    this.#signal?.removeEventListener("abort", this.#interrupt);
    Atomics.store(this.#stop, 0, 1);
    this.#post({ type: "finish" });
    try {
      while (this.#result === undefined && !this.#isDead) await this.#change();
    } finally {
      this.#worker.terminate();
    }
    // What ended the Worker may have followed from what went wrong first.
    if (this.#result === undefined) throw this.#failure!.error;
    return this.#result;
  }

  /** Waits until `isSo`; what went wrong meanwhile is thrown. */
  async #until(isSo: () => boolean): Promise<void> {
    while (this.#failure === undefined && !isSo()) await this.#change();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #post(request: SinkRequest, given: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, given);
  }

  #hear({ told, ...answer }: SinkAnswer): void {
    this.#tell(told);
    if (answer.type === "taken") this.#bytesOnTheWay -= this.#onTheWay.shift()!;
    else if (answer.type === "ended") this.#pass = answer.pass;
    else if (answer.type === "finished") this.#result = answer.result;
    else if (answer.type === "error") {
      const error = unpackError(answer.error);
      if (answer.of === "finish") this.#die(error);
      else this.#fail(error);
    }
    this.#wake?.();
  }

  #tell({ problems, partial }: SinkAnswer["told"]): void {
    try {
      for (const line of problems) this.#hooks.onProblem(line);
      for (const path of partial) this.#hooks.onPartial(path);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Nothing more is restored; the Worker drops what it has not begun. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    Atomics.store(this.#stop, 0, 1);
    this.#wake?.();
  }

  #die(error: unknown): void {
    this.#isDead = true;
    this.#fail(error);
  }
}

function workerFailure(message: string): Error {
  return new Error(`the Worker that restores files failed: ${message}`);
}
