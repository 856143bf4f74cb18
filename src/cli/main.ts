/**
 * The program from its first to its last moment.
 *
 * @module
 */

import { ignoredSignals } from "../../ffi/signals.ts";
import { EXIT } from "./exit_codes.ts";
import { run } from "./program.ts";

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Runs the command line of this process, and ends it. */
export async function main(): Promise<never> {
  const stop = new AbortController();
  const ignored = ignoredFromTheStart();
  for (const signal of SIGNALS) {
    // A second one must end the program even where the kernel holds a drive.
    const end = () => stop.signal.aborted ? Deno.exit(EXIT.interrupted) : stop.abort();
    Deno.addSignalListener(signal, ignored.includes(signal) ? () => {} : end);
  }
  Deno.exit(await run(Deno.args, stop.signal));
}

/** What is ignored under nohup, or in the background of a script, stays so. */
function ignoredFromTheStart(): readonly string[] {
  try {
    return ignoredSignals(SIGNALS);
  } catch {
    // Without the permission for it ectar cannot do much, and will say so.
    return [];
  }
}
