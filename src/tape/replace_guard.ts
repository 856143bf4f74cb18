/**
 * The guard before a tape takes the place of a lost one: as for any other tape, and besides, a tape
 * of the same archive with another shard is never overwritten: it may be needed.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { refuseUnlessWritable } from "./rait_guard.ts";
import { describeTape, findTape, type FoundTape } from "./tape_set.ts";
import type { TimedDevice } from "./timed_device.ts";

/** What is to be written. */
export interface Replacement {
  /** Archive UUID. */
  archiveUuid: string;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
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
  replacement: Replacement,
): Promise<void> {
  const [failure] = await refuseUnlessWritable([device], replacement.overwrite);
  if (failure !== undefined) {
    throw new EctarError("io", `nothing was written: ${failure}`, { drive: device.name });
  }
  if (!replacement.overwrite) return;
  const found = await findTape(device, { uuid: replacement.archiveUuid });
  await device.rewind();
  if (!holdsAnotherShard(found, replacement)) return;
  const hint = found.kind === "labelled"
    ? "load another tape: this one is needed to restore"
    : `load another tape: this one may be needed; if not, "ectar tape erase" it first`;
  throw new EctarError(
    "exists",
    `nothing was written: drive ${device.name} holds ${describeTape(found)}`,
    { drive: device.name, hint },
  );
}

/** Without a label nothing says that the shard is of another archive, so it counts as of this. */
function holdsAnotherShard(found: FoundTape, { k, m, shard }: Replacement): boolean {
  if (found.kind === "labelled") return found.label.shard !== shard;
  if (found.kind !== "unlabelled") return false;
  const { header } = found;
  return header.k === k && header.m === m && header.sharenum !== shard;
}
