/**
 * `ectar info`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import { withArchive } from "../../archive/extract_local.ts";
import { archiveInfo } from "../../archive/info.ts";
import { applyCommonOptions, quietOption, verboseOption } from "../common_options.ts";
import { infoJson, infoLines } from "../info_format.ts";
import { inputOptions, openInput, runHooks } from "../input.ts";
import type { CommandContext } from "../program.ts";

/** Adds `info` to the tree. */
export function addInfoCommand(program: Command, context: CommandContext): void {
  inputOptions(program.command("info").description("say what an archive is"))
    .addOption(
      new Option("--format <format>", "output format").choices(["text", "json"]).default("text"),
    )
    .option("--json", "the same as --format json")
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal } = context;
      const info = await withArchive(await openInput(options, runHooks(context)), {}, archiveInfo);
      if (options.json || options.format === "json") terminal.printJson(infoJson(info), 2);
      else {
        for (const line of infoLines(info, terminal.verbosity !== "normal")) terminal.print(line);
        for (const remark of info.remarks) terminal.info(remark);
      }
    });
}
