/**
 * Writes every shard of an archive to a tape drive of its own (RAIT): all drives at once, and on
 * with the rest when some of them fail.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { MediumState, ShardPlacement, ShardSetWriter } from "../shard/shard_io.ts";
import { encodeZfecHeader } from "../shard/zfec_header.ts";
import { CommitPolicy } from "./commit_policy.ts";
import { DriveLane } from "./drive_lane.ts";
import { indexPadding } from "./index_padding.ts";
import { encodeLabel } from "./label.ts";
import {
  completeRaitOptions,
  type DriveSummary,
  type FullRaitOptions,
  type RaitDrive,
  type RaitOptions,
} from "./rait_options.ts";
import { refuseUnlessWritable } from "./rait_guard.ts";
import { chunksOnEnough, type Place, placement } from "./rait_placements.ts";
import { TimedDevice } from "./timed_device.ts";
import { untilStopped } from "./until_stopped.ts";

/**
 * Writes the m shards of an archive to m tape drives: tape file 0 is the label, tape file n the
 * shard of chunk n, the last one the index.
 *
 * After `close` each tape stands behind the index, and the drives are closed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MockTapeDevice, RaitShardWriter } from "@ectar/ectar";
 *
 * const drives = [0, 1, 2].map((i) => new MockTapeDevice({ name: `drive ${i}` }));
 * const writer = new RaitShardWriter(drives, {
 *   k: 2,
 *   blockSize: 512,
 *   archive: { name: "backup", uuid: crypto.randomUUID(), created: "2026-01-01T00:00:00Z" },
 *   host: "example",
 *   toolVersion: "2.0.0",
 * });
 * await writer.begin();
 * await writer.beginChunk(1);
 * await writer.write([0, 1, 2].map(() => new Uint8Array(510))); // with its header: one block
 * await writer.endChunk();
 * const [chunk] = await writer.freeze();
 * assert(chunk.every((shard) => shard.extents[0].tapeFile === 1));
 * await writer.close();
 * ```
 */
export class RaitShardWriter implements ShardSetWriter {
  readonly k: number;
  readonly m: number;
  readonly blockSize: number;
  readonly keepsIncomplete = true;
  /** UUID of the tape set. */
  readonly setUuid: string;
  readonly #options: FullRaitOptions;
  readonly #drives: readonly RaitDrive[];
  readonly #policy: CommitPolicy;
  readonly #remarks: string[] = [];
  #places: Place[] = [];
  /** Blocks of each ended chunk's shards. */
  readonly #chunkBlocks: number[] = [];
  #running = false;
  #runningBytes = 0;
  #isAborted = false;
  /** The filemark behind the last chunk is written when it is known what follows. */
  #markDue = false;

  /**
   * Takes the drives; nothing moves before `begin`.
   *
   * @param drives one per shard, in shard order
   * @param options how to write
   * @throws {EctarError} `usage` when the options contradict each other
   */
  constructor(drives: readonly RaitDrive[], options: RaitOptions) {
    this.#options = completeRaitOptions(options, drives);
    this.#drives = drives;
    this.k = options.k;
    this.m = drives.length;
    this.blockSize = this.#options.blockSize;
    this.setUuid = this.#options.setUuid;
    this.#policy = new CommitPolicy(this.#options.commitBytes);
  }

  /** What was noticed on the way, one line each. */
  get remarks(): readonly string[] {
    return this.#remarks;
  }

