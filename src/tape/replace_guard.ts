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

/** What may be lost with the tape that is to be written. */
export type OverwriteFinding =
  /** Nothing of the archive. */
  | "nothing"
  /** The very shard that is to be written, and with it perhaps the last good copy of some pieces. */
  | "same-shard";

/**
 * Looks at the tape and rewinds it.
 *
 * @returns what of the archive is on it
 * @throws {EctarError} `exists`, `permission`, `not-found`, `io` when it must not be written
 */
export async function refuseUnlessReplaceable(
  device: TimedDevice,
  replacement: Replacement,
): Promise<OverwriteFinding> {
  const [failure] = await refuseUnlessWritable([device], replacement.overwrite);
  if (failure !== undefined) {
    throw new EctarError("io", `nothing was written: ${failure}`, { drive: device.name });
  }
  if (!replacement.overwrite) return "nothing";
  const found = await findTape(device, { uuid: replacement.archiveUuid });
  await device.rewind();
  const held = shardOf(found, replacement);
  if (held === undefined) return "nothing";
  if (held === replacement.shard) return "same-shard";
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
function shardOf(found: FoundTape, { k, m }: Replacement): number | undefined {
  if (found.kind === "labelled") return found.label.shard;
  if (found.kind !== "unlabelled") return undefined;
  const { header } = found;
  return header.k === k && header.m === m ? header.sharenum : undefined;
}
