/**
 * `ectar list`.
 *
 * @module
 */

import { type Command, Option } from "@commander-js/extra-typings";
import { withArchive } from "../../archive/extract_local.ts";
import { listArchive } from "../../archive/list.ts";
import {
  applyCommonOptions,
  collectNames,
  excludeOption,
  quietOption,
  verboseOption,
} from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { inputOptions, openInput, runHooks } from "../input.ts";
import { LIST_FORMATS, listFormatter } from "../list_format.ts";
import type { CommandContext } from "../program.ts";

/** Adds `list` to the tree. */
export function addListCommand(program: Command, context: CommandContext): void {
  inputOptions(program.command("list").description("list the members of an archive"))
    .option(
      "--files <path...>",
      "list only these members and what is below them; globs work",
      collectNames,
    )
    .addOption(excludeOption())
    .option("--long", "show type, mode, owner, size and time")
    .addOption(
      new Option("--format <format>", "output format").choices(LIST_FORMATS).default("text"),
    )
    .option("--json", "the same as --format json")
    .addOption(verboseOption())
    .addOption(quietOption())
    .action(async (options) => {
      applyCommonOptions(context, options);
      const { terminal, signal } = context;
      const { files } = options;
      const exclude = { patterns: options.exclude ?? [] };
      const format = options.json ? "json" : options.format as typeof LIST_FORMATS[number];
      const formatter = listFormatter(format, options.long === true);
      await withArchive(await openInput(options, runHooks(context)), {}, async (archive) => {
        for (const line of formatter.begin()) terminal.print(line);
        const listed = await listArchive(archive, {
          selection: files === undefined ? { exclude } : { files, exclude },
          checksums: format !== "text",
          signal,
        }, (file) => {
          for (const line of formatter.member(file)) terminal.print(line);
        });
        for (const line of formatter.end()) terminal.print(line);
        terminal.flush();
        for (const remark of archive.remarks) terminal.info(remark);
        for (const part of listed.lostParts) terminal.warn(`lost: ${part.reason}`);
        if (listed.lostParts.length > 0) context.exit(EXIT.notes);
        for (const name of listed.notFound) terminal.warn(`${name}: not in the archive`);
        if (listed.notFound.length > 0) context.exit(EXIT.failed);
      });
    });
}
