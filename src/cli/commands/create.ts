/**
 * `ectar create`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import {
  createLocal,
  type CreateLocalOptions,
  type LocalOutput,
} from "../../archive/create_local.ts";
import type { CreateSummary } from "../../archive/create.ts";
import { EctarError } from "../../errors.ts";
import {
  applyCommonOptions,
  collect,
  countFlag,
  integerArgument,
  momentArgument,
  sizeArgument,
  uuidArgument,
} from "../common_options.ts";
import { createSummaryJson, createSummaryLines } from "../create_summary.ts";
import { EXIT } from "../exit_codes.ts";
import type { CommandContext } from "../program.ts";
import { progressLine } from "../progress.ts";
import { readNameList } from "../name_list.ts";
import { type ShareCounts, sharesFor } from "../share_counts.ts";

const GIB = 1024 ** 3;

/** Adds `create` to the tree. */
export function addCreateCommand(program: Command, context: CommandContext): void {
  program.command("create")
    .description("archive files and directories")
    .argument("[path...]", "files and directories to archive")
    .requiredOption("-o, --output <name>", "base name of the archive; shards become NAME.cNNN.sNN")
    .option("--data-shards <k>", "shards needed to restore (default: 10)", integerArgument(1, 255))
    .option("--parity-shards <n>", "shards that may be lost (default: 5)", integerArgument(1, 255))
    .option("--chunk-size <size>", "tar bytes per chunk, at most 64GiB", sizeArgument, GIB)
    .option("--compression-level <level>", "zstd level, 1 to 22", integerArgument(1, 22), 3)
    .option("--no-compression", "store without compressing")
    .option("--no-index", "write no index (everything works without it, more slowly)")
    .option("--exclude <pattern>", "leave out what matches, as GNU tar does; repeatable", collect)
    .option("--exclude-from <file>", "leave out what the gitignore patterns in FILE match", collect)
    .option("--files-from <file>", "archive the names in FILE (- for standard input) too", collect)
    .option("--null", "names in --files-from end with a zero byte (found out by itself otherwise)")
    .option("-C, --directory <dir>", "take paths relative to DIR")
    .option("--follow-symlinks", "archive what symbolic links point to")
    .option("--one-file-system", "stay on the file system of each path")
    .option("--no-preserve-permissions", "do not record owners, permissions, attributes and ACLs")
    .option("--owner <name[:uid]>", "record this owner for everything")
    .option("--group <name[:gid]>", "record this group for everything")
    .option("--numeric-owner", "record numbers only, no user and group names")
    .option("--block-size <size>", "make every shard a multiple of this", sizeArgument)
    .option("--force", "replace an archive of the same name")
    .option("--verify", "read everything back when it is written")
    .addOption(new Option("--uuid <uuid>", "use this archive UUID").argParser(uuidArgument))
    .addOption(new Option("--created <time>", "use this creation time").argParser(momentArgument))
    .option("--json", "print a summary as JSON")
    .option("--progress", "show progress even where standard error is no terminal")
    .option("--no-progress", "show no progress")
    .option("-v, --verbose", "tell more; repeatable", countFlag, 0)
    .option("-q, --quiet", "tell only what is wrong")
    .action(async (paths, options) => {
      applyCommonOptions(context, options);
      const names = await readNameList(options.filesFrom ?? [], options.null === true);
      if (paths.length === 0 && names.length === 0) {
        throw new EctarError("usage", "nothing to archive was named", {
          hint: "name files or directories, or give --files-from FILE",
        });
      }
      await create(context, { ...options, paths, names });
    });
}
