/**
 * The program from its first to its last moment.
 *
 * @module
 */

import { run } from "./program.ts";

/** Runs the command line of this process, and ends it. */
export async function main(): Promise<never> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // A second one must end the program even where the kernel holds a drive.
    Deno.addSignalListener(signal, () => stop.signal.aborted ? Deno.exit(130) : stop.abort());
  }
  Deno.exit(await run(Deno.args, stop.signal));
}
