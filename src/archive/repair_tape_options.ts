/**
 * What replacing a lost tape takes, tells on the way, and comes to.
 *
 * @module
 */

import type { RecordSpool } from "../index/record_spool.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
import type { TapeDevice } from "../tape/device.ts";
import type { DriveEvent } from "../tape/rait_options.ts";
import type { DriveTimeouts } from "../tape/timed_device.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";
import type { TapeFault } from "./repair_tape_read_back.ts";

/** How a tape is replaced. */
export interface ReplaceTapeOptions {
  /** The archive: its other tapes, and the old one if it is there; the caller closes it. */
  shards: ShardSetReader;
  /** UUID of the tape set, where the shards' places tell it. */
  setUuid: string | undefined;
  /** Decompresses frames, where no index is good; the caller closes it. */
  decompressor: FrameCompressor;
  /** Shard that the lost tape held. */
  shard: number;
  /** The drive with the new tape, opened for writing; the caller closes it. */
  device: TapeDevice;
  /**
   * Write a tape that holds something; what is on it is lost. Where that is the shard itself, the
   * others are read once before, to prove that they do without it. @default false
   */
  overwrite?: boolean | undefined;
  /** Read the tape back when it is written. @default false */
  verify?: boolean | undefined;
  /** Name of this host, for the label. */
  host: string;
  /** UUID of the new volume. @default a random one */
  volumeUuid?: string | undefined;
  /** Bytes of memory for the new tape's blocks. */
  bufferBytes?: number | undefined;
  /** How long the drive may be silent. */
  timeouts?: Partial<DriveTimeouts> | undefined;
  /** Makes a place for records. */
  newSpool: () => Promise<RecordSpool>;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Told of what happens to the drive. */
  onDriveEvent?: ((event: DriveEvent) => void) | undefined;
  /** Told what takes its time: one line each. */
  onNotice?: ((text: string) => void) | undefined;
  /** Called with how far it is. */
  onProgress?: ((progress: ReplaceProgress) => void) | undefined;
}

/** How far the replacing of a tape is. */
export interface ReplaceProgress {
  /** What is being done: see `overwrite` for the proving, `verify` for the reading back. */
  phase: "proving" | "writing" | "reading back";
  /** Bytes done in this phase: of chunks, or of the tape. */
  bytes: number;
  /** Chunk, from 1. */
  chunk: number;
}

/** A chunk that cannot be recovered. */
export interface LostChunk {
  /** Chunk number, from 1. */
  chunk: number;
  /** One line: why not. */
  reason: string;
}

/** What came of it. */
export interface ReplacedTape {
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  uuid: string;
  /** Shard on the tape. */
  shard: number;
  /** UUID of the new volume. */
  volumeUuid: string;
  /** Chunks on the tape. */
  chunks: number;
  /** Bytes of them. */
  bytes: number;
  /** Whether the tape holds an index. */
  indexWritten: boolean;
  /**
   * Chunks behind those on the tape that were found and cannot be recovered: of an archive that was
   * never finished, and has no index, they may be torn.
   */
  lost: LostChunk[];
  /** What differed when it was read back; undefined when it was not. */
  readBack: readonly TapeFault[] | undefined;
  /** What was noticed, one line each. */
  remarks: string[];
}
