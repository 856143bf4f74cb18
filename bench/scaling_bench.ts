/**
 * What sixteen drives of LTO-10 would take: 8 data and 8 parity shards, 400 MB/s each, so 3.2 GB/s of
 * data shards. Measures the processor time of every thread on this machine, less what starting costs,
 * and tells how many such cores that rate needs, and which single thread would limit it first.
 *
 * @module
 */

import { createCommand, type Tree } from "./archives.ts";
import { run } from "./measure.ts";
import { median } from "./median.ts";
import { directorySize, TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Finding } from "./report.ts";
import { makeLargeFile } from "./trees.ts";

const DATA_BYTES_PER_SECOND = 3.2e9;
const SHARDS = ["--data-shards", "8", "--parity-shards", "8"];
/** Enough that starting costs little beside it. */
const LARGEST_BYTES = 3 * 2 ** 30;
const ROUNDS = 3;

/** Threads of `create` that are one each, as the kernel names them: the first Worker is the source. */
const ROLES: Record<string, string> = {
  "deno": "main thread (stripes, Reed-Solomon, CRC-32)",
  "worker-1": "source Worker (reading, tar, SHA-256 of files)",
};

/** Measures what a second of sixteen drives costs. */
export function benchScaling({ rounds, largeBytes }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const large = makeLargeFile(scratch, Math.min(largeBytes, LARGEST_BYTES));
    Deno.mkdirSync(`${scratch}/nothing`);
    const nothing = { name: "nothing", directory: scratch, paths: ["nothing"] };
    const findings: Finding[] = [];
    for (const [how, options] of [["zstd 3", []], ["stored", ["--no-compression"]]] as const) {
      const shards = [...SHARDS, ...options];
      const costs: Cost[] = [];
      for (let round = 0; round < Math.min(rounds, ROUNDS); round++) {
        const start = await cost(scratch, nothing, shards);
        costs.push(less(await cost(scratch, large, shards), start));
      }
      findings.push(cores(how, costs));
    }
    return findings;
  });
}

/** Processor seconds, of all and of each thread, and bytes of data shards. */
interface Cost {
  cpuSeconds: number;
  dataBytes: number;
  threads: Map<string, number>;
}

async function cost(scratch: string, tree: Tree, options: string[]): Promise<Cost> {
  const output = `${scratch}/shards`;
  Deno.mkdirSync(output);
  const { cpuSeconds, threads } = await run(createCommand(tree, output, options), {
    threads: true,
  });
  const dataBytes = directorySize(output, /\.s0[0-7]$/);
  Deno.removeSync(output, { recursive: true });
  return { cpuSeconds, dataBytes, threads };
}

function less(whole: Cost, start: Cost): Cost {
  return {
    cpuSeconds: whole.cpuSeconds - start.cpuSeconds,
    dataBytes: whole.dataBytes,
    threads: new Map(
      [...whole.threads].map(([name, seconds]) => [name, seconds - (start.threads.get(name) ?? 0)]),
    ),
  };
}

function cores(how: string, costs: Cost[]): Finding {
  const needed = (seconds: (cost: Cost) => number) =>
    median(costs.map((cost) => seconds(cost) / cost.dataBytes * DATA_BYTES_PER_SECOND));
  const roles = Object.entries(ROLES).map(([thread, role]) => ({
    role,
    cores: needed(({ threads }) => threads.get(thread) ?? 0),
  }));
  const gigabytes = (cores: number) => (DATA_BYTES_PER_SECOND / 1e9 / cores).toFixed(2);
  return {
    what: `cores for 16 drives of LTO-10 (8+8, 3.2 GB/s of data shards), one large file, ${how}`,
    value: needed(({ cpuSeconds }) => cpuSeconds),
    unit: "cores",
    goal: undefined,
    better: "less",
    note: roles.map(({ role, cores }) =>
      `${role} ${cores.toFixed(2)} of them, so at most ${gigabytes(cores)} GB/s through it`
    ).join("; "),
  };
}
