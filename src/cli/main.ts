/**
 * The program from its first to its last moment.
 *
 * @module
 */

import { EXIT } from "./exit_codes.ts";
import { run } from "./program.ts";

/** Signals that end a run cleanly, with their bits in the kernel's masks. */
const SIGNALS = [["SIGHUP", 1n], ["SIGINT", 2n], ["SIGTERM", 1n << 14n]] as const;

/** Runs the command line of this process, and ends it. */
export async function main(): Promise<never> {
  const stop = new AbortController();
  // Read first of all: listening to one signal makes Deno catch others.
  const ignored = ignoredSignals();
  for (const [signal, bit] of SIGNALS) {
    // What is ignored from the start, as under nohup and in the background of a script, stays so. A
    // second signal must end the program even where the kernel holds a drive.
    const listener = (ignored & bit) !== 0n
      ? () => {}
      : () => stop.signal.aborted ? Deno.exit(EXIT.interrupted) : stop.abort();
    Deno.addSignalListener(signal, listener);
  }
  Deno.exit(await run(Deno.args, stop.signal));
}

/** The signals that this process was started to ignore. */
function ignoredSignals(): bigint {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"));
    return mask === null ? 0n : BigInt(`0x${mask[1]}`);
  } catch {
    return 0n;
  }
}
