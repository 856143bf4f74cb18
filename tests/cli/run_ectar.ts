/**
 * Runs the program as its users do: cli.ts, or the executable that $ECTAR_TEST_EXECUTABLE names.
 *
 * @module
 */

import assert from "node:assert/strict";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** The executable that is tested in place of the source. */
export const EXECUTABLE: string | undefined = Deno.env.get("ECTAR_TEST_EXECUTABLE") || undefined;

/** Command line of ectar without its arguments. */
export const ECTAR: readonly string[] = EXECUTABLE !== undefined ? [EXECUTABLE] : [
  Deno.execPath(),
  "run",
  "-A",
  "--quiet",
  "--no-prompt",
  `${PROJECT}cli.ts`,
];

/** No run of these tests takes nearly as long; a hang must not hold up everything. */
const TIME_LIMIT_S = 180;

/** How a run ended. */
export interface EctarRun {
  code: number;
  stdout: string;
  stderr: string;
  /** Lines of stderr. */
  lines: string[];
}

/** What a run may have besides arguments. */
export interface RunOptions {
  /** Working directory. */
  cwd: string;
  /** Standard input. */
  stdin?: Uint8Array;
  /** Environment variables on top of the test's own. */
  env?: Record<string, string>;
  /** Another way to start ectar, such as as another user. */
  command?: readonly string[];
}

/** Runs ectar to its end. A stack trace, a hang or an internal error fails the test. */
export async function ectar(
  options: RunOptions | string,
  ...args: string[]
): Promise<EctarRun> {
  const { cwd, stdin, env, command = ECTAR } = typeof options === "string"
    ? { cwd: options }
    : options;
  const child = new Deno.Command("timeout", {
    args: ["-k", "5", String(TIME_LIMIT_S), ...command, ...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const run = asRun(code, stdout, stderr);
  assert.notEqual(code, 124, `ectar ${args.join(" ")} hangs: ${run.stderr}`);
  assertNoDefect(run, args);
  return run;
}

/** Runs ectar, which must end with `code`. */
export async function ectarExits(
  code: number,
  options: RunOptions | string,
  ...args: string[]
): Promise<EctarRun> {
  const run = await ectar(options, ...args);
  assert.equal(run.code, code, `ectar ${args.join(" ")}\n${run.stdout}${run.stderr}`);
  return run;
}

/** Runs ectar, which must fail with one line that matches. */
export async function ectarRefuses(
  code: number,
  message: RegExp,
  options: RunOptions | string,
  ...args: string[]
): Promise<EctarRun> {
  const run = await ectarExits(code, options, ...args);
  assert.match(run.stderr, message);
  assert.equal(run.lines.length, 1, `one line, not: ${run.stderr}`);
  return run;
}

/** Starts ectar, with nothing between it and the test. */
export function spawnEctar(cwd: string, args: readonly string[]): Deno.ChildProcess {
  const [command, ...rest] = [...ECTAR, ...args];
  return new Deno.Command(command, {
    args: rest,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A run from what a process left. */
export function asRun(code: number, stdout: Uint8Array, stderr: Uint8Array): EctarRun {
  const text = new TextDecoder().decode(stderr);
  const lines = text.split("\n").filter((line) => line !== "");
  return { code, stdout: new TextDecoder().decode(stdout), stderr: text, lines };
}

/** What no user should ever see. */
export function assertNoDefect({ stderr }: EctarRun, args: readonly string[]): void {
  const defect = /internal error|Uncaught|\n {4}at |TypeError|RangeError|panicked/;
  assert.ok(!defect.test(stderr), `ectar ${args.join(" ")}:\n${stderr}`);
}
