/**
 * The commands by name. Each one's code is loaded only when it is named on the command line: loading
 * all of it takes longer than printing help does.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import type { CommandContext } from "./program.ts";

/** Adds a command to the tree. */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** One command. */
export interface ListedCommand {
  /** What is typed. */
  name: string;
  /** Its line in `ectar --help`; the command describes itself with the same words. */
  summary: string;
  /** Loads what adds it. */
  load: () => Promise<AddCommand>;
}

/** All commands, in the order of `ectar --help`. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: "create",
    summary: "archive files and directories",
    load: async () => (await import("./commands/create.ts")).addCreateCommand,
  },
  {
    name: "extract",
    summary: "restore files from an archive",
    load: async () => (await import("./commands/extract.ts")).addExtractCommand,
  },
  {
    name: "list",
    summary: "list the members of an archive",
    load: async () => (await import("./commands/list.ts")).addListCommand,
  },
  {
    name: "verify",
    summary: "check an archive: is all as it was, what could be lost",
    load: async () => (await import("./commands/verify.ts")).addVerifyCommand,
  },
  {
    name: "repair",
    summary: "rebuild missing and damaged shards and the index from what is good",
    load: async () => (await import("./commands/repair.ts")).addRepairCommand,
  },
  {
    name: "info",
    summary: "say what an archive is",
    load: async () => (await import("./commands/info.ts")).addInfoCommand,
  },
  {
    name: "tape",
    summary: "look after tapes and drives",
    load: async () => (await import("./commands/tape.ts")).addTapeCommand,
  },
  {
    name: "completions",
    summary: "print a script that completes ectar's commands in a shell",
    load: async () => (await import("./commands/completions.ts")).addCompletionsCommand,
  },
  {
    name: "man",
    summary: "print ectar's manual pages",
    load: async () => (await import("./commands/man.ts")).addManCommand,
  },
];
