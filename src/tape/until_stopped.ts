/**
 * Waiting for drives no longer than somebody wants.
 *
 * @module
 */

import { EctarError } from "../errors.ts";

/**
 * A drive may load or wind its tape for hours; nobody who wants to stop should have to wait for it.
 * What was begun goes on behind the scenes.
 *
 * @param done what is waited for
 * @param signal stops the waiting
 * @param message what is said then
 * @throws {EctarError} `interrupted` as soon as `signal` is aborted
 */
export async function untilStopped<T>(
  done: Promise<T>,
  signal: AbortSignal | undefined,
  message = "interrupted while tape drives were busy",
): Promise<T> {
  if (signal === undefined) return await done;
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(new EctarError("interrupted", message));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // The stop comes first: what ends in the same moment counts as not done.
    return await Promise.race([stopped.promise, done]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
