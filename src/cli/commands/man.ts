/**
 * `ectar man`.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { nameArgument } from "../common_options.ts";
import { EctarError } from "../../errors.ts";
import { ensureDirectory } from "../../shard/ensure_directory.ts";
import { fromSystemError } from "../../shard/system_error.ts";
import { VERSION } from "../../version.ts";
import { buildDate } from "../../version_build.ts";
import { readCommandTree } from "../command_tree.ts";
import { manualName, manualPage } from "../man_page.ts";
import { buildProgram, type CommandContext } from "../program.ts";

/** Adds `man` to the tree. */
export function addManCommand(program: Command, context: CommandContext): void {
  program.command("man")
    .description("print ectar's manual pages")
    .argument("[command]", "print the page of this command (default: that of ectar)")
    .option("-o, --output <dir>", "write the pages of all commands to DIR", nameArgument)
    .action(async (command, options) => {
      const tree = readCommandTree(await buildProgram(context, () => true));
      const facts = { version: VERSION, date: buildDate() };
      const nodes = [tree, ...tree.commands];
      if (options.output !== undefined) {
        await ensureDirectory(options.output);
        for (const node of nodes) {
          await writePage(`${options.output}/${manualName(node)}`, manualPage(node, tree, facts));
        }
        return;
      }
      const node = nodes.find(({ words }) => words.at(-1) === (command ?? "ectar"));
      if (node === undefined) {
        throw new EctarError("usage", `there is no command ${JSON.stringify(command)}`, {
          hint: "see ectar --help",
        });
      }
      context.terminal.printTrusted(manualPage(node, tree, facts));
    });
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, page);
  } catch (error) {
    throw fromSystemError(error, `cannot write ${path}`, { path });
  }
}
