/**
 * Runs ectar in the guest as its users do: cli.ts, or the executable that
 * $ECTAR_TEST_EXECUTABLE names.
 *
 * @module
 */

import { asRun, assertNoDefect, ECTAR, ectarExits, type EctarRun } from "../cli/run_ectar.ts";
import { blockCount } from "./drives.ts";

const SCRATCH = "/tmp";
/** How ectar is started. */
export const COMMAND: readonly string[] = ECTAR;

/** Runs ectar in the guest's scratch directory; it must end with `code`, and with no stack trace. */
export async function ectar(code: number, ...args: string[]): Promise<EctarRun> {
  return await ectarExits(code, SCRATCH, ...args);
}

/** Something that happens while ectar runs. */
export interface Accident {
  /** Drive whose blocks are counted. */
  drive: number;
  /** It happens when ectar has read or written so many blocks there. */
  when: "read" | "write";
  blocks: number;
  /** What happens; ectar stands still meanwhile. */
  happens(process: Deno.ChildProcess): void;
}

/** Runs ectar while accidents happen, one after the other. */
export async function ectarMeets(
  accidents: readonly Accident[],
  ...args: string[]
): Promise<EctarRun> {
  const ends = accidents.map(({ when, drive, blocks }) => blockCount(when, drive) + blocks);
  const [program, ...before] = COMMAND;
  const process = new Deno.Command(program, {
    args: [...before, ...args],
    cwd: SCRATCH,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let ended = false;
  const output = process.output().finally(() => ended = true);
  for (const [i, { when, drive, happens }] of accidents.entries()) {
    while (blockCount(when, drive) < ends[i]) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (ended) throw new Error(`ectar ended before accident ${i}: ${await said(output)}`);
    }
    process.kill("SIGSTOP");
    happens(process);
    process.kill("SIGCONT");
  }
  const { code, stdout, stderr } = await output;
  const run = asRun(code, stdout, stderr);
  assertNoDefect(run, args);
  return run;
}

async function said(output: Promise<Deno.CommandOutput>): Promise<string> {
  const { stdout, stderr } = await output;
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
