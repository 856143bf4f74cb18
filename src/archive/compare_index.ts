/**
 * Whether an index says of the chunks what they say of themselves.
 *
 * @module
 */

import { IndexReader } from "../index/index_reader.ts";
import type { ChunkRecord } from "../index/records.ts";
import type { IndexHandle } from "../shard/shard_io.ts";

/** What is proven of a chunk; checksums of pieces only where all its shards were encoded anew. */
export type ProvenRecord = Omit<ChunkRecord, "piece_crc32"> & Partial<ChunkRecord>;

/** An index being compared with chunks as they are proven, in rising order. */
export class IndexComparison {
  /** The index, which can be read from end to end. */
  readonly handle: IndexHandle;
  readonly #records: AsyncGenerator<ChunkRecord>;
  #problem: string | undefined;

  constructor(handle: IndexHandle) {
    this.handle = handle;
    this.#records = new IndexReader(handle).chunks();
  }

  /** What is wrong with it, or undefined. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes the next chunk. */
  async take(proven: ProvenRecord): Promise<void> {
    if (this.#problem !== undefined) return;
    const chunk = proven.chunk_number;
    let record: ChunkRecord | undefined;
    do record = (await this.#records.next()).value; while (
      record !== undefined && record.chunk_number < chunk
    );
    if (record !== undefined && agrees(record, proven)) return;
    this.#problem = `it does not describe chunk ${chunk} as it is`;
  }

  /** Lets go of the index. */
  async close(): Promise<void> {
    await this.#records.return(undefined);
  }
}

/** Whether a record says what the shards say. What only the writing run knew is left aside. */
export function agrees(record: ChunkRecord, proven: ProvenRecord): boolean {
  const { extents: _extents, missing: _missing, ...rest } = record;
  const said: ProvenRecord = rest;
  if (proven.piece_crc32 === undefined) delete said.piece_crc32;
  return JSON.stringify(Object.entries(said).sort()) ===
    JSON.stringify(Object.entries(proven).sort());
}
