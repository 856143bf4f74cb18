/**
 * The guard before a tape takes the place of a lost one: as for any other tape, and besides, a tape
 * of the same archive with another shard is never overwritten: it may be needed.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { describeLabel } from "./label.ts";
import { refuseUnlessWritable } from "./rait_guard.ts";
import { findTape } from "./tape_set.ts";
import type { TimedDevice } from "./timed_device.ts";

/** What is to be written. */
export interface Replacement {
  /** Archive UUID. */
  archiveUuid: string;
  /** Shard number. */
  shard: number;
  /** Whether the operator gave up what is on the tape. */
  overwrite: boolean;
}

/**
 * Looks at the tape and rewinds it.
 *
 * @throws {EctarError} `exists`, `permission`, `not-found`, `io` when it must not be written
 */
export async function refuseUnlessReplaceable(
  device: TimedDevice,
  { archiveUuid, shard, overwrite }: Replacement,
): Promise<void> {
  const [failure] = await refuseUnlessWritable([device], overwrite);
  if (failure !== undefined) {
    throw new EctarError("io", `nothing was written: ${failure}`, { drive: device.name });
  }
  if (!overwrite) return;
  const found = await findTape(device, { uuid: archiveUuid });
  await device.rewind();
  if (found.kind !== "labelled" || found.label.shard === shard) return;
  throw new EctarError(
    "exists",
    `nothing was written: drive ${device.name} holds ${describeLabel(found.label)}`,
    { drive: device.name, hint: "load another tape: this one is needed to restore" },
  );
}
