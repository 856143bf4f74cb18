/**
 * The command tree as data, for completions and manual pages: what each command is called, takes
 * and says of itself, read from the commands themselves.
 *
 * @module
 */

import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** What the shell can offer for a value. */
export type ValueKind = "file" | "directory" | "devices" | "choice" | "other";

/** A value that an option or a command takes. */
export interface ValueNode {
  /** Its name, such as `size`. */
  name: string;
  /** What may be given. */
  kind: ValueKind;
  /** All values there are, of a choice. */
  choices: readonly string[];
  /** Whether several may follow each other. */
  variadic: boolean;
  /** Whether it must be given. */
  required: boolean;
  /** What it is; empty for an option's value. */
  description: string;
}

/** An option. */
export interface OptionNode {
  /** Such as `-o`. */
  short: string | undefined;
  /** Such as `--output`. */
  long: string;
  /** Its value, if it takes one. */
  value: ValueNode | undefined;
  /** Whether it must be given. */
  mandatory: boolean;
  /** What it does, with default and choices. */
  description: string;
  /** Heading that it stands under in help, such as `Tapes`; `Options` for most. */
  group: string;
}

/** A command or subcommand. */
export interface CommandNode {
  /** What is typed, such as `["ectar", "tape", "status"]`. */
  words: readonly string[];
  /** What it does, in a few words. */
  summary: string;
  /** What it takes besides options. */
  values: readonly ValueNode[];
  /** Its options. */
  options: readonly OptionNode[];
  /** Its subcommands. */
  commands: readonly CommandNode[];
}

/** Reads a command and all below it. */
export function readCommandTree(
  command: CommandUnknownOpts,
  above: readonly string[] = [],
): CommandNode {
  const words = [...above, command.name()];
  const help = command.createHelp();
  return {
    words,
    summary: command.description(),
    values: help.visibleArguments(command).map((argument) => ({
      name: argument.name(),
      kind: kindOf(argument.name(), argument.argChoices),
      choices: argument.argChoices ?? [],
      variadic: argument.variadic,
      required: argument.required,
      description: help.argumentDescription(argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      short: option.short,
      long: option.long ?? option.flags,
      value: valueOf(option.flags, option.argChoices),
      mandatory: option.mandatory,
      description: help.optionDescription(option),
      group: (option.helpGroupHeading ?? "Options").replace(/:$/, ""),
    })),
    commands: help.visibleCommands(command)
      .filter((each) => each.name() !== "help")
      .map((each) => readCommandTree(each, words)),
  };
}

/** All commands of a tree, each before those below it. */
export function allCommands(tree: CommandNode): CommandNode[] {
  return [tree, ...tree.commands.flatMap(allCommands)];
}

function valueOf(flags: string, choices: string[] | undefined): ValueNode | undefined {
  const match = /([<[])([^>\]]*(?:\[[^\]]*\])?)[>\]]$/.exec(flags);
  if (match === null) return undefined;
  const name = match[2].replace(/\.\.\.$/, "");
  return {
    name,
    kind: kindOf(name, choices),
    choices: choices ?? [],
    variadic: match[2].endsWith("..."),
    required: match[1] === "<",
    description: "",
  };
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  dir: "directory",
  file: "file",
  name: "file",
  path: "file",
  place: "file",
  device: "devices",
  devices: "devices",
};

function kindOf(name: string, choices: readonly string[] | undefined): ValueKind {
  if (choices !== undefined) return "choice";
  return KINDS[name] ?? "other";
}
