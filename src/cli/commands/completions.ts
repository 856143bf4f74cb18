/**
 * `ectar completions`.
 *
 * @module
 */

import { Argument, type Command } from "@commander-js/extra-typings";
import { type CommandNode, readCommandTree } from "../command_tree.ts";
import { bashCompletions } from "../completions_bash.ts";
import { fishCompletions } from "../completions_fish.ts";
import { zshCompletions } from "../completions_zsh.ts";
import { buildProgram, type CommandContext } from "../program.ts";

const WRITERS: Readonly<Record<string, (tree: CommandNode) => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/** Adds `completions` to the tree. */
export function addCompletionsCommand(program: Command, context: CommandContext): void {
  program.command("completions")
    .description("print a script that completes ectar's commands in a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(WRITERS)))
    .action(async (shell) => {
      const tree = readCommandTree(await buildProgram(context, () => true));
      context.terminal.printTrusted(WRITERS[shell](tree));
    });
}
