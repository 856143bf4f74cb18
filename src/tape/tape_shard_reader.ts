/**
 * Finds and reads the shards of an archive on tapes: in any drives, in any order, with some tapes
 * absent, wrong or damaged.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { IndexHandle, ShardHandle, ShardSetReader } from "../shard/shard_io.ts";
import { ArchiveTape, type ChunkPosition } from "./archive_tape.ts";
import { tapeIndexHandle } from "./tape_index_handle.ts";
import type { RaitDrive } from "./rait_options.ts";
import {
  type ArchiveChoice,
  chooseSet,
  type ChosenSet,
  describeTape,
  findTape,
  type FoundTape,
  type UsableTape,
} from "./tape_set.ts";
import { TapeShardHandle } from "./tape_shard_handle.ts";
import { type DriveTimeouts, TimedDevice } from "./timed_device.ts";

export type { ChunkPosition } from "./archive_tape.ts";
export type { ArchiveChoice, ChosenSet } from "./tape_set.ts";

/** How tapes are read. */
export interface TapeReaderOptions extends ArchiveChoice {
  /** Bytes of memory for all drives together. @default 268435456 */
  bufferBytes?: number;
  /** How long a drive may be silent. */
  timeouts?: Partial<DriveTimeouts>;
  /** Shards that lie elsewhere: their tapes are not called missing. */
  elsewhere?: ReadonlySet<number>;
}

/**
 * Reads the shards of one archive from tapes.
 *
 * Positions come from an index (`usePositions`), or from the layout (the chunk n is in the n-th
 * tape file behind the label) and, for how many there are, from going through the tape once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MockTapeDevice, TapeShardReader } from "@ectar/ectar";
 *
 * const blank = new MockTapeDevice({ name: "drive 0" });
 * await assert.rejects(TapeShardReader.open([blank]), /drive 0: a blank tape/);
 * ```
 */
export class TapeShardReader implements ShardSetReader {
  /** The tape set being read. */
  readonly set: ChosenSet;
  readonly #tapes: readonly ArchiveTape[];
  readonly #devices: readonly TimedDevice[];
  readonly #remarks: string[];
  #positions: Map<number, ChunkPosition> | undefined;
  #surveyed: Promise<number> | undefined;

  private constructor(
    set: ChosenSet,
    tapes: readonly ArchiveTape[],
    devices: readonly TimedDevice[],
    remarks: string[],
  ) {
    this.set = set;
    this.#tapes = tapes;
    this.#devices = devices;
    this.#remarks = remarks;
  }

  /**
   * Looks at the tapes in all drives and takes those of one archive. Which are still wanted is in
   * `remarks` and `missingShards`; fewer than k are no error here, for other places may hold more.
   *
   * @param drives opened drives, or dead ones
   * @throws {EctarError} `not-found` when no tape of the archive is there, `usage` when two archives
   * are equally present and none was chosen
   */
  static async open(
    drives: readonly RaitDrive[],
    options: TapeReaderOptions = {},
  ): Promise<TapeShardReader> {
    const remarks: string[] = [];
    const devices: TimedDevice[] = [];
    const found = new Map<string, FoundTape>();
    await Promise.all(drives.map(async (drive) => {
      // The order of the drives, not of their answers, is that of all messages.
      found.set(drive.name, { kind: "unread", reason: "not looked at" });
      if ("failure" in drive) {
        found.set(drive.name, { kind: "unread", reason: drive.failure });
        return;
      }
      const device = new TimedDevice(drive, options.timeouts);
      devices.push(device);
      try {
        found.set(drive.name, await findTape(device, options));
      } catch (error) {
        found.set(drive.name, { kind: "unread", reason: (error as Error).message });
      }
    }));
    try {
      const set = chooseSet(found, options);
      const slots = Math.floor((options.bufferBytes ?? 256 << 20) / drives.length / set.blockSize);
      const tapes: ArchiveTape[] = [];
      for (const [drive, tape] of found) {
        const own = belongs(tape, set) ? new ArchiveTape(tape, slots) : undefined;
        if (own !== undefined) tapes.push(own);
        else {
          // Of a tape that was not read nobody knows which archive it belongs to.
          const verdict = tape.kind === "unread"
            ? " cannot be read"
            : `: not of ${printablePath(set.name)}`;
          remarks.push(`drive ${drive}${verdict}: ${describeTape(tape)}`);
        }
      }
      const reader = new TapeShardReader(set, tapes, devices, remarks);
      for (const shard of reader.missingShards) {
        if (options.elsewhere?.has(shard)) continue;
        remarks.push(`the tape with shard ${shard} of ${printablePath(set.name)} is in no drive`);
      }
      return reader;
    } catch (error) {
      await closeAll(devices);
      throw error;
    }
  }

