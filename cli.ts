/**
 * The command line program.
 *
 * @module
 */

import { run } from "./src/cli/program.ts";

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // A second one must end the program even where the kernel holds a drive.
    Deno.addSignalListener(signal, () => stop.signal.aborted ? Deno.exit(130) : stop.abort());
  }
  Deno.exit(await run(Deno.args, stop.signal));
}
