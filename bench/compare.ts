/**
 * Runs programs in turns, so that whatever else the machine does meets all of them, and compares
 * what they took.
 *
 * @module
 */

import { type Run, run } from "./measure.ts";
import { median } from "./median.ts";
import type { Figure } from "./report.ts";

/** One program of a comparison. */
export interface Contestant {
  command: readonly string[];
  /** Exit codes that are no error. */
  allowed?: number[];
  /** Done before each run, not measured. */
  prepare?: () => void;
  /** Done after each run, not measured. */
  cleanUp?: () => void;
}

/** A directory that is new for each run, and gone after it. */
export function freshDirectory(path: string): Required<Pick<Contestant, "prepare" | "cleanUp">> {
  return {
    prepare: () => Deno.mkdirSync(path),
    cleanUp: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Runs all contestants in each round, every other round in the opposite order. */
export async function inTurns<Name extends string>(
  rounds: number,
  contestants: Record<Name, Contestant>,
): Promise<Record<Name, Run[]>> {
  const entries = Object.entries(contestants) as [Name, Contestant][];
  const runs = Object.fromEntries(entries.map(([name]) => [name, [] as Run[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { command, allowed, prepare, cleanUp }] of entries) {
      prepare?.();
      runs[name].push(await run(command, { allowed: allowed ?? [0] }));
      cleanUp?.();
    }
    entries.reverse();
  }
  return runs as Record<Name, Run[]>;
}

/** How many times as fast as `theirs` `ours` are: the median of the rounds' ratios. */
export function speedRatio(ours: readonly Run[], theirs: readonly Run[]): number {
  return median(ours.map((run, round) => theirs[round].seconds / run.seconds));
}

/** That ratio as a finding; more than 1 means that `ours` are faster. */
export function speedFigure(
  what: string,
  goal: number | undefined,
  ours: readonly Run[],
  theirs: readonly Run[],
  remark = "",
): Figure {
  const seconds = (runs: readonly Run[]) => median(runs.map((run) => run.seconds)).toFixed(2);
  const cpu = (runs: readonly Run[]) => median(runs.map((run) => run.cpuSeconds)).toFixed(2);
  // Processor time is the steadier figure where other programs run.
  const cpuRatio = median(ours.map((run, round) => theirs[round].cpuSeconds / run.cpuSeconds));
  return {
    what,
    value: speedRatio(ours, theirs),
    unit: "×",
    goal,
    better: "more",
    note: `${seconds(ours)} s beside ${seconds(theirs)} s; processor ${cpu(ours)} s beside ` +
      `${cpu(theirs)} s (${cpuRatio.toFixed(2)}×); peak ${peakMib(ours)} MiB${remark}`,
  };
}

/** The most that one of the runs held, in MiB. */
export function peakMib(runs: readonly Run[]): number {
  return Math.round(Math.max(...runs.map((run) => run.peakBytes)) / 2 ** 20);
}
