/**
 * Runs the built executable, mostly through a shell, as its users do.
 *
 * @module
 */

import assert from "node:assert/strict";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** The executable under test. */
export const EXECUTABLE = Deno.env.get("ECTAR_TEST_EXECUTABLE") ?? `${PROJECT}dist/ectar`;

/** Tests that act as another user, mount or leave the network need this. */
export const IS_ROOT = Deno.uid() === 0;

/** A user without an account. */
export const OTHER_USER = 54321;

/** No run takes nearly as long; a hang must not hold up everything. */
const TIME_LIMIT_S = 120;

if (!exists(EXECUTABLE)) {
  throw new Error(`there is no ${EXECUTABLE}; run \`deno task compile\` first`);
}

/** Whether the executable unpacks itself. */
export const UNPACKS = Deno.readTextFileSync(EXECUTABLE).startsWith("#!/bin/sh");

/** Whether there is something at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** How a command ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a shell script is run. */
export interface ScriptOptions {
  /** Working directory. */
  cwd: string;
  /** The only environment variables besides E, and PATH for tools other than ectar. */
  env?: Record<string, string>;
  /** Runs as this user. Needs root. */
  user?: number;
  /** Runs with a network, mounts or both of its own. Needs root. */
  unshare?: string[];
  /** The shell; `sh` unless said otherwise. */
  shell?: string;
}

/** Runs a shell script, in which `$E` is the executable. */
export async function script(options: ScriptOptions, text: string): Promise<Ended> {
  const { cwd, env = {}, user, unshare, shell = "sh" } = options;
  const variables = { E: EXECUTABLE, PATH: "/usr/local/bin:/usr/bin:/bin", ...env };
  const args = ["-k", "5", String(TIME_LIMIT_S)];
  if (unshare !== undefined) args.push("unshare", ...unshare, "--");
  if (user !== undefined) {
    args.push("setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--");
  }
  args.push("env", "-i", ...Object.entries(variables).map(([k, v]) => `${k}=${v}`));
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: [...args, shell, "-c", text],
    cwd,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const ended = { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  assert.notEqual(code, 124, `hangs: ${text}\n${ended.stderr}`);
  assert.doesNotMatch(ended.stderr, /internal error|at file:\/\/|NotCapable/, text);
  return ended;
}

/** Runs a script, which must succeed; returns what it prints. */
export async function ok(options: ScriptOptions, text: string): Promise<string> {
  const { code, stdout, stderr } = await script(options, text);
  assert.equal(code, 0, `${text}\n${stdout}${stderr}`);
  return stdout;
}

/**
 * Gives a scratch directory to `test` and removes it. It lies where root unpacks too: no directory
 * above it can be written to by others. It may be used by everyone.
 */
export async function withScratch(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir(
    IS_ROOT ? { dir: "/var/cache", prefix: "ectar-smoke-" } : {},
  );
  try {
    await Deno.chmod(directory, 0o755);
    await test(directory);
  } finally {
    await new Deno.Command("rm", { args: ["-rf", directory] }).output();
  }
}

/** Makes a directory that `user` owns, in `parent`; returns its path. */
export function directoryOf(user: number, parent: string, name: string): string {
  const path = `${parent}/${name}`;
  Deno.mkdirSync(path);
  if (IS_ROOT) Deno.chownSync(path, user, user);
  return path;
}
