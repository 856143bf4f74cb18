/**
 * What starting costs: `ectar --help` beside Deno with an empty program.
 *
 * @module
 */

import { type Contestant, inTurns } from "./compare.ts";
import type { Run } from "./measure.ts";
import { median } from "./median.ts";
import { DISK, ECTAR, exists, projectPath, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Finding } from "./report.ts";

/** Starts are short: this many times the rounds of other comparisons. */
const MORE_ROUNDS = 4;

/** Measures start-up. */
export function benchStart({ rounds }: Options): Promise<Finding[]> {
  return withScratch(DISK, async (scratch) => {
    const empty = `${scratch}/empty.ts`;
    Deno.writeTextFileSync(empty, "");
    const executable = projectPath("dist/ectar");
    const contestants: Record<string, Contestant> = {
      "deno run of an empty file": { command: [Deno.execPath(), "run", empty] },
      "ectar --help, from source": { command: [...ECTAR, "--help"] },
    };
    const what = "ectar --help, the executable";
    if (exists(executable)) contestants[what] = { command: [executable, "--help"] };

    const runs = await inTurns(rounds * MORE_ROUNDS, contestants);
    const findings: Finding[] = Object.entries(runs).map(([name, of]) => start(name, of));
    if (!(what in runs)) {
      findings.push({ what: startOf(what), skipped: "not built (deno task compile)" });
    }
    return findings;
  });
}

function start(what: string, runs: Run[]): Finding {
  const cpu = median(runs.map((run) => run.cpuSeconds));
  return {
    what: startOf(what),
    value: 1000 * median(runs.map((run) => run.seconds)),
    unit: "ms",
    goal: undefined,
    better: "less",
    note: `processor ${(1000 * cpu).toFixed(0)} ms`,
  };
}

function startOf(what: string): string {
  return `start: ${what}`;
}