  get name(): string {
    return this.set.name;
  }

  get remarks(): readonly string[] {
    return [...this.#remarks, ...this.#tapes.flatMap((tape) => tape.remarks)];
  }

  /** Shards of which no tape is in a drive. */
  get missingShards(): number[] {
    const present = new Set(this.#tapes.map((tape) => tape.shard));
    return Array.from({ length: this.set.m }, (_, shard) => shard).filter((s) => !present.has(s));
  }

  /**
   * Takes the positions from an index. What is on a tape is still found where the index calls it
   * missing: it may have been written after all.
   *
   * @param positions one per chunk, chunks rising from 1
   */
  usePositions(positions: Iterable<ChunkPosition>): void {
    this.#positions = new Map();
    for (const position of positions) this.#positions.set(position.chunk, position);
    for (const tape of this.#tapes) tape.computeStarts(this.#positions.values());
  }

  async chunkNumbers(): Promise<readonly number[]> {
    if (this.#positions !== undefined) return [...this.#positions.keys()].sort((a, b) => a - b);
    const chunks = await this.#survey();
    return Array.from({ length: chunks }, (_, i) => i + 1);
  }

  openChunk(chunk: number): Promise<ShardHandle[]> {
    const position = this.#positions?.get(chunk);
    if (this.#positions !== undefined && position === undefined) return Promise.resolve([]);
    const handles = this.#tapes.flatMap((tape) => {
      const place = tape.placeOf(chunk, position);
      return place === undefined ? [] : [new TapeShardHandle(tape, chunk, place)];
    });
    return Promise.resolve(handles);
  }

  async indexes(): Promise<readonly IndexHandle[]> {
    const handles = await Promise.all(this.#tapes.map(async (tape) => {
      const file = await tape.findIndex(this.set.archiveUuid);
      return file === undefined ? [] : [tapeIndexHandle(tape, file)];
    }));
    return handles.flat();
  }

  /** Lets go of the drives; each tape stays where it is. */
  async close(): Promise<void> {
    await Promise.all(this.#tapes.map((tape) => tape.stop()));
    await closeAll(this.#devices);
  }

  /** How many chunks the tapes hold. An index on one tape shows where all of them end. */
  #survey(): Promise<number> {
    this.#surveyed ??= (async () => {
      const surveys = await Promise.all(this.#tapes.map((tape) => tape.survey()));
      const ended = surveys.filter((each) => each?.indexFile !== undefined);
      const from = ended.length > 0 ? ended : surveys;
      const chunks = Math.max(0, ...from.map((each) => each?.chunks ?? 0));
      for (const tape of this.#tapes) tape.limitTo(chunks);
      return chunks;
    })();
    return this.#surveyed;
  }
}

/** Whether a tape is one of the set, as its label or else its shards say. */
function belongs(
  tape: FoundTape,
  set: ChosenSet,
): tape is UsableTape {
  if (tape.kind === "labelled") {
    return tape.label.setUuid === set.setUuid && tape.label.archiveUuid === set.archiveUuid &&
      tape.label.k === set.k && tape.label.m === set.m;
  }
  return tape.kind === "unlabelled" && tape.header.k === set.k && tape.header.m === set.m &&
    tape.blockSize === set.blockSize;
}

async function closeAll(devices: readonly TimedDevice[]): Promise<void> {
  await Promise.all(devices.map((device) => device.close().catch(() => {})));
}
