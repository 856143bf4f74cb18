/**
 * Peak resident memory where it could grow: large chunks, many shards, lost shards, hours.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { createCommand, extractCommand, SHARDS } from "./archives.ts";
import { type Run, run } from "./measure.ts";
import { directorySize, DISK, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Figure, Finding } from "./report.ts";
import { makeLargeFile } from "./trees.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Most that any command may hold. */
export const MEMORY_GOAL_MIB = 400;

/** Disk needed for each byte of the large file: itself, or what is restored, and 14 shards. */
const DISK_PER_BYTE = 1.8;
/** Points of a course over time. */
const POINTS = 200;

/** Measures what `create` and `extract` hold at most. */
export function benchMemory({ largeBytes }: Options): Promise<Finding[]> {
  return withScratch(DISK, async (disk) => {
    const bytes = Math.min(largeBytes, await affordable(disk));
    const cut = bytes < largeBytes ? `; ${size(largeBytes)} do not fit on the disk` : "";
    const chunks = ["--chunk-size", "8GiB"];
    const shards = `${disk}/shards`;

    const large = makeLargeFile(disk, bytes);
    Deno.mkdirSync(shards);
    const what = `${size(bytes)}, chunks of 8 GiB, 10+4`;
    const created = await run(createCommand(large, shards, [...SHARDS, ...chunks]));
    Deno.removeSync(`${disk}/${large.paths[0]}`);
    const findings = [memoryFigure(`create: ${what}`, created, cut)];
    const read = `${directorySize(shards)} bytes of shards`;
    for (const lost of [0, 4]) {
      if (lost > 0) loseShards(shards, lost);
      const extracted = await run(extractCommand(shards, `${disk}/restored`), { allowed: [0, 3] });
      Deno.removeSync(`${disk}/restored`, { recursive: true });
      const state = lost === 0 ? "nothing lost" : `${lost} data shards lost`;
      findings.push(memoryFigure(`extract: ${what}, ${state}`, extracted, `; ${read}${cut}`));
    }
    Deno.removeSync(shards, { recursive: true });

    const quarter = makeLargeFile(disk, Math.ceil(bytes / 4));
    for (
      const [shape, options] of [
        ["chunks of 1 GiB, 10+4", [...SHARDS, "--chunk-size", "1GiB"]],
        ["chunks of 8 GiB, 200+56", ["--data-shards", "200", "--parity-shards", "56", ...chunks]],
        ["stored, chunks of 8 GiB, 10+4", [...SHARDS, ...chunks, "--no-compression"]],
      ] as [string, string[]][]
    ) {
      Deno.mkdirSync(shards);
      const result = await run(createCommand(quarter, shards, options));
      Deno.removeSync(shards, { recursive: true });
      findings.push(memoryFigure(`create: ${size(bytes / 4)}, ${shape}`, result));
    }
    return findings;
  });
}

/** Peak memory of one run as a finding, with its course over time. */
export function memoryFigure(what: string, result: Run, remark = ""): Figure {
  const course = highest(result.samples, POINTS);
  const tenths = highest(result.samples, 10).map((mib) => mib.toFixed(0)).join(", ");
  return {
    what: `peak memory of ${what}`,
    value: result.peakBytes / MIB,
    unit: "MiB",
    goal: MEMORY_GOAL_MIB,
    better: "less",
    note: `${result.seconds.toFixed(1)} s; by tenths of that: ${tenths} MiB${remark}`,
    memory: course,
  };
}

/** The highest of the samples in each of at most `parts` equal stretches of time, in MiB. */
function highest(samples: readonly number[], parts: number): number[] {
  const length = Math.max(1, samples.length / parts);
  const found: number[] = [];
  for (let at = 0; Math.round(at) < samples.length; at += length) {
    found.push(Math.max(...samples.slice(Math.round(at), Math.round(at + length))) / MIB);
  }
  return found;
}

/** Bytes of a large file for which a directory's file system has room. */
async function affordable(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.floor(0.9 * bavail * bsize / DISK_PER_BYTE / MIB) * MIB;
}

/** Removes the first data shards of every chunk. */
function loseShards(shards: string, count: number): void {
  for (const { name } of [...Deno.readDirSync(shards)]) {
    const shard = /\.s(\d+)$/.exec(name)?.[1];
    if (shard !== undefined && Number(shard) < count) Deno.removeSync(`${shards}/${name}`);
  }
}

function size(bytes: number): string {
  return bytes >= GIB
    ? `${Number((bytes / GIB).toFixed(1))} GiB`
    : `${Math.round(bytes / MIB)} MiB`;
}