  /** The volume each shard lies on, for the index. */
  get volumes(): { shard: number; volume: number; uuid: string }[] {
    return this.#lanes.map((lane) => ({
      shard: lane.shard,
      volume: 0,
      uuid: lane.summary().volumeUuid,
    }));
  }

  /** How each drive stands, by shard number. */
  summary(): DriveSummary[] {
    return this.#places.map((place) => {
      if (place instanceof DriveLane) return place.summary();
      return { ...DEAD_SUMMARY, ...place };
    });
  }

  /**
   * Looks at every tape, refuses if one of them must not be written, then labels them all.
   *
   * @param signal stops it while the tapes are looked at
   * @throws {EctarError} `exists`, `permission`, `not-found` or `io` when a tape is refused, and
   * `interrupted`: nothing has been written then; `too-few` when too few drives work
   */
  async begin(signal?: AbortSignal): Promise<void> {
    const timed = this.#drives.map((drive) =>
      "failure" in drive ? drive : new TimedDevice(drive, this.#options.timeouts)
    );
    const looking = refuseUnlessWritable(timed, this.#options.overwrite);
    const usable = await untilStopped(looking, signal, "interrupted; nothing was written");
    this.#places = timed.map((drive, shard) => {
      const volumeUuid = crypto.randomUUID();
      const failure = usable[shard];
      if (failure === undefined) return this.#makeLane(drive as TimedDevice, shard, volumeUuid);
      this.#options.onDriveEvent({ kind: "failed", drive: drive.name, shard, message: failure });
      const hung = drive instanceof TimedDevice ? drive.hungIn !== undefined : drive.hung;
      const state = hung ? "hung" : "failed";
      return { shard, drive: drive.name, reason: failure, volumeUuid, state };
    });
    this.#requireEnough();
    await this.#each((lane) => lane.writeLabel(encodeLabel(this.#label(lane))));
    this.#requireEnough();
  }

  async beginChunk(chunk: number): Promise<void> {
    if (this.#running || chunk !== this.#chunkBlocks.length + 1) {
      throw new Error(`chunk ${chunk} cannot begin now`);
    }
    this.#requireEnough();
    this.#writeMarkIfDue();
    this.#running = true;
    this.#runningBytes = 0;
    for (const lane of this.#lanes) lane.beginFile();
    const { k, m } = this;
    await this.write(
      Array.from({ length: m }, (_, sharenum) => encodeZfecHeader({ k, m, padlen: 0, sharenum })),
    );
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    await Promise.all(this.#lanes.map((lane) => lane.put(shards[lane.shard])));
    this.#runningBytes += shards[0].length;
    this.#requireEnough();
    return this.#medium();
  }

  /**
   * Ends the chunk. Near the end of a tape it waits until it is known whether the chunk fitted.
   *
   * @throws {EctarError} `no-space` when the chunk did not fit on enough tapes: it is still the
   * running chunk then and can only be discarded
   */
  async endChunk(): Promise<void> {
    if (this.#runningBytes % this.blockSize !== 0) {
      throw new Error(`chunk ends within a block: ${this.#runningBytes} bytes`);
    }
    if (this.#medium() === "ok") this.#markDue = true;
    else {
      await this.#each(async (lane) => {
        lane.endFile(true);
        await lane.drain();
      });
      const holding = this.#lanes.filter((lane) => lane.alive && !lane.full).length;
      if (holding < this.#required) throw this.#noSpace("end the chunk");
    }
    this.#chunkBlocks.push(this.#runningBytes / this.blockSize);
    this.#running = false;
    this.#requireEnough();
  }

  async discardChunk(): Promise<void> {
    await this.#each((lane) => lane.discardFile(this.#chunkBlocks.length + 1));
    this.#running = false;
  }

  /**
   * Commits everything and closes the books. A chunk may have ended while its last blocks waited in
   * memory: where tapes without early warning then had no room for them, and fewer than k hold it,
   * it is taken back from those, and so is all behind it.
   *
   * @returns placements of the chunks that are kept
   * @throws {EctarError} `too-few` when too few drives are left, `no-space` when chunks had ended and
   * not one of them can be kept
   */
  async freeze(): Promise<ShardPlacement[][]> {
    this.#writeMarkIfDue(true);
    await this.#each((lane) => lane.commit());
    this.#requireEnough();
    const kept = chunksOnEnough(this.#places, this.k);
    if (kept < this.#chunkBlocks.length) {
      if (kept === 0) throw this.#noSpace("keep chunk 1");
      this.#chunkBlocks.length = kept;
      await this.#each((lane) => lane.discardFile(kept + 1));
    }
    return this.#chunkBlocks.map((blocks, i) =>
      this.#places.map((place) => placement(place, i + 1, blocks))
    );
  }

  /**
   * Writes the same index to every drive that still works, padded to whole blocks by a zstd
   * skippable frame. A drive that fails here loses its copy and nothing else: see `remarks`.
   */
  async writeIndex(index: AsyncIterable<Uint8Array>, _size: number): Promise<void> {
    const lanes = this.#lanes.filter((lane) => lane.alive);
    for (const lane of lanes) lane.beginFile();
    let bytes = 0;
    for await (const part of index) {
      await Promise.all(lanes.map((lane) => lane.put(part)));
      bytes += part.length;
    }
    const padding = indexPadding(bytes, this.blockSize);
    await Promise.all(lanes.map(async (lane) => {
      await lane.put(padding);
      await lane.endIndex();
    }));
    for (const lane of lanes) {
      if (lane.summary().indexWritten) continue;
      this.#remarks.push(`no index on the tape in drive ${lane.device.name}: ${lane.trouble}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(async ({ device }) => {
      try {
        await device.close();
      } catch (error) {
        this.#remarks.push(`drive ${device.name}: ${(error as Error).message}`);
      }
    }));
  }

  /**
   * Ends every tape at its last filemark; without an index they say that they are incomplete.
   * Another call only says again which do.
   */
  async abort(): Promise<string[]> {
    const lanes = this.#lanes;
    if (!this.#isAborted) {
      this.#isAborted = true;
      await this.#each((lane) => lane.abort());
      await this.close();
    }
    return lanes.filter((lane) => lane.committedFiles > 0).map((lane) => {
      const { chunksCommitted, volumeUuid } = lane.summary();
      return `tape in drive ${lane.device.name} (shard ${lane.shard}, volume ${volumeUuid}) is ` +
        `incomplete: ${chunksCommitted} chunks of ${this.#options.archive.name}`;
    });
  }

  get #lanes(): DriveLane[] {
    return this.#places.filter((place) => place instanceof DriveLane);
  }

  get #required(): number {
    const { onDriveFailure, minParity } = this.#options;
    return onDriveFailure === "stop" ? this.m : this.k + minParity;
  }

  async #each(work: (lane: DriveLane) => Promise<void>): Promise<void> {
    await Promise.all(this.#lanes.filter((lane) => lane.alive).map(work));
  }

  #writeMarkIfDue(last = false): void {
    if (!this.#markDue) return;
    this.#markDue = false;
    const bytes = this.#chunkBlocks[this.#chunkBlocks.length - 1] * this.blockSize;
    const synchronous = this.#policy.afterFile(bytes) === "synchronous" || last;
    for (const lane of this.#lanes) lane.endFile(synchronous);
  }

  #medium(): MediumState {
    let state: MediumState = "ok";
    for (const lane of this.#lanes) {
      if (!lane.alive) continue;
      if (lane.wasFull || (lane.bytesSinceWarning ?? 0) > this.#options.reserveBytes) return "full";
      if (lane.bytesSinceWarning !== undefined) state = "near-end";
    }
    return state;
  }

  #makeLane(device: TimedDevice, shard: number, volumeUuid: string): DriveLane {
    const { bufferBytes, startMarkBytes, blockSize, reserveBytes, onDriveEvent } = this.#options;
    // What waits in memory when a tape gives early warning must still fit on it.
    const ringBytes = Math.min(bufferBytes / this.m, reserveBytes / 2);
    return new DriveLane(device, {
      shard,
      volumeUuid,
      blockSize,
      ringBlocks: Math.floor(ringBytes / blockSize),
      startBlocks: Math.floor(startMarkBytes / this.m / blockSize),
      onEvent: onDriveEvent,
    });
  }

  #label(lane: DriveLane) {
    const { archive, host, toolVersion } = this.#options;
    const { volumeUuid } = lane.summary();
    return {
      setUuid: this.setUuid,
      volumeUuid,
      shard: lane.shard,
      volume: 0,
      k: this.k,
      m: this.m,
      blockSize: this.blockSize,
      name: archive.name,
      archiveUuid: archive.uuid,
      created: archive.created,
      host,
      toolVersion,
      firstChunk: 1,
      firstShardOffset: 0,
    };
  }

  #requireEnough(): void {
    const failed = this.summary().filter(({ state }) => state === "failed" || state === "hung");
    const alive = this.m - failed.length;
    if (alive >= this.#required) return;
    const why = failed.map(({ drive, reason }) => `${drive}: ${reason}`).join("; ");
    throw new EctarError(
      "too-few",
      `${alive} of ${this.m} tape drives still work, ` +
        `${this.#required} ${this.#required === 1 ? "is" : "are"} needed (${why})`,
      { archive: this.#options.archive.name, chunk: this.#chunkBlocks.length + 1 },
    );
  }

  #noSpace(what: string): EctarError {
    const full = this.#lanes.filter((lane) => lane.wasFull).map(({ device }) => device.name);
    return new EctarError(
      "no-space",
      `no room to ${what}: ${full.length > 0 ? `tape full in ${full.join(", ")}` : "tapes end"}`,
      { archive: this.#options.archive.name, errno: "ENOSPC" },
    );
  }
}

const DEAD_SUMMARY: Omit<DriveSummary, "drive" | "shard" | "reason" | "volumeUuid" | "state"> = {
  density: undefined,
  nearEnd: false,
  chunksCommitted: 0,
  blocks: 0,
  bytes: 0,
  bufferedBytes: 0,
  bytesPerSecond: 0,
  starved: 0,
  indexWritten: false,
};
