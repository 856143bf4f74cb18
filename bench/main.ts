/**
 * All benchmarks, or those named: prints every figure beside its goal. A run of all writes
 * bench/results.md and bench/results.svg; another one where `--output DIR` tells. No time is a reason
 * to fail.
 *
 *     deno task bench [part…] [--quick] [--rounds N] [--large GIB] [--output DIR]
 *
 * `--quick` takes small data and two rounds: enough to see that all of it runs. Data lies in /dev/shm,
 * or where $ECTAR_BENCH_TMPFS tells; the large file in $TMPDIR.
 *
 * @module
 */

import { chart } from "./chart.ts";
import { benchCreate } from "./create_bench.ts";
import { benchKernel } from "./erasure_bench.ts";
import { benchExtract, benchVerify } from "./extract_bench.ts";
import { Machine } from "./machine.ts";
import { markdown, summary } from "./markdown.ts";
import { benchMemory } from "./memory_bench.ts";
import { benchNames } from "./names_bench.ts";
import { benchPeers } from "./peers_bench.ts";
import { projectPath } from "./places.ts";
import { type Options, parseOptions } from "./options.ts";
import { type Finding, line } from "./report.ts";
import { benchScaling } from "./scaling_bench.ts";
import { benchStart } from "./start_bench.ts";
import { benchTapes } from "./tape_bench.ts";

const PARTS: Record<string, (options: Options) => Finding[] | Promise<Finding[]>> = {
  kernel: benchKernel,
  peers: benchPeers,
  start: benchStart,
  create: benchCreate,
  extract: benchExtract,
  verify: benchVerify,
  tapes: benchTapes,
  names: benchNames,
  scaling: benchScaling,
  memory: benchMemory,
};

const { parts, options, quick, output } = request();
const machine = new Machine();
const findings: Finding[] = [];
for (const [name, bench] of Object.entries(PARTS)) {
  if (parts.length > 0 && !parts.includes(name)) continue;
  const found = await attempt(name, bench);
  for (const finding of found) console.log(line(finding));
  findings.push(...found);
}
const facts = machine.facts();
if (quick) facts.push("a quick run on small data: its figures say little");
for (const fact of facts) console.log(fact);
console.log(summary(findings));

const all = parts.length === 0 && !quick;
const directory = output ?? (all ? projectPath("bench") : undefined);
if (directory !== undefined) {
  Deno.mkdirSync(directory, { recursive: true });
  Deno.writeTextFileSync(`${directory}/results.md`, markdown(findings, facts));
  Deno.writeTextFileSync(`${directory}/results.svg`, chart(findings));
  const config = ["--config", projectPath("deno.json")];
  const format = ["fmt", "--quiet", ...config, `${directory}/results.md`];
  await new Deno.Command(Deno.execPath(), { args: format }).output();
}

function request() {
  try {
    return parseOptions(Deno.args, Object.keys(PARTS));
  } catch (error) {
    console.error((error as Error).message);
    console.error("deno task bench [part…] [--quick] [--rounds N] [--large GIB] [--output DIR]");
    console.error(`parts: ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
}

/** One part that fails does not cost the others' figures. */
async function attempt(name: string, bench: (typeof PARTS)[string]): Promise<Finding[]> {
  try {
    return await bench(options);
  } catch (error) {
    console.error(error);
    Deno.exitCode = 1;
    return [{ what: `all of "${name}"`, skipped: `failed: ${(error as Error).message}` }];
  }
}
