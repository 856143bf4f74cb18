/**
 * Opening the drives an operator named, all at once, and telling a drive that is dead from one that
 * must not be used.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { openTapeDevice, type OpenTapeMode, type OpenTapeOptions } from "../tape/open_device.ts";
import type { DeadDrive, RaitDrive } from "../tape/rait_options.ts";
import { untilStopped } from "../tape/until_stopped.ts";

/** How drives are opened. */
export interface OpenDrivesOptions extends OpenTapeOptions {
  /** Stops waiting for drives. */
  signal?: AbortSignal | undefined;
}

/** What the system says of a drive that is broken or gone, and not merely unready or busy. */
const DEAD_ERRNOS = new Set(["EIO", "ENXIO", "ENODEV", "ENOENT", "ETIMEDOUT"]);

/**
 * Opens drives. One that cannot be opened comes back as a dead drive; for writing only where it is
 * broken or gone: what an operator can mend in a minute (no tape, write-protected, busy, no folder
 * for an image) ends the run before anything is written.
 *
 * @param specs as for `openTapeDevice`
 * @returns the drives in the same order
 * @throws {EctarError} `usage` for a drive named twice or a rewinding node, `interrupted`, and for
 *   writing whatever `openTapeDevice` throws of a drive that is not dead
 */
export async function openDrives(
  specs: readonly string[],
  mode: OpenTapeMode,
  options: OpenDrivesOptions = {},
): Promise<RaitDrive[]> {
  refuseRepetition(specs);
  const opening = specs.map((spec) => openOne(spec, mode, options));
  const results = await untilStopped(Promise.allSettled(opening), options.signal).catch((error) => {
    for (const each of opening) each.then(abandon, () => {});
    throw error;
  });
  const refusals = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  const drives = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  if (refusals.length === 0) return drives;
  await closeDrives(drives);
  throw refusals[0];
}

/** Lets go of drives, whatever state they are in. */
export async function closeDrives(drives: readonly RaitDrive[]): Promise<void> {
  await Promise.allSettled(drives.map((drive) => "failure" in drive ? undefined : drive.close()));
}

async function openOne(
  spec: string,
  mode: OpenTapeMode,
  options: OpenTapeOptions,
): Promise<RaitDrive> {
  try {
    return await openTapeDevice(spec, mode, options);
  } catch (error) {
    if (!(error instanceof EctarError) || error.code === "usage") throw error;
    if (mode === "write" && !isDead(error)) throw error;
    const failure = error.message.replace(`${spec}: `, "");
    const hung = error.context.errno === "ETIMEDOUT";
    return { name: spec, failure, hung } satisfies DeadDrive;
  }
}

function isDead({ context }: EctarError): boolean {
  return context.errno !== undefined && DEAD_ERRNOS.has(context.errno);
}

function abandon(drive: RaitDrive): void {
  if (!("failure" in drive)) drive.abandon();
}

/**
 * A drive knows when it is opened twice, but an image that is not there yet has to be told from its
 * name alone.
 */
function refuseRepetition(specs: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const spec of specs) {
    const plain = spec.replace(/\/(?:\.?\/)+/g, "/").replace(/^\.\/(?=.)/, "");
    const other = seen.get(plain);
    if (other !== undefined) {
      const also = other === spec ? "" : `, also as ${other}`;
      throw new EctarError("usage", `tape drive ${spec} is named twice${also}`);
    }
    seen.set(plain, spec);
  }
}
