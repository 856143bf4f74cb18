/**
 * All benchmarks, or those named: prints every figure beside its goal, and writes bench/results.md
 * when all have run. No time is a reason to fail.
 *
 *     deno task bench [kernel] [create] [memory] [--rounds N] [--large GIB]
 *
 * @module
 */

import { parseArgs } from "node:util";
import { benchCreate } from "./create_bench.ts";
import { benchKernel } from "./erasure_bench.ts";
import { benchMemory } from "./memory_bench.ts";
import { type Finding, line, markdown, type Options } from "./report.ts";

const BENCHES: Record<string, (options: Options) => Finding[] | Promise<Finding[]>> = {
  kernel: benchKernel,
  create: benchCreate,
  memory: benchMemory,
};

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    large: { type: "string", default: "10" },
  },
});
const options: Options = {
  rounds: Number(values.rounds),
  largeBytes: Number(values.large) * 2 ** 30,
};
const unknown = positionals.find((name) => !(name in BENCHES));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}": ${Object.keys(BENCHES).join(", ")}`);
  Deno.exit(2);
}

const findings: Finding[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const found = await bench(options);
  for (const finding of found) console.log(line(finding));
  findings.push(...found);
}
if (positionals.length === 0) {
  const results = new URL("results.md", import.meta.url).pathname;
  await Deno.writeTextFile(results, markdown(findings));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", results] }).output();
}
