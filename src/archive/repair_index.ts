/**
 * What becomes of an archive's index at a repair: kept where it agrees with the shards, copied over
 * bad copies, made again where there is no good one.
 *
 * @module
 */

import type { ChunkReader } from "../chunk/read_chunk.ts";
import type { RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import type { IndexHead } from "../index/records.ts";
import { FileShardSetReader } from "../shard/file_reader.ts";
import type { IndexHandle } from "../shard/shard_io.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";
import { ChunkBooks } from "./chunk_books.ts";
import { IndexComparison } from "./compare_index.ts";
import { FileSpool } from "./file_spool.ts";
import { OpenArchive } from "./open_archive.ts";
import { inspectIndex, rebuildIndex } from "./rebuild_index.ts";
import type { RepairedFile } from "./repair.ts";
import { pathOf, type RepairPlaces, type Slot } from "./repair_places.ts";

/** What became of the index. */
export type IndexState = "whole" | "repaired" | "left" | "impossible";

/** How indexes are repaired. */
export interface IndexRepairOptions {
  /** What is wanted. */
  mode: "repair" | "rebuild" | "leave";
  /** Whether nothing may be changed. */
  dryRun: boolean;
  /** Ends the run. */
  signal: AbortSignal | undefined;
}

/** Repairs the index of one archive. */
export class IndexRepair {
  readonly #archive: OpenArchive;
  readonly #places: RepairPlaces;
  readonly #options: IndexRepairOptions;
  #compared: IndexComparison[] = [];
  #bad: { path: string; problem: string; isStrange: boolean }[] = [];
  #oldHead: IndexHead | undefined;
  #books: ChunkBooks | undefined;
  #last: RebuiltChunk | undefined;

  constructor(archive: OpenArchive, places: RepairPlaces, options: IndexRepairOptions) {
    this.#archive = archive;
    this.#places = places;
    this.#options = options;
  }

  /** Reads all indexes found, before the chunks are looked at. */
  async inspect(handles: readonly IndexHandle[]): Promise<void> {
    const { mode, dryRun } = this.#options;
    if (mode === "leave") return;
    for (const handle of handles) {
      const found = await inspectIndex(handle, this.#archive.requireShards().archiveUuid);
      this.#oldHead ??= found.head;
      const problem = found.problem ?? (mode === "rebuild" ? "made again" : undefined);
      if (problem === undefined) {
        this.#compared.push(new IndexComparison(handle));
      } else {
        const isStrange = found.head === undefined;
        this.#bad.push({ path: handle.origin, problem, isStrange });
      }
    }
    if (this.#compared.length === 0 && !dryRun) this.#books = await this.#newBooks();
  }

  /** Takes the next chunk as it is proven. */
  async take(rebuilt: RebuiltChunk): Promise<void> {
    this.#last = rebuilt;
    await this.#books?.add(rebuilt.record);
    for (const compared of this.#compared) await compared.take(rebuilt.record);
  }

  /**
   * Makes right what can be; the caller commits.
   *
   * @param lost parts of the archive that cannot be read
   */
  async repair(
    lost: readonly LostPart[],
    tools: {
      decompressor: FrameCompressor;
      prove: (reader: ChunkReader) => Promise<RebuiltChunk>;
    },
  ): Promise<{ state: IndexState; problem: string | undefined; repaired: RepairedFile[] }> {
    const { mode, dryRun } = this.#options;
    if (mode === "leave") return { state: "left", problem: undefined, repaired: [] };
    for (const { handle, problem } of this.#compared) {
      if (problem === undefined) continue;
      this.#bad.push({ path: handle.origin, problem, isStrange: false });
    }
    const good = this.#compared.find(({ problem }) => problem === undefined)?.handle;
    const slots = this.#slots(good !== undefined);
    if (slots.length === 0) return { state: "whole", problem: undefined, repaired: [] };
    const repaired = slots.map(({ slot, problem }) => ({
      path: pathOf(slot),
      chunk: undefined,
      shard: undefined,
      problem,
    }));
    if (good === undefined && lost.length > 0) {
      const problem = `it cannot be rebuilt: ${lost[0].reason}`;
      return { state: "impossible", problem, repaired: [] };
    }
    if (dryRun) return { state: "repaired", problem: undefined, repaired };
    try {
      if (good !== undefined) await this.#write(slots, good.read());
      else await this.#rebuild(slots, tools);
    } catch (error) {
      if (!(error instanceof EctarError) || error.code !== "damaged") throw error;
      await this.#places.rollBack();
      return { state: "impossible", problem: error.message, repaired: [] };
    }
    return { state: "repaired", problem: undefined, repaired };
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    for (const compared of this.#compared) await compared.close();
    await this.#books?.close();
  }

  /** Where an index must be written. */
  #slots(isAnyGood: boolean): { slot: Slot; problem: string; isStrange: boolean }[] {
    if (this.#places.isInPlace && this.#bad.length > 0) {
      return this.#bad.map(({ path, ...rest }) => ({ slot: this.#places.slotOf(path), ...rest }));
    }
    if (isAnyGood) return [];
    const slot = this.#places.slotOfIndex();
    const [first] = this.#bad;
    const isReplaced = this.#bad.some(({ path }) => path === `${slot.directory}/${slot.fileName}`);
    const isStrange = isReplaced && this.#bad.some((bad) => bad.isStrange);
    return [{ slot, problem: first?.problem ?? "missing", isStrange }];
  }

  async #rebuild(
    slots: { slot: Slot; isStrange: boolean }[],
    { decompressor, prove }: Parameters<IndexRepair["repair"]>[1],
  ): Promise<void> {
    const shards = await FileShardSetReader.open(this.#places.inputs);
    const withoutIndex = {
      name: shards.name,
      remarks: shards.remarks,
      chunkNumbers: () => shards.chunkNumbers(),
      openChunk: (chunk: number) => shards.openChunk(chunk),
      indexes: () => Promise.resolve([]),
      close: () => shards.close(),
    };
    const archive = await OpenArchive.open({ shards: withoutIndex, decompressor });
    const spool = await this.#newSpool();
    try {
      const books = this.#books ?? await this.#collect(archive, prove);
      const { header, record } = this.#last!;
      await this.#write(
        slots,
        rebuildIndex({
          header,
          complete: record.last,
          oldHead: this.#oldHead,
          chunks: books.records(),
          archive,
          spool,
          signal: this.#options.signal,
        }),
      );
    } finally {
      await spool.close();
      await archive.close();
    }
  }

  async #collect(
    archive: OpenArchive,
    prove: (reader: ChunkReader) => Promise<RebuiltChunk>,
  ): Promise<ChunkBooks> {
    const books = this.#books = await this.#newBooks();
    const visit = async (reader: ChunkReader) => {
      await books.add((await prove(reader)).record);
      return { lostFrames: 0, lost: undefined };
    };
    for await (const _ of archive.requireShards().visit(visit));
    return books;
  }

  async #write(
    slots: { slot: Slot; isStrange: boolean }[],
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const like = [...this.#places.files.shards.values()][0]?.[0]?.path;
    const files = [];
    for (const { slot } of slots) {
      const directory = await this.#places.directory(slot);
      files.push(await directory.create(slot.fileName, like));
    }
    try {
      for await (const part of bytes) for (const file of files) await file.write(part);
    } catch (error) {
      for (const file of files) file.abandon();
      throw error;
    }
    for (const file of files) await file.finish();
    for (const { slot, isStrange } of slots) {
      await (await this.#places.directory(slot)).add(slot.fileName, isStrange);
    }
  }

  async #newBooks(): Promise<ChunkBooks> {
    return new ChunkBooks(await this.#newSpool());
  }

  async #newSpool(): Promise<FileSpool> {
    return await FileSpool.create(this.#places.slotOfIndex().directory);
  }
}
