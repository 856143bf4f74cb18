/**
 * `ectar repair`.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { repairFiles, replaceOnDrive } from "../../archive/repair_local.ts";
import type { ReplacedTape, ReplaceProgress } from "../../archive/repair_tape_options.ts";
import { EctarError } from "../../errors.ts";
import { printablePath } from "../../printable.ts";
import {
  applyCommonOptions,
  nameArgument,
  noProgressOption,
  progressOption,
  quietOption,
  verboseOption,
} from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { type InputOptions, inputOptions } from "../input.ts";
import type { CommandContext } from "../program.ts";
import { progressLine } from "../progress.ts";
import {
  lostChunkLines,
  readBackLines,
  repairExitCode,
  repairJson,
  repairLine,
  repairLines,
  replacedJson,
  replacedLine,
} from "../repair_format.ts";
import { devicesOrEnvironment, driveSettings } from "../tape_options.ts";

/** The tape that takes the place of a lost one. */
interface Replace {
  shard: number;
  drive: string;
}

/** What is done with the bytes that are counted. */
const VERBS: Record<ReplaceProgress["phase"], string> = {
  proving: "proven",
  writing: "rebuilt",
  "reading back": "read back",
};

/** Adds `repair` to the tree. */
export function addRepairCommand(program: Command, context: CommandContext): void {
  inputOptions(
    program.command("repair")
      .description("rebuild missing and damaged shards and the index from what is good"),
  )
    .addOption(
      new Option(
        "--replace <shard=drive>",
        "write what the lost tape of SHARD held onto the tape in DRIVE",
      ).argParser(replaceArgument).conflicts(["output", "dryRun", "rebuildIndex", "index"]),
    )
    .option("--overwrite", "write that tape though it is not blank; what is on it is lost")
    .option("--verify", "read that tape back when it is written, and compare the checksums")
    .option("-o, --output <dir>", "put what is rebuilt into DIR; change nothing else", nameArgument)
    .option("-n, --dry-run", "only tell what would be repaired")
    .addOption(
      new Option("--rebuild-index", "make the index again even if nothing is wrong with it")
        .conflicts("index"),
    )
    .option("--no-index", "leave the index as it is")
    .option("--json", "print a summary as JSON")
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const { input, output, dryRun = false, replace } = options;
      if (replace !== undefined) return await ontoTape(context, replace, options);
      if (options.tapeDevices !== undefined || options.overwrite) {
        throw new EctarError("usage", "tapes are not repaired in place", {
          hint: "give --replace SHARD=DRIVE with a new tape in DRIVE",
        });
      }
      if (options.verify) {
        throw new EctarError("usage", "--verify is for --replace", {
          hint: "leave it out: every file that is repaired is read back",
        });
      }
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
      const code = repairExitCode(summary);
      if (options.json) terminal.printJson(repairJson(summary));
      else for (const text of repairLines(summary)) terminal.outcome(text, code !== EXIT.ok);
      context.exit(code);
    });
}

async function ontoTape(
  context: CommandContext,
  { shard, drive }: Replace,
  options: InputOptions & { overwrite?: true; verify?: true; json?: true; progress?: boolean },
): Promise<void> {
  const { terminal, signal } = context;
  const { input, tapeDevices } = options;
  const line = await progressLine(terminal, options.progress);
  try {
    const replaced = await replaceOnDrive({
      inputs: input,
      devices: input === undefined ? devicesOrEnvironment(tapeDevices) : tapeDevices,
      ...driveSettings(options),
      shard,
      drive,
      overwrite: options.overwrite,
      verify: options.verify,
      spoolDirectory: Deno.env.get("TMPDIR") || "/tmp",
      signal,
      onNotice: (text) => terminal.info(`ectar: ${text}`),
      onDriveEvent: ({ message }) => terminal.warn(`drive ${drive}: ${message}`),
      onProgress: ({ phase, bytes, chunk }) =>
        line.update({ verb: VERBS[phase], doneBytes: bytes, detail: `chunk ${chunk}` }),
    });
    line.stop();
    if (options.json) terminal.printJson(replacedJson(replaced));
    else {
      for (const text of [...replaced.remarks, replacedLine(replaced)]) {
        terminal.outcome(text, !replaced.indexWritten);
      }
    }
    if (!replaced.indexWritten) context.exit(EXIT.notes);
    tellReadBack(context, drive, replaced);
    for (const text of lostChunkLines(replaced)) terminal.warn(text);
    if (replaced.lost.length > 0) context.exit(EXIT.unrepairable);
  } catch (error) {
    const isLost = error instanceof EctarError && ["damaged", "too-few"].includes(error.code);
    if (!isLost) throw error;
    const hint = error.context.hint === undefined ? "" : `; ${error.context.hint}`;
    terminal.warn(error.message + hint);
    context.exit(EXIT.unrepairable);
  } finally {
    line.stop();
  }
}

function tellReadBack(
  { terminal, exit }: CommandContext,
  drive: string,
  { name, readBack }: ReplacedTape,
): void {
  if (readBack === undefined) return;
  if (readBack.length === 0) {
    terminal.info(`${printablePath(name)}: the new tape was read back, all as it was written`);
    return;
  }
  for (const line of readBackLines(drive, readBack)) terminal.warn(line);
  exit(EXIT.repairable);
}

function replaceArgument(text: string, earlier: Replace | undefined): Replace {
  if (earlier !== undefined) {
    throw new InvalidArgumentError("One tape is replaced at a time: give it once.");
  }
  const match = /^(\d{1,3})=(.+)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError("It must be such as 2=/dev/nst3.");
  return { shard: Number(match[1]), drive: match[2] };
}
