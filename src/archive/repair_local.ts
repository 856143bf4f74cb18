/**
 * Repairing on this machine.
 *
 * @module
 */

import { dropFileCache } from "../../ffi/drop_cache.ts";
import { EctarError } from "../errors.ts";
import type { DriveEvent } from "../tape/rait_options.ts";
import { FramePool } from "../zstd/frame_pool.ts";
import { FileSpool } from "./file_spool.ts";
import { hostName } from "./host_name.ts";
import { repairArchive, type RepairOptions, type RepairSummary } from "./repair.ts";
import { replaceTape } from "./repair_tape.ts";
import type { ReplacedTape, ReplaceProgress } from "./repair_tape_options.ts";
import { closeDrives, openDrives } from "./tape_drives.ts";
import { type ArchivePlaces, openPlaces, tapeSetUuid } from "./tape_input.ts";

/**
 * Repairs an archive in files; see {@link repairArchive}.
 *
 * @throws {EctarError} as `repairArchive`
 */
export async function repairFiles(
  options: Omit<RepairOptions, "dropCache">,
): Promise<RepairSummary> {
  const decompressor = new FramePool();
  try {
    return await repairArchive({ ...options, dropCache: dropFileCache }, decompressor);
  } finally {
    decompressor.close();
  }
}

/** Which tape is replaced, and from what. */
export interface ReplaceOnDrive
  extends Omit<ArchivePlaces, "needsShards" | "onDrives" | "onTarBytes"> {
  /** Shard that the lost tape held. */
  shard: number;
  /** Drive with the new tape, as for `openTapeDevice`. */
  drive: string;
  /** Write a tape that holds something; what is on it is lost. @default false */
  overwrite?: boolean | undefined;
  /** Read the new tape back when it is written. @default false */
  verify?: boolean | undefined;
  /** Directory for temporary records. */
  spoolDirectory: string;
  /** Told of what happens to the drive with the new tape. */
  onDriveEvent?: ((event: DriveEvent) => void) | undefined;
  /** Called with how far it is. */
  onProgress?: ((progress: ReplaceProgress) => void) | undefined;
}

/**
 * Writes the lost tape of a set onto a new one; see {@link replaceTape}.
 *
 * @throws {EctarError} as `replaceTape`, `openPlaces` and `openDrives`
 */
export async function replaceOnDrive(options: ReplaceOnDrive): Promise<ReplacedTape> {
  const { shard, drive, overwrite, verify, spoolDirectory, onDriveEvent, onProgress, ...places } =
    options;
  if (places.devices?.includes(drive)) {
    throw new EctarError("usage", `drive ${drive} cannot be read and replaced at the same time`);
  }
  const shards = await openPlaces({ ...places, needsShards: true });
  const decompressor = new FramePool();
  try {
    const { onNotice, signal, timeouts, bufferBytes } = places;
    const drives = await openDrives([drive], "write", {
      ...signal === undefined ? {} : { signal },
      ...onNotice === undefined ? {} : { onNotice },
      ...timeouts === undefined ? {} : { timeouts },
    });
    try {
      const [device] = drives;
      if ("failure" in device) {
        throw new EctarError("io", `drive ${drive}: ${device.failure}`, { drive });
      }
      return await replaceTape({
        shards,
        setUuid: tapeSetUuid(shards),
        decompressor,
        shard,
        device,
        overwrite,
        verify,
        host: hostName(),
        bufferBytes,
        timeouts,
        newSpool: () => FileSpool.create(spoolDirectory),
        signal,
        onDriveEvent,
        onNotice,
        onProgress,
      });
    } finally {
      await closeDrives(drives);
    }
  } finally {
    decompressor.close();
    await shards.close();
  }
}
