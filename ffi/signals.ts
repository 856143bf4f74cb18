/**
 * What this process was started to do at signals, which Deno does not tell.
 *
 * @module
 */

/** Numbers of the signals on Linux. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal asked about. */
export type AskedSignal = keyof typeof NUMBERS;

/** The handler that means "ignore". */
const SIG_IGN = 1n;
/** Room for glibc's `struct sigaction`, which begins with the handler; in bytes. */
const SIGACTION_BYTES = 256;

/**
 * Which of `signals` are ignored, as SIGHUP is under nohup. It must be asked before Deno listens to
 * any signal: it then catches others too.
 *
 * @throws {Deno.errors.NotCapable} without `--allow-ffi`
 */
export function ignoredSignals(signals: readonly AskedSignal[]): AskedSignal[] {
  const library = Deno.dlopen("libc.so.6", {
    sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
  });
  try {
    const action = new BigUint64Array(SIGACTION_BYTES / 8);
    return signals.filter((signal) =>
      library.symbols.sigaction(NUMBERS[signal], null, action) === 0 && action[0] === SIG_IGN
    );
  } finally {
    library.close();
  }
}
