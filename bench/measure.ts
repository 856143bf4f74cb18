/**
 * Runs a program and tells its wall-clock time, the processor time of it and all it started, and its
 * peak of resident memory.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What one run took. */
export interface Run {
  /** Wall-clock seconds. */
  seconds: number;
  /** Processor seconds, user and system, of all processes. */
  cpuSeconds: number;
  /** Peak resident bytes of the first process: without its children. */
  peakBytes: number;
  /** Resident bytes, a sample every {@link SAMPLE_MS}. */
  samples: number[];
}

/** Time between two looks at a running program's memory. */
export const SAMPLE_MS = 50;

const RUSAGE_CHILDREN = -1;
const RUSAGE_BYTES = 144;

const libc = Deno.dlopen("libc.so.6", {
  getrusage: { parameters: ["i32", "buffer"], result: "i32" },
});

/** Runs `command` to its end; anything but exit code 0 (or one of `allowed`) is an error. */
export async function run(command: readonly string[], allowed: number[] = [0]): Promise<Run> {
  const cpuBefore = childrenCpuSeconds();
  const start = performance.now();
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let peakBytes = 0;
  const samples: number[] = [];
  const timer = setInterval(() => {
    const memory = memoryOf(child.pid);
    if (memory === undefined) return;
    peakBytes = memory.peak;
    samples.push(memory.now);
  }, SAMPLE_MS);
  const { code, stderr } = await child.output();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  if (!allowed.includes(code)) {
    throw new Error(`${command.join(" ")} ended with ${code}: ${Buffer.from(stderr)}`);
  }
  return { seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakBytes, samples };
}

/** A shell command line as a command. */
export function shell(line: string): string[] {
  return ["sh", "-c", line];
}

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1 + sorted.length % 2]) / 2;
}

/** Resident bytes of a process: the most so far, and now. */
function memoryOf(pid: number): { peak: number; now: number } | undefined {
  let status: string;
  try {
    status = Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return undefined;
  }
  const field = (name: string) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const memory = { peak: field("VmHWM"), now: field("VmRSS") };
  return Number.isNaN(memory.now) ? undefined : memory;
}

/** Processor seconds of all child processes that have ended, and of theirs. */
function childrenCpuSeconds(): number {
  const usage = new BigInt64Array(RUSAGE_BYTES / 8);
  libc.symbols.getrusage(RUSAGE_CHILDREN, usage);
  const [userSeconds, userMicros, systemSeconds, systemMicros] = [...usage.slice(0, 4)].map(Number);
  return userSeconds + systemSeconds + (userMicros + systemMicros) / 1e6;
}
