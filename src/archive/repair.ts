/**
 * Repairing an archive in files: shards that are missing, damaged or under a wrong name are made
 * again from the others, and the index from the shards. Every byte written is proven: the chunk by
 * its SHA-256s, parity by encoding it anew, the file by reading it back.
 *
 * @module
 */

import type { ChunkReader } from "../chunk/read_chunk.ts";
import { ChunkRebuilder, type RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import type { ChunkFinding } from "../chunk/read_check.ts";
import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import { FileShardSetReader } from "../shard/file_reader.ts";
import type { IndexHandle } from "../shard/shard_io.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";
import { OpenArchive } from "./open_archive.ts";
import { inspectIndex } from "./rebuild_index.ts";
import { IndexRepair, type IndexState } from "./repair_index.ts";
import { pathOf, RepairPlaces, type RepairPlacesOptions, type Slot } from "./repair_places.ts";
import { RepairTarget, type ShardSink, type ShardVerdict } from "./repair_target.ts";

/** How to repair. */
export interface RepairOptions extends Omit<RepairPlacesOptions, "output" | "dryRun"> {
  /** Directory for everything that is rebuilt; what was found stays as it is. @default in place */
  output?: string | undefined;
  /** Only tell what would be done. @default false */
  dryRun?: boolean | undefined;
  /** Whether a missing index is made: `rebuild` makes it again even if nothing is wrong with it. */
  index?: "repair" | "rebuild" | "leave" | undefined;
  /** Ends the run; chunks repaired so far stay repaired. */
  signal?: AbortSignal | undefined;
  /** Called with each file as it is repaired, or found in need of it at a dry run. */
  onRepair?: ((file: RepairedFile) => void) | undefined;
  /** Called with the chunk bytes proven so far. */
  onProgress?: ((progress: { bytes: number; chunk: number }) => void) | undefined;
}

/** A file that was made right. */
export interface RepairedFile {
  /** Path. */
  path: string;
  /** Chunk, from 1; undefined for an index. */
  chunk: number | undefined;
  /** Shard, from 0; undefined for an index. */
  shard: number | undefined;
  /** What was wrong. */
  problem: string;
}

/** What came of it. */
export interface RepairSummary {
  /** Archive name. */
  name: string;
  /** Archive UUID, where it is proven. */
  uuid: string | undefined;
  /** Whether it was a dry run. */
  dryRun: boolean;
  /** Chunks looked at. */
  chunks: number;
  /** Files made right, or to be made right. */
  repaired: RepairedFile[];
  /** What cannot be rebuilt. */
  lost: readonly LostPart[];
  /** What became of the index. */
  index: IndexState;
  /** Why the index is not as it should be, where it is not. */
  indexProblem: string | undefined;
  /** Paths under which replaced files are kept that may hold something else. */
  keptAside: string[];
  /** What else was noticed, one line each. */
  remarks: string[];
}

/**
 * Repairs an archive.
 *
 * @param decompressor the caller closes it
 * @throws {EctarError} `not-found`, `exists` when another ectar is repairing it, `no-space`,
 *   `permission`, `interrupted`
 */
export async function repairArchive(
  options: RepairOptions,
  decompressor: FrameCompressor,
): Promise<RepairSummary> {
  const { output, dryRun = false } = options;
  const places = await RepairPlaces.open({ ...options, output, dryRun });
  try {
    return await new RepairRun(options, places, decompressor).run();
  } finally {
    await places.close();
  }
}

class RepairRun {
  readonly #options: RepairOptions;
  readonly #places: RepairPlaces;
  readonly #decompressor: FrameCompressor;
  readonly #repaired: RepairedFile[] = [];
  readonly #keptAside: string[] = [];
  readonly #strays: string[] = [];
  /** Directories with an index of another archive, whose shards may lie there, too. */
  #strangePlaces: ReadonlySet<string> = new Set();
  #rebuilder: { k: number; m: number; rebuilder: ChunkRebuilder } | undefined;
  #bytes = 0;

  constructor(options: RepairOptions, places: RepairPlaces, decompressor: FrameCompressor) {
    this.#options = options;
    this.#places = places;
    this.#decompressor = decompressor;
  }

  async run(): Promise<RepairSummary> {
    const shards = await FileShardSetReader.open(this.#places.inputs);
    const archive = await OpenArchive.open({ shards, decompressor: this.#decompressor });
    const { dryRun = false } = this.#options;
    const index = new IndexRepair(archive, this.#places, {
      mode: this.#options.index ?? "repair",
      dryRun,
      signal: this.#options.signal,
    });
    try {
      const reader = archive.requireShards();
      const indexes = await shards.indexes();
      this.#strangePlaces = await this.#placesOfOthers(indexes, reader.archiveUuid);
      await index.inspect(indexes);
      const visit = (chunk: ChunkReader, number: number) =>
        this.#visit(chunk, number, shards, index);
      let chunks = 0;
      for await (const _ of reader.visit(visit)) chunks++;
      const uuid = reader.archiveUuid;
      const lost = [...reader.lost];
      const done = await index.repair(lost, {
        decompressor: this.#decompressor,
        prove: (each) => this.#collect(each),
      });
      for (const file of done.repaired) this.#note(file);
      if (uuid !== undefined) this.#keptAside.push(...await this.#places.commit(uuid));
      return {
        name: this.#places.name,
        uuid,
        dryRun,
        chunks,
        repaired: this.#repaired,
        lost,
        index: done.state,
        indexProblem: done.problem,
        keptAside: this.#keptAside,
        remarks: [...new Set(archive.remarks), ...this.#strays],
      };
    } finally {
      await index.close();
      await archive.close();
      await shards.close();
    }
  }

  async #visit(
    reader: ChunkReader,
    chunk: number,
    shards: FileShardSetReader,
    index: IndexRepair,
  ): Promise<ChunkFinding> {
    try {
      const rebuilt = await this.#repairChunk(reader, chunk, shards);
      await index.take(rebuilt);
      return { lostFrames: 0, lost: undefined };
    } catch (error) {
      await this.#places.rollBack();
      const isLost = error instanceof EctarError && ["damaged", "too-few"].includes(error.code) &&
        error.context.path === undefined;
      if (!isLost) throw error;
      return { lostFrames: 0, lost: error.message };
    }
  }

  async #repairChunk(
    reader: ChunkReader,
    chunk: number,
    shards: FileShardSetReader,
  ): Promise<RebuiltChunk> {
    const { k, m } = reader.opened.prover.shards;
    const opened = await shards.openChunk(chunk);
    const found = opened.filter(({ shard, failure }) => shard < m && failure === undefined);
    const { dryRun } = this.#options;
    try {
      const paths = this.#places.files.shards.get(chunk) ?? [];
      for (const { path, shard } of paths) {
        if (shard < m) continue;
        this.#strays.push(`${path} is left as it is: the archive has shards 0 to ${m - 1} only`);
      }
      const readable = new Set(found.map(({ origin }) => origin));
      const present = new Set(found.map(({ shard }) => shard));
      const unreadable = paths.filter(({ path, shard }) => shard < m && !readable.has(path));
      const missing = Array.from({ length: m }, (_, shard) => shard)
        .filter((shard) => !present.has(shard) && !unreadable.some((file) => file.shard === shard));
      const like = found[0]?.origin;
      const first = onePerFile([
        ...this.#places.slotsOfShards(chunk, missing)
          .map(({ shard, slot }) => ({ shard, slot, problem: "missing", isStrange: false })),
        ...unreadable.map(({ shard, path }) => ({
          shard,
          slot: this.#places.slotToWrite(path),
          problem: "cannot be read",
          isStrange: true,
        })),
      ]).filter(({ shard }) => this.#places.isInPlace || !present.has(shard));
      const target = new RepairTarget(k, m, found, await this.#sinks(dryRun ? [] : first, like));
      const rebuilt = await this.#rebuild(reader, target, chunk);
      const bad = this.#toWrite(target.verdicts, reader.opened.strangers);
      if (bad.length > 0 && !dryRun) {
        const again = new RepairTarget(k, m, [], await this.#sinks(bad, like));
        await this.#rebuild(reader, again, chunk);
      }
      const written = [...first, ...bad];
      if (!dryRun) this.#keptAside.push(...await this.#commit(written, rebuilt));
      for (const { shard, slot, problem } of written) {
        this.#note({ path: pathOf(slot), chunk, shard, problem });
      }
      return rebuilt;
    } finally {
      for (const handle of opened) await handle.close();
    }
  }

  /** Directories with an index that says that it is of another archive. */
  async #placesOfOthers(
    indexes: readonly IndexHandle[],
    uuid: string | undefined,
  ): Promise<Set<string>> {
    const places = new Set<string>();
    for (const handle of indexes) {
      const { isOfAnother } = await inspectIndex(handle, uuid, true);
      if (isOfAnother) places.add(this.#places.slotOf(handle.origin).directory);
    }
    return places;
  }

  /**
   * Which of the shards that were compared must be written, and where. Archives of two days may
   * differ in a few cells only: what stands beside another archive's shard or index may be its own.
   */
  #toWrite(verdicts: readonly ShardVerdict[], strangers: readonly string[]): Wanted[] {
    const strange = new Set([
      ...this.#strangePlaces,
      ...[...strangers, ...verdicts.flatMap((each) => each.isStranger ? [each.origin] : [])]
        .map((origin) => this.#places.slotOf(origin).directory),
    ]);
    const bad = verdicts.flatMap(({ origin, shard, problem, isStrange }) => {
      if (problem === undefined) return [];
      const slot = this.#places.slotToWrite(origin);
      return [{ shard, slot, problem, isStrange: isStrange || strange.has(slot.directory) }];
    });
    if (this.#places.isInPlace) return bad;
    const good = new Set(
      verdicts.filter(({ problem }) => problem === undefined).map(({ shard }) => shard),
    );
    const once = new Map(bad.map((wanted) => [wanted.shard, wanted]));
    return [...once.values()].filter(({ shard }) => !good.has(shard));
  }

  async #sinks(wanted: readonly Wanted[], like: string | undefined): Promise<ShardSink[]> {
    const sinks: ShardSink[] = [];
    try {
      for (const { shard, slot } of wanted) {
        const directory = await this.#places.directory(slot);
        const file = await directory.create(slot.fileName, like);
        sinks.push({
          shard,
          write: (bytes) => file.write(bytes),
          finish: () => file.finish(),
          abandon: () => file.abandon(),
        });
      }
      return sinks;
    } catch (error) {
      for (const sink of sinks) sink.abandon();
      throw error;
    }
  }

  async #commit(written: readonly Wanted[], { header }: RebuiltChunk): Promise<string[]> {
    for (const { slot, isStrange } of written) {
      await (await this.#places.directory(slot)).add(slot.fileName, isStrange);
    }
    return await this.#places.commit(header.archiveUuid);
  }

  /** Records of all chunks once more, without looking at what is there. */
  async #collect(reader: ChunkReader): Promise<RebuiltChunk> {
    const { k, m, chunk } = reader.opened.prover.shards;
    return await this.#rebuild(reader, new RepairTarget(k, m, [], []), chunk);
  }

  async #rebuild(reader: ChunkReader, target: RepairTarget, chunk: number): Promise<RebuiltChunk> {
    const { k, m } = target;
    if (this.#rebuilder?.k !== k || this.#rebuilder.m !== m) {
      this.#rebuilder = { k, m, rebuilder: new ChunkRebuilder(k, m) };
    }
    const { signal, onProgress } = this.#options;
    const onBytes = (bytes: number) => {
      if (signal?.aborted) {
        throw new EctarError("interrupted", "interrupted; what is repaired so far stays so");
      }
      this.#bytes += bytes;
      onProgress?.({ bytes: this.#bytes, chunk });
    };
    return await this.#rebuilder.rebuilder.rebuild(reader, target, { onBytes });
  }

  #note(file: RepairedFile): void {
    this.#repaired.push(file);
    this.#options.onRepair?.(file);
  }
}

/** Several copies of a shard may be bad; where they would be written to one place, once will do. */
function onePerFile(wanted: readonly Wanted[]): Wanted[] {
  return [...new Map(wanted.map((each) => [pathOf(each.slot), each])).values()];
}

/** A shard to be written. */
interface Wanted {
  shard: number;
  slot: Slot;
  problem: string;
  isStrange: boolean;
}
