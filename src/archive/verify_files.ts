/**
 * Comparing every member of an archive, content and metadata, with its record in the index.
 *
 * @module
 */

import type { ChunkExtent } from "../chunk/read_archive.ts";
import { EctarError } from "../errors.ts";
import type { FileRecord } from "../index/records.ts";
import { printablePath } from "../printable.ts";
import { streamRecords } from "./list.ts";
import type { OpenArchive, OpenIndex } from "./open_archive.ts";
import { recordPath } from "./selected_ranges.ts";

/** A file whose content or metadata is not what the index says. */
export interface WrongFile {
  /** Printable path. */
  path: string;
  /** What differs. */
  reason: string;
}

/** How members are compared. */
export interface CompareOptions {
  /** Members, in order, to pass over. */
  skip: number;
  /** Whether to end now; asked at each member. */
  isTimeUp: () => boolean;
  /** Ends the run. */
  signal: AbortSignal | undefined;
  /** Called with the tar bytes compared so far, and how many there are. */
  onProgress: (bytes: number, totalBytes: number) => void;
}

/** What came of comparing members. */
export interface FileComparison {
  /** Members that differ. */
  wrong: WrongFile[];
  /** Records of the index dealt with, those passed over included. */
  compared: number;
  /** Whether all were. */
  isDone: boolean;
  /** What is wrong with the index, or undefined. */
  indexProblem: string | undefined;
}

/** Most wrong files that are listed. */
export const MAX_WRONG_FILES = 10_000;

/** Ends the stream when time is up. */
class TimeUp extends Error {}

/**
 * Reads members and compares them with their records, in order.
 *
 * @throws {EctarError} `interrupted`, `not-found` without shards
 */
export async function compareFiles(
  archive: OpenArchive,
  index: OpenIndex,
  options: CompareOptions,
): Promise<FileComparison> {
  const records = new Records(index.reader.files());
  const result: FileComparison = {
    wrong: [],
    compared: 0,
    isDone: false,
    indexProblem: undefined,
  };
  const blame = (file: FileRecord, reason: string) => {
    if (result.wrong.length >= MAX_WRONG_FILES) return;
    result.wrong.push({ path: printablePath(recordPath(file)), reason });
  };
  let extents: ChunkExtent[] = [];
  let tarEnd = 0;
  // An index has no record of the member in whose middle its archive was ended.
  const isCutOff = ({ chunk, offset, member_size }: FileRecord) =>
    !index.head.complete && extents[chunk - 1].tarOffset + offset + member_size > tarEnd;
  const take = async (file: FileRecord) => {
    // What the index has and the stream has not was lost on the way.
    for (let record; (record = await records.takeBefore(file)) !== undefined;) {
      result.compared++;
      blame(record, "lost: it is not in the shards");
    }
    const record = await records.takeAt(file);
    if (record === undefined) {
      if (!isCutOff(file)) blame(file, "it is not in the index");
      return;
    }
    result.compared++;
    const reason = difference(file, record);
    if (reason !== undefined) blame(file, reason);
    if (options.isTimeUp()) throw new TimeUp();
  };
  try {
    extents = await extentsOf(index);
    const end = extents.at(-1)!;
    tarEnd = end.tarOffset + end.tarBytes;
    const first = await records.skip(options.skip);
    result.compared = options.skip;
    if (first !== undefined) {
      const reader = archive.requireShards();
      const from = extents[first.chunk - 1].tarOffset + first.offset;
      const part = options.skip === 0
        ? undefined
        : { extents, items: reader.ranges([{ start: from, end: tarEnd }]) };
      await streamRecords(archive, {
        checksums: true,
        signal: options.signal,
        part,
        onOffset: (tarOffset) => options.onProgress(tarOffset, tarEnd),
      }, take);
      for (let record; (record = await records.take()) !== undefined;) {
        result.compared++;
        blame(record, "lost: it is not in the shards");
      }
    }
    result.isDone = true;
  } catch (error) {
    if (error instanceof TimeUp) return result;
    if (!(error instanceof IndexFailure)) throw error;
    result.indexProblem = error.message;
    result.isDone = true;
  } finally {
    await records.close();
  }
  return result;
}

/** The index cannot be read on. */
class IndexFailure extends Error {}

/** The index's records with a look at the next one. */
class Records {
  readonly #records: AsyncGenerator<FileRecord>;
  #next: FileRecord | undefined;
  #isKnown = false;

  constructor(records: AsyncGenerator<FileRecord>) {
    this.#records = records;
  }

  /** Passes over some; returns the one after them. */
  async skip(count: number): Promise<FileRecord | undefined> {
    for (let i = 0; i < count; i++) await this.take();
    return await this.#peek();
  }

  /** The next record if it lies before a member. */
  async takeBefore(member: FileRecord): Promise<FileRecord | undefined> {
    const next = await this.#peek();
    return next !== undefined && order(next, member) < 0 ? await this.take() : undefined;
  }

  /** The next record if it lies where a member does. */
  async takeAt(member: FileRecord): Promise<FileRecord | undefined> {
    const next = await this.#peek();
    return next !== undefined && order(next, member) === 0 ? await this.take() : undefined;
  }

  async take(): Promise<FileRecord | undefined> {
    const next = await this.#peek();
    this.#isKnown = false;
    return next;
  }

  async close(): Promise<void> {
    await this.#records.return(undefined);
  }

  async #peek(): Promise<FileRecord | undefined> {
    if (!this.#isKnown) this.#next = (await fromIndex(() => this.#records.next())).value;
    this.#isKnown = true;
    return this.#next;
  }
}

/** Where each chunk lies in the tar, as the index says. */
async function extentsOf({ reader }: OpenIndex): Promise<ChunkExtent[]> {
  const extents: ChunkExtent[] = [];
  const chunks = reader.chunks();
  for (;;) {
    const { value, done } = await fromIndex(() => chunks.next());
    if (done) return extents;
    const { chunk_number: chunk, tar_offset: tarOffset, uncompressed_size: tarBytes } = value;
    extents.push({ chunk, tarOffset, tarBytes });
  }
}

async function fromIndex<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    throw new IndexFailure(error.message, { cause: error });
  }
}

/** By place in the tar. */
function order(one: FileRecord, other: FileRecord): number {
  return one.chunk - other.chunk || one.offset - other.offset;
}

/** What is different, or undefined. */
function difference(read: FileRecord, recorded: FileRecord): string | undefined {
  if (read.checksum === "" && recorded.checksum !== "") return "a part of its content is lost";
  if (read.checksum !== recorded.checksum) return "its content is not what was archived";
  for (const [name, value] of Object.entries(recorded)) {
    if (JSON.stringify(read[name as keyof FileRecord]) !== JSON.stringify(value)) {
      return `${name} differs from the index`;
    }
  }
  return undefined;
}
