/**
 * The members of an archive: from its index, or from its shards where there is none.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import type { ChunkExtent } from "../chunk/read_archive.ts";
import type { LostPart, TarItem } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import type { FileRecord } from "../index/records.ts";
import { memberSize } from "../tar/encode_member.ts";
import type { TarEntry } from "../tar/entry.ts";
import type { TarHandler, TarProblem } from "../tar/tar_handler.ts";
import { PathSelector, type SelectionOptions } from "../tree/path_selector.ts";
import { readMembers } from "./member_stream.ts";
import type { OpenArchive } from "./open_archive.ts";
import { recordOfEntry } from "./record_of_entry.ts";
import { recordPath } from "./selected_ranges.ts";

/** What to list. */
export interface ListOptions {
  /** Members to list. @default all */
  selection?: SelectionOptions | undefined;
  /** Where no index tells, read and hash all content for the records' checksums. @default false */
  checksums?: boolean | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface ListSummary {
  /** Whether an index told all. */
  fromIndex: boolean;
  /** Members listed. */
  members: number;
  /** Parts of the tar whose members are not known. */
  lostParts: readonly LostPart[];
  /** Names in the selection that chose nothing. */
  notFound: string[];
}

/**
 * Lists members in archive order.
 *
 * @param take called with each; may be slow
 * @throws {EctarError} when neither index nor shards can be read
 */
export async function listArchive(
  archive: OpenArchive,
  options: ListOptions,
  take: (file: FileRecord) => void,
): Promise<ListSummary> {
  const selector = new PathSelector(options.selection ?? {});
  let members = 0;
  const chosen = (file: FileRecord) => {
    if (!selector.selects(recordPath(file), file.entry_type === "directory")) return;
    members++;
    take(file);
  };
  const told = await listFromIndex(archive, options.signal, chosen);
  const fromIndex = told === "all";
  if (!fromIndex) {
    let place = 0;
    await streamRecords(archive, options, (file) => {
      if (place++ >= told) chosen(file);
    });
  }
  const lostParts = archive.reader?.lost ?? [];
  return { fromIndex, members, lostParts, notFound: selector.unused() };
}

/**
 * Takes the records of the index; how many there were before it could be read no further, or all.
 *
 * @throws {EctarError} `interrupted`, and what is wrong with the index where there are no shards
 */
async function listFromIndex(
  archive: OpenArchive,
  signal: AbortSignal | undefined,
  take: (file: FileRecord) => void,
): Promise<number | "all"> {
  let told = 0;
  if (archive.index === undefined) return told;
  try {
    for await (const file of archive.index.reader.files()) {
      if (signal?.aborted) throw new EctarError("interrupted", "interrupted");
      take(file);
      told++;
    }
    return "all";
  } catch (error) {
    if (!(error instanceof EctarError) || error.code === "interrupted") throw error;
    if (archive.reader === undefined) throw error;
    archive.remark(`${error.message}; the shards tell the rest`);
    return told;
  }
}

/** How records are made from the tar stream. */
export interface StreamOptions extends Pick<ListOptions, "checksums" | "signal"> {
  /** Some members only: the items to read and the chunks they lie in. @default all */
  part?: { items: AsyncIterable<TarItem>; extents: readonly ChunkExtent[] } | undefined;
  /** Called after each piece with the tar offset reached. */
  onOffset?: ((tarOffset: number) => void) | undefined;
}

/**
 * Makes the records of members from the tar stream; what is lost is in the reader's `lost`.
 *
 * @throws {EctarError} `not-found` without shards, `interrupted`
 */
export async function streamRecords(
  archive: OpenArchive,
  options: StreamOptions,
  take: (file: FileRecord) => void | Promise<void>,
): Promise<void> {
  const { part, checksums = false, onOffset } = options;
  const collector = new RecordCollector(part?.extents ?? archive.chunkExtents, checksums);
  const drain = async () => {
    for (const record of await collector.takeRecords(options.signal)) await take(record);
  };
  await readMembers(part?.items ?? archive.requireShards().tar(), collector, {
    signal: options.signal,
    onGap: () => {},
    onPiece: async (tarOffset) => {
      onOffset?.(tarOffset);
      await drain();
    },
  }, part === undefined ? "whole" : "members");
  await drain();
}

const ZEROS = new Uint8Array(1 << 20);

/** Holes of more bytes are hashed later, when others have their turn in between. */
const LONG_HOLE_BYTES = 256 * 2 ** 20;

/**
 * Turns members into records, hashing their content with holes as zeros. From a long hole on, which
 * may take hours, everything waits until the records are taken: then the run can be ended.
 */
class RecordCollector implements TarHandler {
  readonly #extents: readonly ChunkExtent[];
  readonly #checksums: boolean;
  #records: FileRecord[] = [];
  #entry: { entry: TarEntry; offset: number } | undefined;
  #hash: Hash | undefined;
  #hashed = 0;
  /** What waits: hashing, zeros to be hashed, finishing of records. */
  #waiting: (() => void | { hash: Hash; zeros: number })[] = [];

