/**
 * What can be done with the tapes themselves: each of it on several drives at once, and one drive's
 * failure does not keep the others from being done.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TapeStatus } from "../tape/device.ts";
import { type DumpSink, type DumpSummary, dumpTape } from "../tape/dump.ts";
import { type GuardFinding, inspectForWriting } from "../tape/guard.ts";
import { identifyTape, type TapeIdentity } from "../tape/identify.ts";
import { openTapeDevice, type OpenTapeMode, type OpenTapeOptions } from "../tape/open_device.ts";
import { describeTape, findTape } from "../tape/tape_set.ts";
import { TimedDevice } from "../tape/timed_device.ts";
import { untilStopped } from "../tape/until_stopped.ts";

/** How drives are used. */
export interface TapeCommandOptions extends OpenTapeOptions {
  /** Stops waiting for drives. */
  signal?: AbortSignal;
}

/** What came of one drive. */
export type DriveResult<T> =
  /** It was done. */
  | { drive: string; value: T }
  /** It failed. */
  | { drive: string; error: EctarError };

/** What each drive says of itself. */
export async function tapeStatus(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<TapeStatus>[]> {
  return await onEach(specs, "status", options, (device) => device.status());
}

/** What is on each tape; leaves it rewound. */
export async function identifyTapes(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<TapeIdentity>[]> {
  return await onEach(specs, "read", options, (device) => identifyTape(device, options.timeouts));
}

/** Winds each tape to its beginning. */
export async function rewindTapes(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<void>[]> {
  return await onEach(specs, "read", options, (device) => device.rewind());
}

/** Ejects each tape. */
export async function ejectTapes(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<void>[]> {
  return await onEach(specs, "read", options, (device) => device.unload());
}

/**
 * Erases each tape.
 *
 * @returns what was on each
 */
export async function eraseTapes(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<GuardFinding>[]> {
  // To be written, an image that is not there is a blank tape; erasing one is a slip of the pen.
  const there = await onEach(specs, "status", options, () => Promise.resolve());
  const missing = there.flatMap((result) => "error" in result ? [result] : []);
  if (missing.length > 0) return missing;
  return await onEach(specs, "write", options, async (device) => {
    const finding = await inspectForWriting(device);
    if (finding.kind === "unusable" && finding.code !== "io") {
      throw new EctarError(finding.code, `${device.name}: ${finding.reason}`, {
        drive: device.name,
        hint: finding.hint,
      });
    }
    await device.rewind();
    if (options.signal?.aborted) throw new EctarError("interrupted", "nothing was erased");
    await device.erase();
    return finding;
  });
}

/** In a phrase what each tape begins with, as erasing it would lose. */
export async function inspectTapes(
  specs: readonly string[],
  options: TapeCommandOptions = {},
): Promise<DriveResult<string>[]> {
  return await onEach(
    specs,
    "read",
    options,
    async (device) => describeTape(await findTape(device, {})),
  );
}

/** Copies what is on each tape to files. */
export async function dumpTapes(
  specs: readonly string[],
  sink: DumpSink,
  options: TapeCommandOptions = {},
): Promise<DriveResult<DumpSummary>[]> {
  return await onEach(
    specs,
    "read",
    options,
    (device) => dumpTape(device, sink, options.timeouts),
  );
}

async function onEach<T>(
  specs: readonly string[],
  mode: OpenTapeMode,
  options: TapeCommandOptions,
  work: (device: TimedDevice) => Promise<T>,
): Promise<DriveResult<T>[]> {
  const running = specs.map((drive) => onOne(drive, mode, options, work));
  return await untilStopped(Promise.all(running), options.signal);
}

async function onOne<T>(
  drive: string,
  mode: OpenTapeMode,
  options: TapeCommandOptions,
  work: (device: TimedDevice) => Promise<T>,
): Promise<DriveResult<T>> {
  let device: TimedDevice | undefined;
  try {
    device = new TimedDevice(await openTapeDevice(drive, mode, options), options.timeouts);
    return { drive, value: await work(device) };
  } catch (error) {
    if (error instanceof EctarError) return { drive, error };
    throw error;
  } finally {
    await device?.close().catch(() => {});
  }
}
