/**
 * Progress on standard error: one line that is redrawn on a terminal, a plain line now and then
 * elsewhere. The bar library is loaded only when it is needed.
 *
 * @module
 */

import { printableLine } from "../printable.ts";
import { formatSize } from "./sizes.ts";
import type { Terminal } from "./terminal.ts";

/** Milliseconds between redraws on a terminal, and between lines elsewhere. */
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 30_000;

/** What a command is doing, as far as it is known. */
export interface ProgressState {
  /** What is counted, such as "archived". */
  verb: string;
  /** Bytes done. */
  doneBytes: number;
  /** Bytes there will be, if known. */
  totalBytes?: number | undefined;
  /** More to show at the end of the line. */
  detail?: string | undefined;
}

/** Shows how far a command is. */
export interface ProgressLine {
  /** Whether anybody sees it: what only it shows need not be found out otherwise. */
  readonly isShown: boolean;
  /** The latest state; drawn when it is time. */
  update(state: ProgressState): void;
  /** Clears the line. */
  stop(): void;
}

/**
 * A progress line, or one that shows nothing.
 *
 * @param wanted `true` and `false` as the operator said, undefined to show it on terminals only
 */
export async function progressLine(
  terminal: Terminal,
  wanted: boolean | undefined,
): Promise<ProgressLine> {
  const show = wanted ?? (terminal.errorIsTerminal && terminal.verbosity !== "quiet");
  if (!show) return { isShown: false, update() {}, stop() {} };
  return terminal.errorIsTerminal ? await barLine(terminal) : plainLines(terminal);
}

async function barLine(terminal: Terminal): Promise<ProgressLine> {
  const { default: progress } = await import("cli-progress");
  const start = Date.now();
  const bar = new progress.SingleBar({
    format: "{text}",
    clearOnComplete: true,
    hideCursor: false,
    linewrap: false,
    stopOnComplete: false,
    noTTYOutput: false,
  });
  let started = false;
  let drawn = 0;
  terminal.beforeMessage = () => {
    if (started) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  };
  return {
    isShown: true,
    update(state) {
      const now = Date.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      const text = describe(state, (now - start) / 1000);
      if (started) bar.update(state.doneBytes, { text });
      else bar.start(state.totalBytes ?? 0, state.doneBytes, { text });
      started = true;
    },
    stop() {
      if (started) bar.stop();
      terminal.beforeMessage = () => {};
    },
  };
}

function plainLines(terminal: Terminal): ProgressLine {
  const start = Date.now();
  let told = start;
  return {
    isShown: true,
    update(state) {
      const now = Date.now();
      if (now - told < PLAIN_LINE_MS) return;
      told = now;
      terminal.info(describe(state, (now - start) / 1000));
    },
    stop() {},
  };
}

/** One line: what is done, of how much, how fast, how long it will take. */
export function describe(state: ProgressState, seconds: number): string {
  const { verb, doneBytes, totalBytes, detail } = state;
  const speed = seconds > 0 ? doneBytes / seconds : 0;
  const parts = [`${verb} ${formatSize(doneBytes)}`];
  if (totalBytes !== undefined && totalBytes > 0) {
    // The total may be an estimate.
    const percent = Math.min(100, Math.floor(100 * doneBytes / totalBytes));
    parts[0] += ` of ${formatSize(Math.max(totalBytes, doneBytes))} (${percent} %)`;
  }
  parts.push(`${formatSize(Math.round(speed))}/s`);
  if (totalBytes !== undefined && speed > 0 && totalBytes > doneBytes) {
    parts.push(`${timeText((totalBytes - doneBytes) / speed)} left`);
  }
  if (detail !== undefined) parts.push(detail);
  return printableLine(parts.join(", "));
}

function timeText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
