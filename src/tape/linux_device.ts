/**
 * A real drive behind the Linux st driver. Its blocking calls are made on a thread of its own; here
 * nothing ever blocks.
 *
 * @module
 */

import { isPageAligned, pageAlignedBuffer } from "../../ffi/tape.ts";
import { EctarError } from "../errors.ts";
import { workerUrl } from "../worker_url.ts";
import type { TapeDevice, TapePosition, TapeRead, TapeStatus, TapeWrite } from "./device.ts";
import { driveError } from "./drive_error.ts";
import type { DriveAnswer, DriveCall, DriveOpening } from "./drive_server.ts";
import { DEFAULT_TIMEOUTS, type DriveTimeouts, LONGEST_TIMER_MS } from "./timed_device.ts";

/** A drive's thread. */
export interface DriveThread {
  /** Hands a call over. */
  send(call: DriveCall): void;
  /** Takes what the thread says. */
  onAnswer: (answer: DriveAnswer) => void;
  /** Ends the thread without waiting for it. */
  end(): void;
  /** Shared memory for blocks, in whole pages. */
  allocate(bytes: number): Uint8Array;
  /** Whether the thread can use this memory as it is, without copying. */
  shares(bytes: Uint8Array): boolean;
}

/** How a drive is opened, and what is said about it. */
export interface LinuxTapeOptions extends DriveOpening {
  /** Told what is being waited for, and what is not as it should be. */
  onNotice?: (text: string) => void;
  /** How long it may be silent while it is opened. */
  timeouts?: Partial<DriveTimeouts>;
  /** The same at least while the driver waits for a tape, in milliseconds. @default 150000 */
  loadSilenceMs?: number;
}

/** The driver answers after two minutes, with or without a tape. */
const LOAD_SILENCE_MS = 150_000;

/** Memory for blocks is taken in steps of this, in bytes. */
const BUFFER_STEP_BYTES = 1024 * 1024;

/** A drive of the Linux st driver behind the tape seam. */
export class LinuxTapeDevice implements TapeDevice {
  /** The drive as the operator named it. */
  readonly name: string;
  /** A real tape moves. */
  readonly mustStream = true;
  readonly #thread: DriveThread;
  readonly #onNotice: ((text: string) => void) | undefined;
  #onStep: ((waitsForTape: boolean) => void) | undefined;
  #buffer: Uint8Array | undefined;
  #settle: { resolve(value: unknown): void; reject(error: unknown): void } | undefined;
  #closed = false;

  private constructor(options: LinuxTapeOptions, thread: DriveThread) {
    this.name = options.name;
    this.#onNotice = options.onNotice;
    this.#thread = thread;
    thread.onAnswer = (answer) => this.#take(answer);
  }

  /**
   * Opens a drive and waits until a tape is ready in it.
   *
   * @throws {EctarError} `not-found` (no drive, no tape), `permission` (in use, write-protected,
   * not allowed), `usage` (no tape drive), `io` (also when the drive does not answer)
   */
  static async open(
    options: LinuxTapeOptions,
    thread: DriveThread = startThread(),
  ): Promise<LinuxTapeDevice> {
    const device = new LinuxTapeDevice(options, thread);
    const { onNotice: _, timeouts, loadSilenceMs = LOAD_SILENCE_MS, ...opening } = options;
    const { driveTimeoutMs } = { ...DEFAULT_TIMEOUTS, ...timeouts };
    const silent = Promise.withResolvers<never>();
    const giveUp = () => silent.reject(driveError(options.name, "opening", "ETIMEDOUT"));
    // The first step starts it: the time that a thread takes to begin is not the drive's.
    let timer: ReturnType<typeof setTimeout> | undefined;
    device.#onStep = (waitsForTape) => {
      clearTimeout(timer);
      const limitMs = waitsForTape ? Math.max(driveTimeoutMs, loadSilenceMs) : driveTimeoutMs;
      timer = setTimeout(giveUp, Math.min(limitMs, LONGEST_TIMER_MS));
    };
    try {
      await Promise.race([device.#call({ call: "open", opening }), silent.promise]);
    } catch (error) {
      device.abandon();
      throw error;
    } finally {
      clearTimeout(timer);
      device.#onStep = undefined;
    }
    return device;
  }

  /** Reads the next block into `buffer`. */
  async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    if (this.#thread.shares(buffer)) {
      return await this.#call({ call: "readBlock", buffer }) as TapeRead;
    }
    const shared = this.#shared(buffer.length);
    const read = await this.#call({ call: "readBlock", buffer: shared }) as TapeRead;
    if (read.kind === "block") buffer.set(shared.subarray(0, read.length));
    return read;
  }

