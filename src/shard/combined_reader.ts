/**
 * Shards of one archive that lie in several kinds of places: some on tapes, some in files.
 *
 * @module
 */

import type { IndexHandle, ShardHandle, ShardSetReader } from "./shard_io.ts";

/** Reads several places as one. */
export class CombinedReader implements ShardSetReader {
  readonly name: string;
  /** The places. */
  readonly readers: readonly ShardSetReader[];

  /**
   * @param readers the places, whose indexes are likelier the earlier they come; all are closed with
   *   this one
   */
  constructor(readers: readonly [ShardSetReader, ...ShardSetReader[]]) {
    this.name = readers[0].name;
    this.readers = readers;
  }

  get remarks(): readonly string[] {
    return this.readers.flatMap((reader) => reader.remarks);
  }

  async chunkNumbers(): Promise<readonly number[]> {
    const numbers = await Promise.all(this.readers.map((reader) => reader.chunkNumbers()));
    return [...new Set(numbers.flat())].sort((a, b) => a - b);
  }

  async openChunk(chunk: number): Promise<ShardHandle[]> {
    const opened = await Promise.allSettled(
      this.readers.map((reader) => reader.openChunk(chunk)),
    );
    const handles = opened.flatMap((each) => each.status === "fulfilled" ? each.value : []);
    const failed = opened.find((each) => each.status === "rejected");
    if (failed === undefined) return handles;
    for (const handle of handles) await handle.close();
    throw failed.reason;
  }

  async indexes(): Promise<readonly IndexHandle[]> {
    return (await Promise.all(this.readers.map((reader) => reader.indexes()))).flat();
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.readers.map((reader) => reader.close()));
    const failed = closed.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
