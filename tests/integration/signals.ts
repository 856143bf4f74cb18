/**
 * Runs of ectar that a signal ends somewhere on their way.
 *
 * @module
 */

import { asRun, ECTAR } from "../cli/run_ectar.ts";
import { namesIn } from "../cli/sample_tree.ts";

/** Runs ectar and sends it a signal as soon as `when` resolves; whether that ended it. */
export async function runAndSignal(
  cwd: string,
  args: string[],
  signal: Deno.Signal,
  when: () => Promise<void>,
): Promise<{ killed: boolean; code: number; stderr: string }> {
  const [command, ...rest] = [...ECTAR, ...args];
  const child = new Deno.Command(command, {
    args: rest,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  let ended = false;
  output.then(() => ended = true);
  await Promise.race([when(), output]);
  try {
    if (!ended) child.kill(signal);
  } catch {
    // It has just ended by itself.
  }
  const { code, stdout, stderr, signal: by } = await output;
  return { killed: by === signal, code, stderr: asRun(code, stdout, stderr).stderr };
}

/** Resolves after a time. */
export const after = (milliseconds: number) => () =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Resolves when the directory holds something that matches. */
export function seen(directory: string, pattern: RegExp): () => Promise<void> {
  return async () => {
    for (let turns = 0; turns < 20_000; turns++) {
      if (namesIn(directory).some((name) => pattern.test(name))) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}
