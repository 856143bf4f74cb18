/**
 * Opening an archive that lies on tapes, in files, or partly here and partly there.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { IndexReader } from "../index/index_reader.ts";
import { MemorySpool, type RecordSpool } from "../index/record_spool.ts";
import { CombinedReader } from "../shard/combined_reader.ts";
import { FileShardSetReader } from "../shard/file_reader.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
import type { OpenTapeOptions } from "../tape/open_device.ts";
import type { TapeReaderOptions } from "../tape/tape_shard_reader.ts";
import type { ArchiveChoice } from "../tape/tape_set.ts";
import { type DriveActivity, MeteredDevice } from "./drive_meter.ts";
import { FileSpool } from "./file_spool.ts";
import { TapeArchive } from "./tape_archive.ts";
import { closeDrives, openDrives } from "./tape_drives.ts";

/** Where an archive is. */
export interface ArchivePlaces
  extends Omit<TapeReaderOptions, keyof ArchiveChoice>, Omit<OpenTapeOptions, "onNotice"> {
  /** Base names, directories, index files, patterns. */
  inputs?: readonly string[] | undefined;
  /** Drives, as for `openTapeDevice`, in any order. */
  devices?: readonly string[] | undefined;
  /**
   * Whether fewer shards than are needed is an error that names the tapes wanted. Without, what an
   * index alone tells can be had. @default false
   */
  needsShards?: boolean | undefined;
  /** Stops waiting for drives. */
  signal?: AbortSignal | undefined;
  /** Told what is waited for: one line each. */
  onNotice?: ((text: string) => void) | undefined;
  /** Called once drives are open: what they are doing can be asked from now on. */
  onDrives?: ((drives: () => DriveActivity[]) => void) | undefined;
  /** Told how many tar bytes the archive on tapes has, where an index says it. */
  onTarBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Opens an archive wherever its parts are.
 *
 * @throws {EctarError} `usage` when nothing or more than one archive is named, `not-found`,
 *   `too-few` when more tapes are needed
 */
export async function openPlaces(places: ArchivePlaces): Promise<ShardSetReader> {
  const { inputs = [], devices = [] } = places;
  if (inputs.length + devices.length === 0) {
    throw new EctarError("usage", "no archive was named", {
      hint: "give -i NAME or --tape-devices DRIVES",
    });
  }
  const files = inputs.length === 0 ? undefined : await FileShardSetReader.open(inputs);
  if (devices.length === 0) return files!;
  const tapes = await openTapes(places, devices, files);
  if (!("dataShards" in tapes)) return new CombinedReader([files!, tapes]);
  if (places.needsShards && (await files?.chunkNumbers() ?? []).length === 0) {
    await requireEnough(tapes);
  }
  return files === undefined ? tapes : new CombinedReader([files, tapes]);
}

/** UUID of the tape set that labels name; undefined where there are no tapes, or no labels. */
export function tapeSetUuid(shards: ShardSetReader): string | undefined {
  const places = shards instanceof CombinedReader ? shards.readers : [shards];
  return places.find((place) => place instanceof TapeArchive)?.setUuid;
}

/** The tapes, or only what is to be said of them where files were named that do without. */
async function openTapes(
  places: ArchivePlaces,
  devices: readonly string[],
  files: FileShardSetReader | undefined,
): Promise<TapeArchive | ShardSetReader> {
  const { inputs: _inputs, devices: _devices, onNotice, onDrives, onTarBytes, ...settings } =
    places;
  const opened = await openDrives(devices, "read", {
    ...settings,
    ...onNotice === undefined ? {} : { onNotice },
  });
  const drives = opened.map((drive) => "failure" in drive ? drive : new MeteredDevice(drive));
  onDrives?.(() => drives.flatMap((drive) => "failure" in drive ? [] : [drive.activity]));
  try {
    const tapes = await TapeArchive.open(drives, {
      ...settings,
      ...await choiceOf(files),
      indexes: await files?.indexes(),
      ...files === undefined ? {} : { elsewhere: await shardsIn(files) },
      newSpool,
    });
    if (tapes.tarBytes !== undefined) onTarBytes?.(tapes.tarBytes);
    return tapes;
  } catch (error) {
    await closeDrives(drives);
    if (files === undefined || !(error instanceof EctarError) || error.code !== "not-found") {
      throw error;
    }
    return new NoTapes(files.name, error.message);
  }
}

/** Files that were named decide which archive is meant. */
async function choiceOf(files: FileShardSetReader | undefined): Promise<ArchiveChoice> {
  if (files === undefined) return {};
  for (const handle of await files.indexes()) {
    try {
      return { uuid: (await new IndexReader(handle).head()).archive_uuid };
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
    }
  }
  return { name: files.name };
}

/** Shards of which there is a file, going by the first chunk. */
async function shardsIn(files: FileShardSetReader): Promise<Set<number>> {
  const [first] = await files.chunkNumbers();
  if (first === undefined) return new Set();
  const handles = await files.openChunk(first);
  for (const handle of handles) await handle.close();
  return new Set(
    handles.filter(({ failure }) => failure === undefined).map(({ shard }) => shard),
  );
}

async function requireEnough(tapes: TapeArchive): Promise<void> {
  const missing = tapes.dataShards - tapes.presentShards.length;
  if (missing <= 0) return;
  await tapes.close();
  const { name, dataShards, wanted, remarks } = tapes;
  const here = tapes.presentShards.length;
  // What is in no drive is named by what to load; what else is in the drives is worth a word.
  const others = remarks.filter((line) => !line.endsWith(" is in no drive"));
  throw new EctarError(
    "too-few",
    `${dataShards} tapes of ${name} are needed and ${here} ${here === 1 ? "is" : "are"} there; ` +
      `load ${missing === wanted.length ? "" : `${missing} of `}${wanted.join(", ")}` +
      (others.length === 0 ? "" : ` (${others.join("; ")})`),
    { archive: name },
  );
}

/** In a file, for the index of millions of files is large; a rescue system may have no room. */
async function newSpool(): Promise<RecordSpool> {
  try {
    return await FileSpool.create(temporaryDirectory());
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    return new MemorySpool();
  }
}

/** A program that uses the library may have no permission to ask for it. */
function temporaryDirectory(): string {
  try {
    return Deno.env.get("TMPDIR") || "/tmp";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return "/tmp";
  }
}

/** Drives without a tape of the archive. */
class NoTapes implements ShardSetReader {
  readonly name: string;
  readonly remarks: readonly string[];

  constructor(name: string, remark: string) {
    this.name = name;
    this.remarks = [remark];
  }

  chunkNumbers(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  openChunk(): Promise<[]> {
    return Promise.resolve([]);
  }

  indexes(): Promise<[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
