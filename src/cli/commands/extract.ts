/**
 * `ectar extract`.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { extractToDirectory } from "../../archive/extract_local.ts";
import {
  applyCommonOptions,
  collectNames,
  excludeFromOption,
  excludeOption,
  integerArgument,
  nameArgument,
  noProgressOption,
  progressOption,
  quietOption,
  verboseOption,
} from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { extractSummaryJson, extractSummaryLines, hasExtractNotes } from "../extract_summary.ts";
import { inputProgress } from "../drive_progress.ts";
import { inputOptions, openInput, runHooks } from "../input.ts";
import { readPatternFiles } from "../option_file.ts";
import type { CommandContext } from "../program.ts";

/** Adds `extract` to the tree. */
export function addExtractCommand(program: Command, context: CommandContext): void {
  inputOptions(program.command("extract").description("restore files from an archive"))
    .option("-o, --output <dir>", "directory to restore to", nameArgument, ".")
    .option(
      "--files <path...>",
      "restore only these members and what is below them; globs work",
      collectNames,
    )
    .addOption(excludeOption())
    .addOption(excludeFromOption())
    .option(
      "--strip-components <n>",
      "drop this many leading components of each name",
      integerArgument(0, 1000),
      0,
    )
    .option("--no-verify-checksums", "do not compare SHA-256 checksums (zstd's still guard)")
    .option("--force", "replace files that exist")
    .option("--partial", "when something is lost, restore all the rest")
    .option("--no-same-owner", "do not restore owners")
    .option("--numeric-owner", "restore owners by number, not by name")
    .option("--no-preserve-permissions", "let the umask decide about modes; no ACLs")
    .option("--json", "print a summary as JSON")
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const gitignore = await readPatternFiles(options.excludeFrom ?? [], signal);
      const { files } = options;
      const exclude = { patterns: options.exclude ?? [], gitignore };
      const line = await inputProgress(terminal, options, "read");
      try {
        const shards = await openInput(options, {
          ...runHooks(context),
          needsShards: true,
          onDrives: line.watch,
          // Of a part of an archive nobody knows the size.
          onTarBytes: (bytes) => files === undefined && line.expect(bytes),
        });
        const extracted = await extractToDirectory(shards, {
          directory: options.output,
          verify: options.verifyChecksums,
          partial: options.partial === true,
          selection: files === undefined ? { exclude } : { files, exclude },
          restore: {
            force: options.force === true,
            stripComponents: options.stripComponents,
            preserveOwner: options.sameOwner,
            numericOwner: options.numericOwner === true,
            preservePermissions: options.preservePermissions,
          },
          signal,
          onProblem: (problem) => terminal.warn(problem),
          onProgress: (doneBytes) => line.update({ verb: "read", doneBytes }),
        });
        line.stop();
        if (options.json) terminal.printJson(extractSummaryJson(extracted));
        const hasNotes = hasExtractNotes(extracted);
        for (const text of extractSummaryLines(extracted)) terminal.outcome(text, hasNotes);
        if (hasNotes) context.exit(EXIT.notes);
        if (extracted.notFound.length > 0) {
          for (const name of extracted.notFound) terminal.warn(`${name}: not in the archive`);
          context.exit(EXIT.failed);
        }
      } finally {
        line.stop();
      }
    });
}
