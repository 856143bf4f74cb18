/**
 * Both ends' words between a drive's thread and the rest, and the end that owns the drive.
 *
 * @module
 */

import { EctarError, type ErrorCode, type ErrorContext } from "../errors.ts";
import type { StCalls } from "./st_abi.ts";
import { openSt, statusOfSt } from "./st_open.ts";
import type { StTape } from "./st_tape.ts";

/** What to open. */
export interface DriveOpening {
  name: string;
  node: string;
  mode: "read" | "write" | "status";
  driverOptions: number | undefined;
  loadTimeoutMs: number;
}

/** A call asked of the drive's thread. Blocks lie in shared memory. */
export type DriveCall =
  | { call: "open"; opening: DriveOpening }
  | { call: "readBlock"; buffer: Uint8Array }
  | { call: "writeBlock"; block: Uint8Array }
  | { call: "writeFilemarks"; count: number; immediate: boolean }
  | { call: "spaceFiles" | "spaceBlocks" | "locate"; count: number }
  | {
    call:
      | "spaceToEndOfData"
      | "position"
      | "rewind"
      | "unload"
      | "erase"
      | "status"
      | "close";
  };

/** What the drive's thread says. Every call is answered by one result or error, others before. */
export type DriveAnswer =
  | { kind: "result"; value: unknown }
  | { kind: "error"; code: ErrorCode; message: string; context: ErrorContext }
  | { kind: "defect"; message: string }
  | { kind: "notice"; text: string }
  /** Opening goes on: the drive is asked again now, or for a tape, which takes the driver longer. */
  | { kind: "step"; waitsForTape: boolean };

/** Carries calls out, one at a time. */
export class DriveServer {
  readonly #calls: StCalls;
  readonly #answer: (answer: DriveAnswer) => void;
  #opening: DriveOpening | undefined;
  #tape: StTape | undefined;

  /**
   * @param calls the system calls of this thread
   * @param answer takes what is to be said
   */
  constructor(calls: StCalls, answer: (answer: DriveAnswer) => void) {
    this.#calls = calls;
    this.#answer = answer;
  }

  /** Carries `call` out and answers; blocks meanwhile. */
  serve(call: DriveCall): void {
    try {
      this.#answer({ kind: "result", value: this.#run(call) });
    } catch (error) {
      if (error instanceof EctarError) {
        const { code, message, context } = error;
        this.#answer({ kind: "error", code, message, context });
      } else this.#answer({ kind: "defect", message: String((error as Error)?.stack ?? error) });
    }
  }

  #run(call: DriveCall): unknown {
    if (call.call === "open") return this.#open(call.opening);
    if (call.call === "close") return this.#close();
    if (call.call === "status" && this.#tape === undefined) {
      const { name, node } = this.#opened();
      return statusOfSt(this.#calls, name, node);
    }
    const tape = this.#tape;
    if (tape === undefined) {
      const { name } = this.#opened();
      throw new EctarError("io", `${name}: opened for its status only`, { drive: name });
    }
    switch (call.call) {
      case "readBlock":
        return tape.readBlock(call.buffer);
      case "writeBlock":
        return tape.writeBlock(call.block);
      case "writeFilemarks":
        return tape.writeFilemarks(call.count, call.immediate);
      case "spaceFiles":
      case "spaceBlocks":
      case "locate":
        return tape[call.call](call.count);
      default:
        return tape[call.call]();
    }
  }

  #open(opening: DriveOpening): unknown {
    this.#opening = opening;
    this.#step(false);
    if (opening.mode === "status") return statusOfSt(this.#calls, opening.name, opening.node);
    this.#tape = openSt(this.#calls, {
      ...opening,
      mode: opening.mode,
      notice: (text) => this.#answer({ kind: "notice", text }),
      step: (waitsForTape) => this.#step(waitsForTape),
      now: () => performance.now(),
    });
    return this.#tape.status();
  }

  #step(waitsForTape: boolean): void {
    this.#answer({ kind: "step", waitsForTape });
  }

  #close(): void {
    const tape = this.#tape;
    this.#tape = undefined;
    tape?.close();
  }

  #opened(): DriveOpening {
    if (this.#opening === undefined) throw new Error("call before open");
    return this.#opening;
  }
}
