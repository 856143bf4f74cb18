/**
 * `ectar create`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import type { ArchiveShape } from "../../archive/archive_content.ts";
import { splitPath } from "../../file_path.ts";
import { MAX_BLOCK_SIZE, MAX_CHUNK_SIZE } from "../../format_limits.ts";
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
import { BLOCK_SIZE_VARIABLE } from "../environment.ts";
import type { CommandContext } from "../program.ts";
import {
  bufferSizeOption,
  devicesOrEnvironment,
  driveTimeoutOption,
  tapeDevicesOption,
} from "../tape_options.ts";

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
      // Loading what only the other one needs takes a while.
      if (devices === undefined) {
        const { ontoFiles } = await import("../create_onto_files.ts");
        await ontoFiles(context, content, shape, options, directory);
      } else {
        const { ontoTapes } = await import("../create_onto_tapes.ts");
        await ontoTapes(context, content, shape, options, devices, directory);
      }
    });
}