  /** Writes one block. */
  async writeBlock(block: Uint8Array): Promise<TapeWrite> {
    if (this.#thread.shares(block)) {
      return await this.#call({ call: "writeBlock", block }) as TapeWrite;
    }
    const shared = this.#shared(block.length);
    shared.set(block);
    return await this.#call({ call: "writeBlock", block: shared }) as TapeWrite;
  }

  /** Writes filemarks. */
  async writeFilemarks(count: number, immediate: boolean): Promise<TapeWrite> {
    return await this.#call({ call: "writeFilemarks", count, immediate }) as TapeWrite;
  }

  /** Moves over filemarks: forward to behind the last, backward to before it. */
  async spaceFiles(count: number): Promise<boolean> {
    return await this.#call({ call: "spaceFiles", count }) as boolean;
  }

  /** Moves over blocks in the tape file. */
  async spaceBlocks(count: number): Promise<boolean> {
    return await this.#call({ call: "spaceBlocks", count }) as boolean;
  }

  /** Goes to a logical block. */
  async locate(logical: number): Promise<boolean> {
    return await this.#call({ call: "locate", count: logical }) as boolean;
  }

  /** Goes behind the last recorded data. */
  async spaceToEndOfData(): Promise<void> {
    await this.#call({ call: "spaceToEndOfData" });
  }

  /** Where the tape stands. */
  async position(): Promise<TapePosition> {
    return await this.#call({ call: "position" }) as TapePosition;
  }

  /** Goes to the beginning of the tape. */
  async rewind(): Promise<void> {
    await this.#call({ call: "rewind" });
  }

  /** Rewinds and ejects. */
  async unload(): Promise<void> {
    await this.#call({ call: "unload" });
  }

  /** Erases from the present position. */
  async erase(): Promise<void> {
    await this.#call({ call: "erase" });
  }

  /** What the drive says of itself. */
  async status(): Promise<TapeStatus> {
    return await this.#call({ call: "status" }) as TapeStatus;
  }

  /** Lets go of the drive; the tape stays where it is. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#call({ call: "close" });
    } finally {
      this.abandon();
    }
  }

  /**
   * Lets go of the drive without waiting for the call in progress.
   *
   * A call in the kernel cannot be interrupted: the process ends only when it returns.
   */
  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#thread.end();
  }

  #call(call: DriveCall): Promise<unknown> {
    if (this.#closed) return Promise.reject(driveError(this.name, `${call.call}`, "EBADF"));
    if (this.#settle !== undefined) {
      return Promise.reject(new Error(`${this.name}: ${call.call} while another call is running`));
    }
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#thread.send(call);
    });
  }

  #take(answer: DriveAnswer): void {
    if (answer.kind === "notice") {
      this.#onNotice?.(answer.text);
      return;
    }
    if (answer.kind === "step") {
      this.#onStep?.(answer.waitsForTape);
      return;
    }
    const settle = this.#settle;
    this.#settle = undefined;
    if (answer.kind === "result") settle?.resolve(answer.value);
    else if (answer.kind === "defect") settle?.reject(new Error(answer.message));
    else settle?.reject(new EctarError(answer.code, answer.message, answer.context));
  }

  #shared(bytes: number): Uint8Array {
    if (this.#buffer === undefined || this.#buffer.length < bytes) {
      this.#buffer = this.#thread.allocate(
        Math.ceil(bytes / BUFFER_STEP_BYTES) * BUFFER_STEP_BYTES,
      );
    }
    return this.#buffer.subarray(0, bytes);
  }
}

function startThread(): DriveThread {
  const worker = new Worker(workerUrl("drive_worker", import.meta.url), { type: "module" });
  const thread: DriveThread = {
    send: (call) => worker.postMessage(call),
    onAnswer: () => {},
    end: () => worker.terminate(),
    allocate: pageAlignedBuffer,
    shares: isPageAligned,
  };
  worker.onmessage = ({ data }) => thread.onAnswer(data);
  worker.onerror = (event) => {
    event.preventDefault();
    thread.onAnswer({ kind: "defect", message: event.message });
  };
  return thread;
}
