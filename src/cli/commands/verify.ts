/**
 * `ectar verify`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import { withArchive } from "../../archive/extract_local.ts";
import type { OpenArchive } from "../../archive/open_archive.ts";
import {
  verifyArchive,
  type VerifyBytes,
  type VerifyDepth,
  type VerifySummary,
} from "../../archive/verify.ts";
import { printableJson } from "../../printable.ts";
import { fromSystemError } from "../../shard/system_error.ts";
import {
  applyCommonOptions,
  durationArgument,
  nameArgument,
  noProgressOption,
  progressOption,
  quietOption,
  verboseOption,
} from "../common_options.ts";
import { NO_COLOR_VARIABLE } from "../environment.ts";
import { EXIT } from "../exit_codes.ts";
import { inputOptions, openInput } from "../input.ts";
import type { CommandContext } from "../program.ts";
import { progressLine, type ProgressState } from "../progress.ts";
import type { Terminal } from "../terminal.ts";
import { tryOutput, writeOutput } from "../replace_file.ts";
import { mapLines, verifyJson, verifyLines } from "../verify_format.ts";
import { keepProgress, readProgress } from "../verify_resume.ts";

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
    .option(
      "--max-duration <time>",
      "end after TIME, with the chunk then running",
      durationArgument,
    )
    .option(
      "--resume <file>",
      "go on where FILE says, and keep there where this run ends",
      nameArgument,
    )
    .option("--report <file>", "write a report as JSON", nameArgument)
    .option("--json", "print the report as JSON")
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const { maxDuration, resume, report } = options;
      const depth: VerifyDepth = options.quick ? "quick" : options.full ? "full" : "checksums";
      for (const file of [report, resume]) {
        if (file !== undefined) await explained(file, tryOutput(file));
      }
      const deadline = maxDuration === undefined ? Infinity : Date.now() + maxDuration;
      const earlier = resume === undefined ? undefined : await readProgress(resume);
      const line = await progressLine(terminal, options.progress);
      const verify = (archive: OpenArchive) =>
        verifyArchive(archive, {
          depth,
          signal: resume === undefined ? signal : undefined,
          resume: earlier,
          isTimeUp: () => Date.now() >= deadline || (resume !== undefined && signal.aborted),
          onProgress: (bytes) => line.update(progressState(bytes)),
        });
      const summary = await withArchive(await openInput(options, { signal }), {}, verify)
        .finally(() => line.stop());
      if (resume !== undefined) await keepProgress(resume, summary.next);
      const json = verifyJson(summary);
      if (options.json) terminal.printJson(json, 2);
      else printSummary(terminal, summary);
      if (report !== undefined) {
        await explained(report, writeOutput(report, printableJson(json, 2) + "\n"));
      }
      if (summary.next !== undefined && resume !== undefined) {
        terminal.info(`to go on: the same command with --resume ${resume}`);
      }
      const isInterrupted = signal.aborted && summary.next !== undefined;
      context.exit(isInterrupted ? EXIT.interrupted : exitCode(summary));
    });
}

function printSummary(terminal: Terminal, summary: VerifySummary): void {
  const isWell = exitCode(summary) === EXIT.ok && summary.remarks.length === 0;
  if (isWell && terminal.verbosity === "quiet") return;
  const inColour = terminal.outputIsTerminal && !Deno.env.get(NO_COLOR_VARIABLE);
  for (const text of mapLines(summary, inColour)) terminal.printTrusted(text + "\n");
  for (const text of verifyLines(summary)) terminal.print(text);
}

function exitCode({ verdict, isComplete }: VerifySummary): number {
  if (verdict === "unrepairable") return EXIT.unrepairable;
  if (verdict === "repairable") return EXIT.repairable;
  return isComplete === false ? EXIT.notes : EXIT.ok;
}

function progressState({ phase, bytes, totalBytes }: VerifyBytes): ProgressState {
  const verb = phase === "chunks" ? "checked" : "compared";
  return { verb, doneBytes: bytes, totalBytes };
}

async function explained(path: string, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    throw fromSystemError(error, `cannot write ${path}`, { path });
  }
}
