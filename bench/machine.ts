/**
 * What the benchmarks run on, and how busy other programs kept it meanwhile.
 *
 * @module
 */

import process from "node:process";
import { childrenCpuSeconds } from "./measure.ts";

const TICKS_PER_SECOND = 100;

/** Watches how busy the machine is from its making on. */
export class Machine {
  readonly #start = performance.now();
  readonly #busy = busySeconds();
  readonly #own = ownSeconds();

  /** Facts about machine and run, one a line. */
  facts(): string[] {
    const model = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ??
      Deno.build.arch;
    const memory = (Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0);
    const minutes = (performance.now() - this.#start) / 60_000;
    return [
      `${model}, ${navigator.hardwareConcurrency} cores, ${memory} GiB of memory`,
      `Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, ${version("tar")}, ` +
      `${version("zstd")}, ${version("jq")}`,
      `${new Date().toISOString().slice(0, 10)}, ${minutes.toFixed(0)} minutes; ` +
      `other programs took ${this.#othersPercent()} % of the processors`,
    ];
  }

  #othersPercent(): string {
    const all = (performance.now() - this.#start) / 1000 * navigator.hardwareConcurrency;
    const others = busySeconds() - this.#busy - (ownSeconds() - this.#own);
    return Math.max(0, 100 * others / all).toFixed(0);
  }
}

/** Seconds that all processors together have been busy, or taken away by the host. */
function busySeconds(): number {
  const first = Deno.readTextFileSync("/proc/stat").split("\n", 1)[0];
  const [user, nice, system, _idle, _wait, irq, softIrq, steal] = first.split(/\s+/).slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

/** Processor seconds of this process and of all that it has started and seen end. */
function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childrenCpuSeconds();
}

function version(program: string): string {
  try {
    const { stdout } = new Deno.Command(program, { args: ["--version"] }).outputSync();
    return `${program} ${/\d+(\.\d+)+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "?"}`;
  } catch {
    return `no ${program}`;
  }
}
