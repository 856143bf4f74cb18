/**
 * Where repaired files go: back to where they were, next to their like, or to one other directory.
 *
 * @module
 */

import { ensureDirectory } from "../shard/ensure_directory.ts";
import { pathIn, splitPath } from "../file_path.ts";
import { RepairDirectory } from "../shard/repair_directory.ts";
import { type ArchiveFiles, findArchiveFiles } from "../shard/places.ts";
import { indexFileName, shardFileName } from "../shard/shard_name.ts";

/** A file to be made right. */
export interface Slot {
  /** Directory. */
  directory: string;
  /** Name in it. */
  fileName: string;
}

/** Path of a slot. */
export function pathOf({ directory, fileName }: Slot): string {
  return pathIn(directory, fileName);
}

/** How places are found and used. */
export interface RepairPlacesOptions {
  /** What the operator named. */
  inputs: readonly string[];
  /** Directory for everything that is rebuilt, or undefined to repair in place. */
  output: string | undefined;
  /** Whether nothing may be changed. */
  dryRun: boolean;
  /** See {@link RepairDirectory}. */
  dropCache?: ((path: string) => void) | undefined;
}

/** The places of one archive under repair. */
export class RepairPlaces {
  /** The files found, those in the output directory included. */
  readonly files: ArchiveFiles;
  /** What to name for reading all of them. */
  readonly inputs: readonly string[];
  readonly #options: RepairPlacesOptions;
  readonly #directories: string[];
  #homes: ReadonlyMap<number, string> | undefined;
  readonly #open = new Map<string, RepairDirectory>();

  private constructor(
    options: RepairPlacesOptions,
    inputs: readonly string[],
    files: ArchiveFiles,
  ) {
    this.#options = options;
    this.inputs = inputs;
    this.files = files;
    const paths = [...[...files.shards.values()].flat().map(({ path }) => path), ...files.indexes];
    this.#directories = [...new Set(paths.map((path) => splitPath(path).directory))];
  }

  /**
   * Finds the archive's files; finishes what killed runs left half done, unless nothing may be
   * changed.
   *
   * @throws {EctarError} as `findArchiveFiles`, and `exists` when another ectar is repairing it
   */
  static async open(options: RepairPlacesOptions): Promise<RepairPlaces> {
    const { output, dryRun } = options;
    const { name } = await findArchiveFiles(options.inputs);
    if (output !== undefined && !dryRun) await ensureDirectory(output);
    const base = output === undefined ? [] : [pathIn(output, name)];
    const inputs = await holdsAny(base) ? [...options.inputs, ...base] : options.inputs;
    const places = new RepairPlaces(options, inputs, await findArchiveFiles(inputs));
    if (dryRun) return places;
    const writable = output === undefined ? places.#directories : [output];
    let anyLeft = false;
    for (const directory of writable) {
      if (!await RepairDirectory.hasLeftovers(directory, name)) continue;
      anyLeft = true;
      await (await RepairDirectory.open({ directory, name })).close();
    }
    return anyLeft ? new RepairPlaces(options, inputs, await findArchiveFiles(inputs)) : places;
  }

  /** Archive name. */
  get name(): string {
    return this.files.name;
  }

  /** Whether files are repaired where they are. */
  get isInPlace(): boolean {
    return this.#options.output === undefined;
  }

  /** Where shards of a chunk belong that were not found anywhere. */
  slotsOfShards(chunk: number, shards: readonly number[]): { shard: number; slot: Slot }[] {
    const crowd = new Map<string, number>(this.#directories.map((directory) => [directory, 0]));
    const joins = (directory: string) => crowd.set(directory, (crowd.get(directory) ?? 0) + 1);
    for (const { path } of this.files.shards.get(chunk) ?? []) joins(splitPath(path).directory);
    return shards.map((shard) => {
      const directory = this.#options.output ?? this.#likeliest(shard, crowd);
      joins(directory);
      return { shard, slot: { directory, fileName: shardFileName(this.name, chunk, shard) } };
    });
  }

  /** Where an index belongs when there is none. */
  slotOfIndex(): Slot {
    const directory = this.#options.output ?? this.#directories[0];
    return { directory, fileName: indexFileName(this.name) };
  }

  /** The slot of a file that was found. */
  slotOf(path: string): Slot {
    return splitPath(path);
  }

  /** Where the right content of a file that was found goes. */
  slotToWrite(path: string): Slot {
    const { directory, fileName } = this.slotOf(path);
    return { directory: this.#options.output ?? directory, fileName };
  }

  /** The directory of a slot, ready to be written. */
  async directory({ directory }: Slot): Promise<RepairDirectory> {
    let open = this.#open.get(directory);
    if (open === undefined) {
      const { dropCache } = this.#options;
      open = await RepairDirectory.open({ directory, name: this.name, dropCache });
      this.#open.set(directory, open);
    }
    return open;
  }

  /** Puts everything written in place; returns the paths under which replaced files are kept. */
  async commit(uuid: string): Promise<string[]> {
    const kept: string[] = [];
    for (const directory of this.#open.values()) kept.push(...await directory.commit(uuid));
    return kept;
  }

  /** Removes what was written and not committed. */
  async rollBack(): Promise<void> {
    for (const directory of this.#open.values()) await directory.rollBack();
  }

  /** Lets go of the directories. */
  async close(): Promise<void> {
    for (const directory of this.#open.values()) await directory.close();
    this.#open.clear();
  }

  /**
   * The directory that holds this shard of other chunks (a disk for each shard), else the one with
   * the fewest shards of the chunk.
   */
  #likeliest(shard: number, crowd: ReadonlyMap<string, number>): string {
    this.#homes ??= homesOf(this.files);
    return this.#homes.get(shard) ?? [...crowd].sort((a, b) => a[1] - b[1])[0][0];
  }
}

/** By shard number: the directory where most shards of that number are. */
function homesOf(files: ArchiveFiles): Map<number, string> {
  const counts = new Map<number, Map<string, number>>();
  for (const { shard, path } of [...files.shards.values()].flat()) {
    const { directory } = splitPath(path);
    const ofShard = counts.get(shard) ?? new Map<string, number>();
    ofShard.set(directory, (ofShard.get(directory) ?? 0) + 1);
    counts.set(shard, ofShard);
  }
  return new Map(
    [...counts].map(([shard, ofShard]) => [shard, [...ofShard].sort((a, b) => b[1] - a[1])[0][0]]),
  );
}

async function holdsAny(inputs: string[]): Promise<boolean> {
  try {
    return inputs.length > 0 && (await findArchiveFiles(inputs)).name !== "";
  } catch {
    return false;
  }
}
