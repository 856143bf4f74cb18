/**
 * `ectar create`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import type { ArchiveContent, ArchiveShape } from "../../archive/archive_content.ts";
import type { CreateHooks } from "../../archive/create.ts";
import { createFiles } from "../../archive/create_local.ts";
import { placesOfCreated } from "../../archive/read_back.ts";
import { createOnTapes, type TapeHooks, type TapeOutput } from "../../archive/create_tapes.ts";
import { EctarError } from "../../errors.ts";
import { splitPath } from "../../file_path.ts";
import { MAX_BLOCK_SIZE, MAX_CHUNK_SIZE } from "../../format_limits.ts";
import { isShortfall } from "../../tree/note.ts";
import {
  applyCommonOptions,
  collectNames,
  excludeFromOption,
  excludeOption,
  integerArgument,
  momentArgument,
  nameArgument,
  noProgressOption,
  progressOption,
  quietOption,
  sizeArgument,
  sizeArgumentBetween,
  uuidArgument,
  verboseOption,
} from "../common_options.ts";
import { contentOf } from "../content.ts";
import {
  createSummaryJson,
  createSummaryLines,
  incompleteLines,
  isWorthKnowing,
} from "../create_summary.ts";
import { driveProgress } from "../drive_progress.ts";
import { EXIT } from "../exit_codes.ts";
import type { CommandContext } from "../program.ts";
import { type ProgressLine, progressLine } from "../progress.ts";
import { readBackAndTell } from "../read_back.ts";
import { fileShareCounts, tapeShareCounts } from "../share_counts.ts";
import {
  blockSizeOrEnvironment,
  bufferSizeOption,
  devicesOrEnvironment,
  type DriveOptions,
  driveSettings,
  driveTimeoutOption,
  tapeDevicesOption,
} from "../tape_options.ts";
import { BLOCK_SIZE_VARIABLE } from "../environment.ts";
import {
  activityOf,
  hungDriveLines,
  starvedDriveLines,
  tapesAreWorthKnowing,
  tapeSummaryJson,
  tapeSummaryLines,
} from "../tape_summary.ts";

const DEFAULT_CHUNK_SIZE = 1024 ** 3;
/** Whoever says less means something else: `1` for `1G` would give a thousand million chunks. */
const MIN_CHUNK_SIZE = 64 * 1024;

/** Adds `create` to the tree. */
export function addCreateCommand(program: Command, context: CommandContext): void {
  program.command("create")
    .description("archive files and directories")
    .argument("[path...]", "files and directories to archive")
    .requiredOption("-o, --output <name>", "base name of the archive; shards become NAME.cNNN.sNN")
    .option(
      "--data-shards <k>",
      "shards needed to restore (default: 10; with tapes the drives but one)",
      integerArgument(1, 255),
    )
    .option(
      "--parity-shards <n>",
      "shards that may be lost (default: 5; with tapes 1)",
      integerArgument(1, 255),
    )
    .option(
      "--chunk-size <size>",
      "tar bytes per chunk, 64KiB to 64GiB (default: 1GiB)",
      sizeArgumentBetween(MIN_CHUNK_SIZE, MAX_CHUNK_SIZE),
    )
    .option("--compression-level <level>", "zstd level, 1 to 22", integerArgument(1, 22), 3)
    .option("--no-compression", "store without compressing")
    .option(
      "--no-index",
      "write no index file (everything works without it, more slowly; tapes always hold one)",
    )
    .addOption(excludeOption())
    .addOption(excludeFromOption())
    .option(
      "--files-from <file>",
      "archive the names in FILE too (- for standard input)",
      collectNames,
    )
    .option("--null", "names in --files-from end with a zero byte (found out by itself otherwise)")
    .option("-C, --directory <dir>", "take paths relative to DIR", nameArgument)
    .option("--follow-symlinks", "archive what symbolic links lead to")
    .option("--one-file-system", "stay on the file system of each path")
    .option("--no-preserve-permissions", "do not record owners, permissions and ACLs")
    .option("--owner <name[:uid]>", "record this owner for everything")
    .option("--group <name[:gid]>", "record this group for everything")
    .option("--numeric-owner", "record numbers only, no user and group names")
    .option(
      "--block-size <size>",
      "make every shard a multiple of SIZE; on tapes their block size (default: none for files; " +
        `$${BLOCK_SIZE_VARIABLE} or 512KiB for tapes)`,
      sizeArgumentBetween(1, MAX_BLOCK_SIZE),
    )
    .option("--force", "replace an archive of the same name (files; for tapes see --overwrite)")
    .addOption(
      new Option("--uuid <uuid>", "use this archive UUID (same input, same bytes)")
        .argParser(uuidArgument),
    )
    .addOption(
      new Option("--created <time>", "use this creation time (same input, same bytes)")
        .argParser(momentArgument),
    )
    .optionsGroup("Tapes:")
    .addOption(tapeDevicesOption())
    .option("--overwrite", "write tapes that are not blank; what is on them is lost")
    .addOption(
      new Option("--on-drive-failure <what>", "go on without a drive that fails, or stop")
        .choices(["continue", "stop"]).default("continue" as const),
    )
    .option(
      "--min-parity <n>",
      "stop when drives fail and fewer parity shards than this are left",
      integerArgument(0, 255),
      0,
    )
    .addOption(driveTimeoutOption())
    .addOption(bufferSizeOption())
    .option("--image-capacity <size>", "let tape images end at SIZE, as tapes do", sizeArgument)
    .optionsGroup("Options:")
    .option("--verify", "read everything back when it is written, and compare the checksums")
    .option("--json", "print a summary as JSON")
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (paths, options) => {
      applyCommonOptions(context, options);
      const content = await contentOf(paths, options, context.signal);
      const { directory, fileName: name } = splitPath(options.output);
      const shape: ArchiveShape = {
        name,
        chunkSize: options.chunkSize ?? DEFAULT_CHUNK_SIZE,
        compressionLevel: options.compression ? options.compressionLevel : 0,
        index: options.index,
        uuid: options.uuid,
        created: options.created,
      };
      const devices = devicesOrEnvironment(options.tapeDevices);
      if (devices === undefined) await ontoFiles(context, content, shape, options, directory);
      else await ontoTapes(context, content, shape, options, devices, directory);
    });
}

