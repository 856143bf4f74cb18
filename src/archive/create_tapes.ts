/**
 * Creating an archive from this machine's files, straight onto tape drives: one shard a drive.
 *
 * @module
 */

import { splitPath } from "../file_path.ts";
import { checkArchiveName } from "../shard/shard_name.ts";
import type { OpenTapeOptions } from "../tape/open_device.ts";
import {
  completeRaitOptions,
  DEFAULT_RESERVE_BYTES,
  type DriveSummary,
  type RaitOptions,
} from "../tape/rait_options.ts";
import { RaitShardWriter } from "../tape/rait_shard_writer.ts";
import type { OwnOutputOptions } from "../tree/own_outputs.ts";
import { VERSION } from "../version.ts";
import type { ArchiveContent, ArchiveShape } from "./archive_content.ts";
import type { CreatedArchive } from "./archive_tree.ts";
import type { CreateHooks } from "./create.ts";
import { createFromTree, ownNames } from "./create_local.ts";
import { hostName } from "./host_name.ts";
import { IndexCopy } from "./index_copy.ts";
import { closeDrives, openDrives } from "./tape_drives.ts";

/** Which tapes, and how they are written. */
export interface TapeOutput
  extends Omit<RaitOptions, "archive" | "host" | "toolVersion">, Omit<OpenTapeOptions, "onNotice"> {
  /** Drives in shard order, as for `openTapeDevice`; their number is m. */
  devices: readonly string[];
  /** Existing directory for the copy of the index, and for temporary records. */
  directory: string;
  /** Replace an index file of that name in `directory`. @default false */
  force?: boolean | undefined;
}

/** Hooks of a run onto tapes. */
export interface TapeHooks extends CreateHooks {
  /** Told what is waited for: one line each. */
  onNotice?: ((text: string) => void) | undefined;
  /** Called once, before tapes are written: how each drive stands can be asked from now on. */
  onDrives?: ((drives: () => DriveSummary[]) => void) | undefined;
}

/** What came of it. */
export interface ArchiveOnTapes extends CreatedArchive {
  /** UUID of the tape set. */
  setUuid: string;
  /** Tapes that are needed to restore. */
  dataShards: number;
  /** What each drive has written, by shard. */
  drives: DriveSummary[];
  /** Path of the index's copy on disk, if one was written. */
  indexFile: string | undefined;
  /** What was noticed, one line each. */
  remarks: string[];
}

/**
 * Archives files of this machine onto tapes. All tapes always get the index; `shape.index` says
 * whether a copy of it goes to `output.directory`.
 *
 * @throws {EctarError} `exists`, `permission`, `not-found`, `io` when a tape must not be written:
 *   nothing was written then; `too-few` when too few drives are left
 */
export async function createOnTapes(
  content: ArchiveContent,
  shape: ArchiveShape,
  output: TapeOutput,
  hooks: TapeHooks = {},
): Promise<ArchiveOnTapes> {
  checkArchiveName(shape.name);
  const { devices, directory, force, ...options } = output;
  const { onNotice, onDrives, ...createHooks } = hooks;
  const uuid = shape.uuid ?? crypto.randomUUID();
  const created = shape.created ?? new Date().toISOString();
  const rait: RaitOptions = {
    ...options,
    ...options.capacityBytes === undefined ? {} : reserveOfImages(options.capacityBytes, output),
    archive: { name: shape.name, uuid, created },
    host: hostName(),
    toolVersion: VERSION,
  };
  // Whatever can be refused is refused before anybody waits for a drive.
  completeRaitOptions(rait, devices.map((name) => ({ name, failure: "not opened yet" })));
  const indexCopy = shape.index === false
    ? undefined
    : await IndexCopy.prepare({ directory, name: shape.name, force });
  const drives = await openDrives(devices, "write", {
    ...options,
    signal: hooks.signal,
    ...onNotice === undefined ? {} : { onNotice },
  });
  try {
    const writer = new RaitShardWriter(drives, rait);
    const begin = async () => {
      await writer.begin(hooks.signal);
      onDrives?.(() => writer.summary());
      const { setUuid, volumes } = writer;
      return { layout: "tapes" as const, tape_set_uuid: setUuid, volumes };
    };
    const archive = await createFromTree(
      content,
      { ...shape, uuid, created, index: true },
      writer,
      {
        begin,
        own: ownOutputs(shape.name, devices, directory),
        spoolDirectory: directory,
        indexTarget: indexCopy?.onTheWayTo(writer),
      },
      createHooks,
    );
    return {
      ...archive,
      setUuid: writer.setUuid,
      dataShards: writer.k,
      drives: writer.summary(),
      indexFile: indexCopy?.path,
      remarks: [...writer.remarks, ...indexCopy?.remark === undefined ? [] : [indexCopy.remark]],
    };
  } finally {
    await closeDrives(drives);
  }
}

/** Small images have little room behind their early warning. */
function reserveOfImages(
  capacityBytes: number,
  { reserveBytes = DEFAULT_RESERVE_BYTES, earlyWarningBytes = Math.floor(capacityBytes / 32) }:
    TapeOutput,
): Pick<RaitOptions, "reserveBytes"> {
  return { reserveBytes: Math.min(reserveBytes, earlyWarningBytes * 3 / 4) };
}

/** Tape images may lie among the files that are archived, and need not be there yet. */
function ownOutputs(name: string, devices: readonly string[], directory: string): OwnOutputOptions {
  const text = new TextEncoder();
  const places = devices.map((device) => {
    const { directory: folder, fileName } = splitPath(device);
    return { path: text.encode(folder), names: new RegExp(`^${RegExp.escape(fileName)}$`, "s") };
  });
  return { directories: [...places, { path: text.encode(directory), names: ownNames(name) }] };
}