  constructor(extents: readonly ChunkExtent[], checksums: boolean) {
    this.#extents = extents;
    this.#checksums = checksums;
  }

  /**
   * Records since the last call.
   *
   * @throws {EctarError} `interrupted`
   */
  async takeRecords(signal: AbortSignal | undefined): Promise<FileRecord[]> {
    for (const step of this.#waiting) {
      const hole = step();
      for (let left = hole?.zeros ?? 0; left > 0; left -= LONG_HOLE_BYTES) {
        hashZeros(hole!.hash, Math.min(left, LONG_HOLE_BYTES));
        await new Promise((resolve) => setTimeout(resolve));
        if (signal?.aborted) throw new EctarError("interrupted", "interrupted");
      }
    }
    this.#waiting = [];
    const records = this.#records;
    this.#records = [];
    return records;
  }

  entry(entry: TarEntry, offset: number): void {
    this.#entry = { entry, offset };
    this.#hash = this.#checksums && entry.type === "file" ? createHash("sha256") : undefined;
    this.#hashed = 0;
  }

  data(bytes: Uint8Array, fileOffset: number): void {
    const hash = this.#hash;
    if (hash === undefined) return;
    this.#hashHole(hash, fileOffset);
    this.#now(() => void hash.update(bytes));
    this.#hashed += bytes.length;
  }

  entryEnd(intact: boolean, memberEnd?: number): void {
    const { entry, offset } = this.#entry!;
    const size = memberEnd === undefined ? memberSize(entry) : memberEnd - offset;
    const hash = intact ? this.#hash : undefined;
    if (hash !== undefined) this.#hashHole(hash, entry.size);
    this.#now(() => {
      const checksum = hash?.digest("hex") ?? "";
      this.#records.push(recordOfEntry(entry, this.#place(offset, size), checksum));
    });
  }

  end(): void {}

  problem(_problem: TarProblem): void {}

  /** Does a step at once, or after those that wait. */
  #now(step: () => void): void {
    if (this.#waiting.length > 0) this.#waiting.push(step);
    else step();
  }

  /** The file is zeros up to `end`. */
  #hashHole(hash: Hash, end: number): void {
    const zeros = end - this.#hashed;
    this.#hashed = end;
    if (zeros > LONG_HOLE_BYTES) this.#waiting.push(() => ({ hash, zeros }));
    else if (zeros > 0) this.#now(() => hashZeros(hash, zeros));
  }

  #place(tarOffset: number, size: number) {
    // The chunk is among the last few that were begun.
    let i = this.#extents.length - 1;
    while (i > 0 && this.#extents[i].tarOffset > tarOffset) i--;
    const extent = this.#extents[i];
    return {
      tarOffset,
      size,
      chunk: extent.chunk,
      chunkOffset: extent.tarOffset,
      chunkEnd: extent.tarOffset + extent.tarBytes,
    };
  }
}

function hashZeros(hash: Hash, count: number): void {
  for (let left = count; left > 0; left -= ZEROS.length) {
    hash.update(ZEROS.subarray(0, Math.min(ZEROS.length, left)));
  }
}
