/**
 * `ectar repair`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import { repairFiles } from "../../archive/repair_local.ts";
import { EctarError } from "../../errors.ts";
import { applyCommonOptions, countFlag } from "../common_options.ts";
import type { CommandContext } from "../program.ts";
import { progressLine } from "../progress.ts";
import { repairExitCode, repairJson, repairLine, repairLines } from "../repair_format.ts";

/** Adds `repair` to the tree. */
export function addRepairCommand(program: Command, context: CommandContext): void {
  program.command("repair")
    .description("rebuild missing and damaged shards and the index from what is good")
    .option(
      "-i, --input <place...>",
      "base name, directory, index file or pattern of the archive; several when it is spread out",
    )
    .option("-o, --output <dir>", "put what is rebuilt into DIR; change nothing else")
    .option("-n, --dry-run", "only tell what would be repaired")
    .addOption(
      new Option("--rebuild-index", "make the index again even if nothing is wrong with it")
        .conflicts("index"),
    )
    .option("--no-index", "leave the index as it is")
    .option("--json", "print a summary as JSON")
    .option("--progress", "show progress even where standard error is no terminal")
    .option("--no-progress", "show no progress")
    .option("-v, --verbose", "tell more; repeatable", countFlag, 0)
    .option("-q, --quiet", "tell only what is wrong")
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const { input, output, dryRun = false } = options;
      if (input === undefined) {
        throw new EctarError("usage", "no archive was named", { hint: "give -i NAME" });
      }
      const line = await progressLine(terminal, options.progress);
      const summary = await repairFiles({
        inputs: input,
        output,
        dryRun,
        index: options.rebuildIndex ? "rebuild" : options.index ? "repair" : "leave",
        signal,
        onRepair: (file) => {
          if (!options.json) terminal.info(repairLine(file, dryRun));
        },
        onProgress: ({ bytes, chunk }) =>
          line.update({ verb: "proven", doneBytes: bytes, detail: `chunk ${chunk}` }),
      }).finally(() => line.stop());
      if (options.json) terminal.print(JSON.stringify(repairJson(summary)));
      else for (const text of repairLines(summary)) terminal.info(text);
      context.exit(repairExitCode(summary));
    });
}
