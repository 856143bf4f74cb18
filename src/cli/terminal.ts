/**
 * Where commands print: results to standard output, everything else to standard error. Nothing that
 * comes out of an archive, off a tape or from a file system can be a control sequence: all text is
 * escaped here, whatever those who made it up did.
 *
 * @module
 */

import { printableJson, printableLine } from "../printable.ts";
import { fromSystemError } from "../shard/system_error.ts";
import { writeAllSync } from "./write_all.ts";

/** Thrown when nobody reads our output any more (`ectar list … | head`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** How much is told on standard error. */
export type Verbosity = "quiet" | "normal" | "verbose" | "debug";

const LEVELS: Verbosity[] = ["quiet", "normal", "verbose", "debug"];
const DEFAULT_COLUMNS = 80;
const FLUSH_BYTES = 64 * 1024;

/** Characters of a message that are shown, at its beginning and end: a name may have millions. */
const MESSAGE_BEGIN = 12 * 1024;
const MESSAGE_END = 4 * 1024;

/** A command's voice. */
export class Terminal {
  verbosity: Verbosity = "normal";
  readonly #encoder = new TextEncoder();
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Called before a line goes to standard error, so that a progress line does not tear it. */
  beforeMessage: () => void = () => {};

  /** Whether standard error is a terminal. */
  get errorIsTerminal(): boolean {
    return Deno.stderr.isTerminal();
  }

  /** Whether standard output is a terminal. */
  get outputIsTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** How wide lines of help may be. */
  helpWidth(isTerminal: boolean): number {
    try {
      return isTerminal ? Deno.consoleSize().columns : DEFAULT_COLUMNS;
    } catch {
      return DEFAULT_COLUMNS;
    }
  }

  /** A line of the result. */
  print(line = ""): void {
    this.printTrusted(printableLine(line) + "\n");
  }

  /** A value of the result, as JSON. */
  printJson(value: unknown, indent?: number): void {
    this.printTrusted(printableJson(value, indent) + "\n");
  }

  /** Text of the result in which every character is ours: help, scripts, colours. */
  printTrusted(text: string): void {
    const bytes = this.#encoder.encode(text);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  /** Writes out what was printed. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      for (const bytes of pending) writeAllSync(Deno.stdout, bytes);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
      throw fromSystemError(error, "cannot write to standard output", {});
    }
  }

  /** Told unless `-q`. */
  info(line: string): void {
    if (this.#tells("normal")) this.#message(line);
  }

  /** A line of what came of it: told with `-q`, too, where something is wrong. */
  outcome(line: string, isWrong: boolean): void {
    if (isWrong || this.#tells("normal")) this.#message(line);
  }

  /** Told with `-v`. */
  verbose(line: string): void {
    if (this.#tells("verbose")) this.#message(line);
  }

  /** Told with `-vv`. */
  debug(line: string): void {
    if (this.#tells("debug")) this.#message(line);
  }

  /** Something the operator should know; told even with `-q`. */
  warn(line: string): void {
    this.#message(`ectar: ${line}`);
  }

  #tells(level: Verbosity): boolean {
    return LEVELS.indexOf(this.verbosity) >= LEVELS.indexOf(level);
  }

  #message(line: string): void {
    this.beforeMessage();
    const shown = line.length <= MESSAGE_BEGIN + MESSAGE_END
      ? line
      : `${line.slice(0, MESSAGE_BEGIN)} … ${line.slice(-MESSAGE_END)}`;
    try {
      writeAllSync(Deno.stderr, this.#encoder.encode(printableLine(shown) + "\n"));
    } catch {
      // Nobody listens to messages; the work goes on and the exit code tells.
    }
  }
}
