/**
 * What a set of tape drives is told before it writes, and what it tells.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { DEFAULT_COMMIT_BYTES } from "./commit_policy.ts";
import type { TapeDevice } from "./device.ts";
import { MAX_BLOCK_SIZE } from "../format_limits.ts";
import type { DriveTimeouts } from "./timed_device.ts";

/** @default for `RaitOptions.bufferBytes`. */
export const DEFAULT_BUFFER_BYTES = 256 * 2 ** 20;

/** @default for `RaitOptions.reserveBytes`. */
export const DEFAULT_RESERVE_BYTES = 2 ** 30;

/** A drive that could not even be opened; it still stands for a shard. */
export interface DeadDrive {
  /** As the operator named it. */
  name: string;
  /** Why it cannot be used. */
  failure: string;
  /** Whether its opening was never answered, which may block the end of the process. */
  hung?: boolean;
}

/** A drive of a tape set: opened, or dead from the start. */
export type RaitDrive = TapeDevice | DeadDrive;

/** How an archive is written to tapes. The number of drives is m. */
export interface RaitOptions {
  /** Data shards. */
  k: number;
  /** Bytes per tape block. @default 524288 */
  blockSize?: number;
  /** What goes into the labels. */
  archive: {
    /** Archive name. */
    name: string;
    /** Archive UUID. */
    uuid: string;
    /** When it was begun, RFC 3339 in UTC. */
    created: string;
  };
  /** Name of this host, for the labels. */
  host: string;
  /** ectar's version, for the labels. */
  toolVersion: string;
  /** UUID of the tape set. @default a random one */
  setUuid?: string;
  /** Write tapes that hold something; what is on them is lost. @default false */
  overwrite?: boolean;
  /** Bytes of memory for all drives together. @default 268435456 */
  bufferBytes?: number;
  /**
   * Bytes buffered, for all drives together, before a tape that stands still is moved again: a
   * drive that is fed too slowly wears head and tape. @default half of `bufferBytes`
   */
  startMarkBytes?: number;
  /** Most bytes a volume may hold between synchronous filemarks. @default 34359738368 */
  commitBytes?: number;
  /**
   * Bytes a tape is trusted to take after its early warning; a chunk that needs more is taken back.
   * @default 1073741824
   */
  reserveBytes?: number;
  /** Go on without a drive that fails, or stop. @default "continue" */
  onDriveFailure?: "continue" | "stop";
  /** Parity shards that must be left when drives fail. @default 0 */
  minParity?: number;
  /** How long a drive may be silent. */
  timeouts?: Partial<DriveTimeouts>;
  /** Told when a drive fails, warns or is full. */
  onDriveEvent?: (event: DriveEvent) => void;
}

/** Something that happened to one drive. */
export interface DriveEvent {
  /** What. */
  kind: "failed" | "near-end" | "full";
  /** Drive, as the operator named it. */
  drive: string;
  /** Shard number it writes. */
  shard: number;
  /** One line for people. */
  message: string;
}

/** How one drive stands. */
export interface DriveSummary {
  /** Drive, as the operator named it. */
  drive: string;
  /** Shard number it writes. */
  shard: number;
  /** UUID of the volume in it. */
  volumeUuid: string;
  /** SCSI density code of the volume, undefined when the drive does not tell. */
  density: number | undefined;
  /** Whether the drive has given early warning: what was written is about all the volume holds. */
  nearEnd: boolean;
  /** `hung`: its last call was never answered and may block the end of the process. */
  state: "writing" | "full" | "failed" | "hung";
  /** Why it failed, or undefined. */
  reason: string | undefined;
  /** Chunks that are safe on its tape, counted from chunk 1. */
  chunksCommitted: number;
  /** Blocks of chunks and index the drive has taken. */
  blocks: number;
  /** Bytes of them. */
  bytes: number;
  /** Bytes waiting in memory for this drive. */
  bufferedBytes: number;
  /** Bytes per second while it was writing, or 0. */
  bytesPerSecond: number;
  /** How often it had to wait for data in the middle of the archive. */
  starved: number;
  /** Whether the index stands on its tape. */
  indexWritten: boolean;
}

/** Options with every default filled in. */
export type FullRaitOptions = Required<Omit<RaitOptions, "onDriveEvent">> & {
  onDriveEvent: (event: DriveEvent) => void;
};

/**
 * Fills in the defaults and refuses what contradicts itself.
 *
 * @throws {EctarError} `usage`
 */
export function completeRaitOptions(
  options: RaitOptions,
  drives: readonly RaitDrive[],
): FullRaitOptions {
  const m = drives.length;
  const bufferBytes = options.bufferBytes ?? DEFAULT_BUFFER_BYTES;
  const full: FullRaitOptions = {
    ...options,
    blockSize: options.blockSize ?? 512 * 1024,
    setUuid: options.setUuid ?? crypto.randomUUID(),
    overwrite: options.overwrite ?? false,
    bufferBytes,
    startMarkBytes: options.startMarkBytes ?? bufferBytes / 2,
    commitBytes: options.commitBytes ?? DEFAULT_COMMIT_BYTES,
    reserveBytes: options.reserveBytes ?? DEFAULT_RESERVE_BYTES,
    onDriveFailure: options.onDriveFailure ?? "continue",
    minParity: options.minParity ?? 0,
    timeouts: options.timeouts ?? {},
    onDriveEvent: options.onDriveEvent ?? (() => {}),
  };
  const { k, blockSize, minParity } = full;
  if (!Number.isInteger(k) || k < 1 || k >= m || m > 256) {
    throw usage(
      `${m} tape drives hold ${m} shards, so data shards can be 1 to ${m - 1}, not ${k}`,
    );
  }
  if (!Number.isInteger(blockSize) || blockSize < 16 || blockSize > MAX_BLOCK_SIZE) {
    throw usage(`tape block size must be 16 bytes to 16 MiB, not ${blockSize}`);
  }
  if (!Number.isInteger(minParity) || minParity < 0 || k + minParity > m) {
    throw usage(`${m} tape drives with ${k} data shards leave ${m - k} parity, not ${minParity}`);
  }
  const names = new Set<string>();
  for (const { name } of drives) {
    if (names.has(name)) throw usage(`tape drive ${name} is named twice`);
    names.add(name);
  }
  return full;
}

function usage(message: string): EctarError {
  return new EctarError("usage", message);
}
