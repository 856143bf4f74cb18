/**
 * `ectar verify`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import { withArchive } from "../../archive/extract_local.ts";
import { verifyArchive, type VerifyDepth, type VerifySummary } from "../../archive/verify.ts";
import { fromSystemError } from "../../shard/system_error.ts";
import { applyCommonOptions, countFlag } from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { inputProgress } from "../drive_progress.ts";
import { inputOptions, openInput, runHooks } from "../input.ts";
import type { CommandContext } from "../program.ts";
import { verifyJson, verifyLines } from "../verify_format.ts";

const EXIT_CODES: Record<VerifySummary["verdict"], number> = {
  whole: EXIT.ok,
  repairable: EXIT.repairable,
  unrepairable: EXIT.unrepairable,
};

/** Adds `verify` to the tree. */
export function addVerifyCommand(program: Command, context: CommandContext): void {
  inputOptions(
    program.command("verify").description("check an archive: is all as it was, what could be lost"),
  )
    .addOption(
      new Option("--quick", "look at presence, sizes, headers and identity only")
        .conflicts("full"),
    )
    .option("--full", "compare parity with data and every file with the index, too")
    .option("--report <file>", "write a report as JSON")
    .option("--json", "print the report as JSON")
    .option("--progress", "show progress even where standard error is no terminal")
    .option("--no-progress", "show no progress")
    .option("-v, --verbose", "tell more; repeatable", countFlag, 0)
    .option("-q, --quiet", "tell only what is wrong")
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const depth: VerifyDepth = options.quick ? "quick" : options.full ? "full" : "checksums";
      const line = await inputProgress(terminal, options, "checked");
      let chunks = 0;
      const summary = await withArchive(
        await openInput(options, { ...runHooks(context), onDrives: line.watch }),
        {},
        (archive) =>
          verifyArchive(archive, {
            depth,
            signal,
            onChunk: ({ chunk }) =>
              line.update({
                verb: "checked",
                doneBytes: 0,
                detail: `chunk ${chunk}, ${++chunks} done`,
              }),
          }),
      ).finally(() => line.stop());
      const report = JSON.stringify(verifyJson(summary), null, 2) + "\n";
      if (options.report !== undefined) await writeReport(options.report, report);
      if (options.json) terminal.print(report.trimEnd());
      else for (const text of verifyLines(summary)) terminal.print(text);
      context.exit(EXIT_CODES[summary.verdict]);
    });
}

async function writeReport(path: string, report: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, report);
  } catch (error) {
    throw fromSystemError(error, `cannot write the report to ${path}`, { path });
  }
}
