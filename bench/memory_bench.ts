/**
 * Peak resident memory of `create` where it could grow: large chunks, many shards, many names.
 *
 *     deno run -A bench/memory_bench.ts
 *
 * @module
 */

import { type Run, run, SAMPLE_MS } from "./measure.ts";
import { ECTAR, scratchDirectory } from "./places.ts";
import type { Finding, Options } from "./report.ts";
import { makeLargeFile, makeManyNames } from "./trees.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const GOAL_MIB = 400;

/** Measures what `create` holds at most. */
export async function benchMemory({ largeBytes }: Options): Promise<Finding[]> {
  const findings: Finding[] = [];
  const disk = scratchDirectory("/tmp");
  try {
    makeLargeFile(`${disk}/large`, largeBytes);
    const gib = (largeBytes / GIB).toFixed(0);
    for (
      const [what, options] of [
        [`one file of ${gib} GiB, chunks of 1 GiB, 10+4`, shards(10, 4, "1GiB")],
        [`one file of ${gib} GiB, chunks of 8 GiB, 10+4`, shards(10, 4, "8GiB")],
        [`one file of ${gib} GiB, chunks of 8 GiB, 200+56`, shards(200, 56, "8GiB")],
        [`one file of ${gib} GiB, stored, chunks of 8 GiB, 10+4`, [
          ...shards(10, 4, "8GiB"),
          "--no-compression",
        ]],
      ] as [string, string[]][]
    ) findings.push(await measure(what, disk, "large", options));
  } finally {
    Deno.removeSync(disk, { recursive: true });
  }
  const memory = scratchDirectory("/dev/shm");
  try {
    makeManyNames(`${memory}/names`, 800_000, 200_000);
    const what = "1,000,000 names, 200,000 of them hard links, 10+4";
    findings.push(await measure(what, memory, "names", shards(10, 4, "1GiB")));
  } finally {
    Deno.removeSync(memory, { recursive: true });
  }
  return findings;
}

function shards(k: number, parity: number, chunkSize: string): string[] {
  return ["--data-shards", `${k}`, "--parity-shards", `${parity}`, "--chunk-size", chunkSize];
}

async function measure(
  what: string,
  directory: string,
  name: string,
  options: string[],
): Promise<Finding> {
  const output = `${directory}/shards`;
  Deno.mkdirSync(output);
  const result = await run(
    [...ECTAR, "create", "-q", "-o", `${output}/b`, ...options, "-C", directory, name],
  );
  Deno.removeSync(output, { recursive: true });
  return {
    what: `peak memory of create: ${what}`,
    value: result.peakBytes / MIB,
    unit: "MiB",
    goal: GOAL_MIB,
    better: "less",
    note: `${result.seconds.toFixed(1)} s; over time ${course(result)} MiB`,
  };
}

/** The highest memory of each tenth of the run. */
function course({ samples }: Run): string {
  const tenth = Math.max(1, Math.ceil(samples.length / 10));
  const parts: number[] = [];
  for (let at = 0; at < samples.length; at += tenth) {
    parts.push(Math.round(Math.max(...samples.slice(at, at + tenth)) / MIB));
  }
  return parts.join(", ") + ` every ${(tenth * SAMPLE_MS / 1000).toFixed(1)} s`;
}
