/**
 * The executable that `deno compile` makes.
 *
 * @module
 */

import { PERMISSIONS } from "./permissions.ts";
import { output, PROJECT } from "./run.ts";
import type { Target } from "./targets.ts";
import { workerModules } from "./workers.ts";

/**
 * Compiles `entry` to `path`.
 *
 * @returns undefined, or why it cannot be done: the runtime to embed (denort) cannot be had
 */
export async function compileNative(
  entry: string,
  target: Target,
  path: string,
): Promise<string | undefined> {
  const includes = workerModules().flatMap((worker) => ["--include", PROJECT + worker]);
  try {
    await output(Deno.execPath(), [
      "compile",
      "--quiet",
      "--no-check",
      // The entry may lie outside the project.
      "--config",
      `${PROJECT}deno.json`,
      ...PERMISSIONS,
      ...includes,
      "--target",
      target.triple,
      "--output",
      path,
      entry,
    ]);
    return undefined;
  } catch (error) {
    const message = (error as Error).message;
    // Anything but a failed download is a defect of the build.
    if (!/denort|dl\.deno\.land|download/i.test(message)) throw error;
    return "its runtime (denort) is neither in DENORT_BIN nor in Deno's cache nor to be downloaded";
  }
}
