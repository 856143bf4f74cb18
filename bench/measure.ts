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
  /** Processor seconds of the first process by the names of its threads, where asked for. */
  threads: Map<string, number>;
}

/** How to run. */
export interface RunOptions {
  /** Exit codes that are no error. */
  allowed?: number[];
  /** Tell the processor time of each thread. */
  threads?: boolean;
}

/** Time between two looks at a running program's memory. */
export const SAMPLE_MS = 50;

const RUSAGE_CHILDREN = -1;
const RUSAGE_BYTES = 144;
/** Clock ticks a second in /proc: USER_HZ, the same on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

const libc = Deno.dlopen("libc.so.6", {
  getrusage: { parameters: ["i32", "buffer"], result: "i32" },
});

/** Runs `command` to its end; an exit code that is not allowed is an error. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Run> {
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
  const ticks = new Map<string, { name: string; ticks: number }>();
  const timer = setInterval(() => {
    const memory = memoryOf(child.pid);
    if (memory === undefined) return;
    peakBytes = memory.peak;
    samples.push(memory.now);
    if (options.threads) lookAtThreads(child.pid, ticks);
  }, SAMPLE_MS);
  const { code, stderr } = await child.output();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  if (!(options.allowed ?? [0]).includes(code)) {
    throw new Error(`${command.join(" ")} ended with ${code}: ${Buffer.from(stderr)}`);
  }
  const threads = new Map<string, number>();
  for (const { name, ticks: spent } of ticks.values()) {
    threads.set(name, (threads.get(name) ?? 0) + spent / TICKS_PER_SECOND);
  }
  const cpuSeconds = childrenCpuSeconds() - cpuBefore;
  return { seconds, cpuSeconds, peakBytes, samples, threads };
}

/** A shell command line as a command. */
export function shell(line: string): string[] {
  return ["sh", "-c", line];
}

/** Whether the shell finds a program. */
export function hasProgram(name: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).outputSync().success;
}

/** Processor seconds of all child processes that have ended, and of theirs. */
export function childrenCpuSeconds(): number {
  const usage = new BigInt64Array(RUSAGE_BYTES / 8);
  libc.symbols.getrusage(RUSAGE_CHILDREN, usage);
  const [userSeconds, userMicros, systemSeconds, systemMicros] = [...usage.slice(0, 4)].map(Number);
  return userSeconds + systemSeconds + (userMicros + systemMicros) / 1e6;
}

/** Resident bytes of a process: the most so far, and now. */
function memoryOf(pid: number): { peak: number; now: number } | undefined {
  const status = readIfThere(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const field = (name: string) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const memory = { peak: field("VmHWM"), now: field("VmRSS") };
  return Number.isNaN(memory.now) ? undefined : memory;
}

/** Notes what each thread has spent so far: the last look before it ends counts. */
function lookAtThreads(pid: number, seen: Map<string, { name: string; ticks: number }>): void {
  try {
    for (const { name: thread } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const stat = readIfThere(`/proc/${pid}/task/${thread}/stat`);
      const match = stat === undefined ? null : /^\d+ \((.*)\) (.*)/.exec(stat);
      if (match === null) continue;
      const fields = match[2].split(" ");
      seen.set(thread, { name: match[1], ticks: Number(fields[11]) + Number(fields[12]) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A file of /proc, or undefined when its process or thread has ended. */
function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
