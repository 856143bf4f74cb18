/**
 * `ectar tape`: what can be done with the tapes themselves.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { DirectorySink } from "../../archive/dump_sink.ts";
import {
  type DriveResult,
  dumpTapes,
  ejectTapes,
  eraseTapes,
  identifyTapes,
  inspectTapes,
  rewindTapes,
  type TapeCommandOptions,
  tapeStatus,
} from "../../archive/tape_commands.ts";
import { EctarError } from "../../errors.ts";
import { statusLines } from "../../tape/status_text.ts";
import {
  applyCommonOptions,
  type CommonOptions,
  nameArgument,
  noProgressOption,
  progressOption,
  quietOption,
  verboseOption,
} from "../common_options.ts";
import { EXIT, exitCodeOf } from "../exit_codes.ts";
import type { CommandContext } from "../program.ts";
import { progressLine } from "../progress.ts";
import { dumpLines, findingText, identityJson, identityLines, statusJson } from "../tape_format.ts";
import {
  devicesOrEnvironment,
  type DriveOptions,
  driveSettings,
  driveTimeoutOption,
} from "../tape_options.ts";
import { DEVICES_VARIABLE } from "../environment.ts";

/** Adds `tape` and its subcommands to the tree. */
export function addTapeCommand(program: Command, context: CommandContext): void {
  const tape = program.command("tape").description("look after tapes and drives");
  addStatus(tape, context);
  addIdentify(tape, context);
  addMove(tape, context, "rewind", "wind tapes to their beginning", rewindTapes);
  addMove(tape, context, "eject", "eject tapes", ejectTapes);
  addErase(tape, context);
  addDump(tape, context);
}

type Options = DriveOptions & CommonOptions;

function subcommand(tape: Command, name: string, description: string) {
  return tape.command(name)
    .description(description)
    .argument("[device...]", `drives or tape images (default: $${DEVICES_VARIABLE})`)
    .addOption(driveTimeoutOption())
    .addOption(verboseOption())
    .addOption(quietOption());
}

function addStatus(tape: Command, context: CommandContext): void {
  subcommand(tape, "status", "say what each drive says of itself and its tape")
    .option("--json", "print JSON")
    .action(async (devices, options) => {
      const results = await tapeStatus(named(devices), settings(context, options));
      if (options.json) printJson(context, results, statusJson);
      else printLines(context, results, statusLines);
    });
}

function addIdentify(tape: Command, context: CommandContext): void {
  subcommand(tape, "identify", "say which archives are on each tape; rewinds it")
    .option("--json", "print JSON")
    .action(async (devices, options) => {
      const results = await identifyTapes(named(devices), settings(context, options));
      if (options.json) printJson(context, results, identityJson);
      else printLines(context, results, identityLines);
    });
}

function addMove(
  tape: Command,
  context: CommandContext,
  name: string,
  description: string,
  move: typeof rewindTapes,
): void {
  subcommand(tape, name, description).action(async (devices, options) => {
    report(context, await move(named(devices), settings(context, options)));
  });
}

function addErase(tape: Command, context: CommandContext): void {
  subcommand(tape, "erase", "mark tapes as empty; everything on them is lost")
    .option("--yes", "really erase; without it, only say what is on them")
    .action(async (devices, options) => {
      const specs = named(devices);
      const how = settings(context, options);
      if (!options.yes) {
        printLines(context, await inspectTapes(specs, how), (content) => [content]);
        throw new EctarError("usage", "nothing was erased", { hint: "give --yes to erase" });
      }
      const results = await eraseTapes(specs, how);
      printLines(context, results, (finding) => [`erased; it was: ${findingText(finding)}`]);
    });
}

function addDump(tape: Command, context: CommandContext): void {
  subcommand(
    tape,
    "dump",
    "copy tapes to files, past what cannot be read; `extract -i DIR` restores from them",
  )
    .requiredOption("-o, --output <dir>", "directory for the files", nameArgument)
    .option("--force", "replace files that are there and differ")
    .addOption(progressOption())
    .addOption(noProgressOption())
    .action(async (devices, options) => {
      const specs = named(devices);
      const how = settings(context, options);
      const line = await progressLine(context.terminal, options.progress);
      const sink = await DirectorySink.open(options.output, {
        force: options.force,
        onProgress: (doneBytes) => line.update({ verb: "copied", doneBytes }),
      });
      const results = await dumpTapes(specs, sink, how).finally(() => line.stop());
      for (const result of results) {
        if ("error" in result) continue;
        const { files, stopped } = result.value;
        if (stopped !== undefined) context.exit(EXIT.failed);
        else if (files.some(({ holes }) => holes.length > 0)) context.exit(EXIT.notes);
      }
      printLines(context, results, dumpLines);
    });
}

/**
 * The drives named as arguments, with or without commas, or those of the environment.
 *
 * @throws {EctarError} `usage`
 */
function named(devices: readonly string[]): string[] {
  const specs = devices.flatMap((each) => each.split(",")).map((each) => each.trim())
    .filter((each) => each !== "");
  const chosen = specs.length > 0 ? specs : devicesOrEnvironment(undefined);
  if (chosen !== undefined) return [...new Set(chosen)];
  throw new EctarError("usage", "no tape drive was named", {
    hint: "name drives such as /dev/nst0, or tape images",
  });
}

function settings(context: CommandContext, options: Options): TapeCommandOptions {
  applyCommonOptions(context, options);
  return {
    ...driveSettings(options),
    signal: context.signal,
    onNotice: (text) => context.terminal.info(`ectar: ${text}`),
  };
}

/** Results of drives that worked; a line and an exit code for the others. */
function report<T>(
  context: CommandContext,
  results: readonly DriveResult<T>[],
): { drive: string; value: T }[] {
  for (const result of results) {
    if (!("error" in result)) continue;
    const { message, context: { hint }, code } = result.error;
    const line = message.includes(result.drive) ? message : `${result.drive}: ${message}`;
    context.terminal.warn(hint === undefined ? line : `${line}; ${hint}`);
    context.exit(exitCodeOf(code));
  }
  return results.flatMap((result) => "error" in result ? [] : [result]);
}

function printLines<T>(
  context: CommandContext,
  results: readonly DriveResult<T>[],
  lines: (value: T) => string[],
): void {
  for (const { drive, value } of report(context, results)) {
    const [first, ...rest] = lines(value);
    context.terminal.print(`${drive}: ${first}`);
    for (const line of rest) context.terminal.print(`  ${line}`);
  }
}

function printJson<T>(
  context: CommandContext,
  results: readonly DriveResult<T>[],
  json: (value: T) => Record<string, unknown>,
): void {
  report(context, results);
  const all = results.map((result) => ({
    drive: result.drive,
    ..."error" in result ? { error: result.error.message } : json(result.value),
  }));
  context.terminal.printJson(all, 2);
}
