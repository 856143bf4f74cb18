/**
 * `deno task sim`: worlds without number, each from its seed. Needs no permission.
 *
 * A failing seed prints what happened and the one command that replays it.
 */

import { parseArgs } from "node:util";
import { runSeed } from "./world.ts";
import { watch } from "./watchdog.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string" },
    runs: { type: "string" },
    minutes: { type: "string" },
    world: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const given = values.seed !== undefined;
const first = given ? Number(values.seed) : Math.floor(Math.random() * 1e9);
const minutes = Number(values.minutes ?? Infinity);
const runs = Number(values.runs ?? (values.minutes === undefined ? (given ? 1 : 300) : Infinity));

// What nobody awaits would end the process: it counts against the seed that runs.
let stray: unknown;
for (const type of ["error", "unhandledrejection"] as const) {
  addEventListener(type, (event) => {
    event.preventDefault();
    stray ??= event instanceof PromiseRejectionEvent ? event.reason : (event as ErrorEvent).error;
  });
}

/** Most memory of the process, in bytes: a world has some 20 MB in it, its readers have bounds. */
const MEMORY_LIMIT = 1.5 * 2 ** 30;

const watchdog = watch();
const started = performance.now();
const counts = new Map<string, number>();
let failed = 0;
let peakMemory = 0;
let done = 0;
while (done < runs && performance.now() - started < minutes * 60_000 && failed < 20) {
  const seed = first + done++;
  watchdog.begin(seed);
  const result = await runSeed(seed, values.world);
  await new Promise((resolve) => setTimeout(resolve));
  const { world, lines } = result;
  const memory = Deno.memoryUsage().rss;
  peakMemory = Math.max(peakMemory, memory);
  const grown = memory > MEMORY_LIMIT ? new Error(`${memory} bytes of memory in use`) : undefined;
  const error = result.error ?? stray ?? grown;
  stray = undefined;
  counts.set(world, (counts.get(world) ?? 0) + 1);
  if (values.verbose) { for (const line of lines) console.log(line); }
  if (error === undefined) continue;
  failed++;
  console.log(`\nseed ${seed} FAILED (${world})`);
  for (const line of lines) console.log(`  ${line}`);
  console.log(error instanceof Error ? error.stack : String(error));
  const world_ = values.world === undefined ? "" : ` --world ${values.world}`;
  console.log(`replay: deno task sim --seed ${seed}${world_} --verbose`);
}
watchdog.end();
const kinds = [...counts].map(([world, count]) => `${count} ${world}`).join(", ");
const seconds = Math.round((performance.now() - started) / 1000);
const mebibytes = Math.round(peakMemory / 2 ** 20);
console.log(
  `seeds ${first} to ${first + done - 1} in ${seconds} s (${kinds}), ` +
    `${mebibytes} MiB of memory at most: ${failed} failed`,
);
Deno.exit(failed === 0 ? 0 : 1);