/** Options that say where the shards go. */
interface OutputOptions extends DriveOptions {
  dataShards?: number | undefined;
  parityShards?: number | undefined;
  blockSize?: number | undefined;
  force?: true | undefined;
  overwrite?: true | undefined;
  onDriveFailure: "continue" | "stop";
  minParity: number;
  imageCapacity?: number | undefined;
  verify?: true | undefined;
  json?: true | undefined;
  progress?: boolean | undefined;
}

async function ontoFiles(
  context: CommandContext,
  content: ArchiveContent,
  shape: ArchiveShape,
  options: OutputOptions,
  directory: string,
): Promise<void> {
  const { blockSize, dataShards, force, json, parityShards, progress } = options;
  if (options.overwrite) {
    throw new EctarError("usage", "--overwrite is for tapes", { hint: "use --force for files" });
  }
  const counts = fileShareCounts(dataShards, parityShards);
  const line = await progressLine(context.terminal, progress);
  const output = { directory, ...counts, blockSize, force };
  const created = await createFiles(content, shape, output, hooksOf(context, line))
    .finally(() => line.stop());
  if (json) context.terminal.printJson(createSummaryJson(created));
  else {
    for (const line of createSummaryLines(created)) {
      context.terminal.outcome(line, isWorthKnowing(created));
    }
  }
  if (isWorthKnowing(created)) context.exit(EXIT.notes);
  if (options.verify) {
    const inputs = placesOfCreated(directory, shape.name);
    await readBackAndTell(context, progress, { inputs, missing: created.missing });
  }
}

async function ontoTapes(
  context: CommandContext,
  content: ArchiveContent,
  shape: ArchiveShape,
  options: OutputOptions,
  devices: string[],
  directory: string,
): Promise<void> {
  const { terminal } = context;
  const { k } = tapeShareCounts(devices.length, options.dataShards, options.parityShards);
  const blockSize = blockSizeOrEnvironment(options.blockSize);
  const output: TapeOutput = {
    devices,
    directory,
    k,
    ...blockSize === undefined ? {} : { blockSize },
    ...options.imageCapacity === undefined ? {} : { capacityBytes: options.imageCapacity },
    ...driveSettings(options),
    overwrite: options.overwrite === true,
    onDriveFailure: options.onDriveFailure,
    minParity: options.minParity,
    force: options.force,
    onDriveEvent: ({ drive, message, shard }) =>
      terminal.warn(
        `shard ${shard}: ${message.includes(drive) ? message : `${drive}: ${message}`}`,
      ),
  };
  const line = driveProgress(terminal, options.progress, "archived");
  const hooks: TapeHooks = {
    ...hooksOf(context, line),
    onNotice: (text) => terminal.info(`ectar: ${text}`),
    onDrives: (drives) => line.watch(() => drives().map(activityOf)),
  };
  const created = await createOnTapes(content, shape, output, hooks).finally(() => line.stop());
  if (options.json) terminal.printJson(tapeSummaryJson(created));
  else {
    for (const line of tapeSummaryLines(created)) {
      terminal.outcome(line, tapesAreWorthKnowing(created));
    }
  }
  for (const line of incompleteLines(created)) terminal.warn(line);
  for (const line of starvedDriveLines(created.drives)) terminal.verbose(line);
  for (const line of hungDriveLines(created.drives)) terminal.warn(line);
  if (created.stopped === "interrupted") context.exit(EXIT.interrupted);
  else if (tapesAreWorthKnowing(created)) context.exit(EXIT.notes);
  if (options.verify && created.stopped !== "interrupted") {
    await readBackAndTell(context, options.progress, {
      devices,
      missing: created.missing,
      ...driveSettings(options),
    });
  }
}

function hooksOf({ signal, terminal }: CommandContext, line: ProgressLine): CreateHooks {
  let totalBytes: number | undefined;
  return {
    signal,
    onNote: (note) => terminal.outcome(`ectar: ${note.message}`, isShortfall(note)),
    onSize: line.isShown ? (tarBytes) => totalBytes = tarBytes : undefined,
    onProgress: ({ tarBytes, chunk }) =>
      line.update({ verb: "archived", doneBytes: tarBytes, totalBytes, detail: `chunk ${chunk}` }),
  };
}
