/**
 * Progress of a run with tape drives on standard error: what all do together, and a line a drive.
 * Redrawn on a terminal, plain lines now and then elsewhere.
 *
 * @module
 */

import type { DriveActivity } from "../archive/drive_meter.ts";
import { printableLine } from "../printable.ts";
import { type InputOptions, namesDrives } from "./input.ts";
import { describe, type ProgressLine, progressLine, type ProgressState } from "./progress.ts";
import { formatSize } from "./sizes.ts";
import type { Terminal } from "./terminal.ts";

const REDRAW_MS = 500;
const PLAIN_LINES_MS = 30_000;
/** How much the last interval counts in a speed; the rest is what was shown before. */
const SPEED_WEIGHT = 0.3;

/** Shows how far a command and its drives are. */
export interface DriveProgress extends ProgressLine {
  /** From now on the drives can be asked. */
  watch(drives: () => DriveActivity[]): void;
  /** Bytes there will be. */
  expect(totalBytes: number): void;
}

/**
 * Progress of drives, or something that shows nothing.
 *
 * @param wanted `true` and `false` as the operator said, undefined to show it on terminals only
 * @param verb what is counted, such as "archived"
 */
export function driveProgress(
  terminal: Terminal,
  wanted: boolean | undefined,
  verb: string,
): DriveProgress {
  const show = wanted ?? (terminal.errorIsTerminal && terminal.verbosity !== "quiet");
  if (!show) return { isShown: false, update() {}, stop() {}, watch() {}, expect() {} };
  const lines = new DriveLines(verb);
  const draw = terminal.errorIsTerminal ? blockOnTerminal(terminal) : plainLines(terminal);
  const timer = setInterval(
    () => draw.show(lines.next(performance.now() / 1000)),
    terminal.errorIsTerminal ? REDRAW_MS : PLAIN_LINES_MS,
  );
  return {
    isShown: true,
    update: (state) => lines.state = { ...lines.state, ...state },
    watch: (drives) => lines.drives = drives,
    expect: (totalBytes) => lines.state = { ...lines.state, totalBytes },
    stop() {
      clearInterval(timer);
      draw.clear();
    },
  };
}

/** Progress of a command that reads an archive: with a line a drive where drives are meant. */
export async function inputProgress(
  terminal: Terminal,
  options: InputOptions & { progress?: boolean | undefined },
  verb: string,
): Promise<DriveProgress> {
  if (namesDrives(options)) return driveProgress(terminal, options.progress, verb);
  const line = await progressLine(terminal, options.progress);
  return { ...line, watch() {}, expect() {} };
}

interface Drawer {
  show(lines: readonly string[]): void;
  clear(): void;
}

function blockOnTerminal(terminal: Terminal): Drawer {
  const encoder = new TextEncoder();
  let shown = 0;
  const clear = () => {
    if (shown > 0) Deno.stderr.writeSync(encoder.encode(`\x1b[${shown}A\r\x1b[J`));
    shown = 0;
  };
  terminal.beforeMessage = clear;
  return {
    show(lines) {
      const { columns } = Deno.consoleSize();
      // A line that wraps could not be taken back by counting lines.
      const width = columns > 1 ? columns - 1 : Infinity;
      const text = lines.map((line) => line.slice(0, width) + "\n").join("");
      clear();
      Deno.stderr.writeSync(encoder.encode(text));
      shown = lines.length;
    },
    clear,
  };
}

function plainLines(terminal: Terminal): Drawer {
  return {
    show: (lines) => lines.forEach((line) => terminal.info(line)),
    clear() {},
  };
}

/** The lines, drawn again and again: speeds are those since the last time. */
export class DriveLines {
  state: ProgressState;
  drives: () => DriveActivity[] = () => [];
  readonly #speeds = new Map<string, number>();
  readonly #before = new Map<string, number>();
  #started: number | undefined;
  #drawn = 0;

  /** @param verb what is counted, such as "archived" */
  constructor(verb: string) {
    this.state = { verb, doneBytes: 0 };
  }

  /** The lines at a time in seconds. */
  next(seconds: number): string[] {
    this.#started ??= seconds;
    const drives = this.drives();
    const width = Math.max(0, ...drives.map(({ drive }) => drive.length));
    const lines = drives.map((each) => {
      const speed = this.#speed(each, seconds - this.#drawn);
      const shard = each.shard === undefined ? "" : `shard ${each.shard}  `;
      const moved = `${formatSize(each.bytes)}, ${formatSize(Math.round(speed))}/s`;
      return printableLine(`  ${each.drive.padEnd(width)}  ${shard}${moved}, ${each.doing}`);
    });
    this.#drawn = seconds;
    return [describe(this.state, seconds - this.#started), ...lines];
  }

  #speed({ drive, bytes }: DriveActivity, seconds: number): number {
    const before = this.#before.get(drive);
    this.#before.set(drive, bytes);
    if (before === undefined || seconds <= 0) return 0;
    const now = (bytes - before) / seconds;
    const shown = this.#speeds.get(drive);
    const speed = shown === undefined ? now : shown + SPEED_WEIGHT * (now - shown);
    this.#speeds.set(drive, speed);
    return speed;
  }
}
