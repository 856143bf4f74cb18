/**
 * Runs of ectar that a signal ends somewhere on their way.
 *
 * @module
 */

import { asRun, spawnEctar } from "../cli/run_ectar.ts";
import { namesIn } from "../cli/sample_tree.ts";

/** When a signal is sent: resolves then, or gives up once the run has ended. */
export type Moment = (ended: AbortSignal) => Promise<void>;

/** Runs ectar and sends it a signal as soon as `when` resolves; whether that ended it. */
export async function runAndSignal(
  cwd: string,
  args: string[],
  signal: Deno.Signal,
  when: Moment,
): Promise<{ killed: boolean; code: number; stderr: string }> {
  const child = spawnEctar(cwd, args);
  const ended = new AbortController();
  const output = child.output().finally(() => ended.abort());
  await when(ended.signal);
  try {
    if (!ended.signal.aborted) child.kill(signal);
  } catch {
    // It has just ended by itself.
  }
  const { code, stdout, stderr, signal: by } = await output;
  return { killed: by === signal, code, stderr: asRun(code, stdout, stderr).stderr };
}

/** Resolves after a time. */
export function after(milliseconds: number): Moment {
  return (ended) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        ended.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      ended.addEventListener("abort", done);
    });
}

/** Resolves when the directory holds something that matches. */
export function seen(directory: string, pattern: RegExp): Moment {
  return async (ended) => {
    while (!ended.aborted && !namesIn(directory).some((name) => pattern.test(name))) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}
