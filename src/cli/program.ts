/**
 * The command tree, and how it is run: what ends up on the terminal and as the exit code.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";
import { EctarError } from "../errors.ts";
import { versionText } from "../version_build.ts";
import { COMMANDS } from "./command_list.ts";
import { ENVIRONMENT, NO_COLOR_VARIABLE } from "./environment.ts";
import { EXIT, EXIT_CODE_TABLE, exitCodeOf } from "./exit_codes.ts";
import { OutputClosed, Terminal } from "./terminal.ts";

/** Where an executable, which has not all permissions, is refused. */
const NOT_CAPABLE_HINT = "archives and images cannot lie below /dev, /proc and /sys";

/** What every command gets. */
export interface CommandContext {
  /** Its voice. */
  terminal: Terminal;
  /** Aborted at Ctrl-C (SIGINT) and SIGTERM. */
  signal: AbortSignal;
  /** Sets the exit code of a run that did not fail. */
  exit(code: number): void;
}

/**
 * Builds the command tree. Commands that are not `wanted` are there by name only, for help and for
 * "did you mean".
 */
export async function buildProgram(
  context: CommandContext,
  wanted: (name: string) => boolean,
): Promise<Command> {
  const program = new Command("ectar")
    .description(
      "Archives files as tar, zstd and Reed-Solomon shards, onto files or several tapes at once.",
    )
    .version(versionText(), "-V, --version", "print the version, and what build this is")
    .helpOption("-h, --help", "print help")
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.printTrusted(text),
      writeErr: (text) => context.terminal.warnLines(text.trimEnd().split("\n")),
      outputError: (text, write) => write(text.replace(/^error: /, "")),
      getOutHelpWidth: () => context.terminal.helpWidth(context.terminal.outputIsTerminal),
      getErrHelpWidth: () => context.terminal.helpWidth(context.terminal.errorIsTerminal),
      getOutHasColors: () => context.terminal.outputIsTerminal && !Deno.env.get(NO_COLOR_VARIABLE),
      getErrHasColors: () => context.terminal.errorIsTerminal && !Deno.env.get(NO_COLOR_VARIABLE),
    })
    .addHelpText("after", `${environmentHelp()}${exitCodeHelp()}`);
  const tree = program as unknown as Command;
  for (const { name, summary, load } of COMMANDS) {
    if (wanted(name)) (await load())(tree, context);
    else tree.command(name).description(summary);
  }
  return tree;
}

/** Runs one command line; returns the exit code. Never throws for what ectar foresees. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const terminal = new Terminal();
  let exitCode: number = EXIT.ok;
  const context = { terminal, signal, exit: (code: number) => exitCode = code };
  try {
    const program = await buildProgram(context, (name) => args.includes(name));
    if (args.length === 0) {
      terminal.warn("no command given; see ectar --help");
      return EXIT.usage;
    }
    await program.parseAsync([...args], { from: "user" });
    terminal.flush();
    return exitCode;
  } catch (error) {
    try {
      terminal.flush();
    } catch {
      // Whatever could not be printed matters less than the failure.
    }
    return explain(error, terminal);
  }
}

function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // The reader of a pipe has seen enough: what a shell reports for SIGPIPE.
  if (error instanceof OutputClosed) return 128 + 13;
  if (error instanceof EctarError) {
    const hint = error.context.hint === undefined ? "" : `; ${error.context.hint}`;
    terminal.warn(error.message + hint);
    return exitCodeOf(error.code);
  }
  if (error instanceof Deno.errors.NotCapable) {
    terminal.warn(`not permitted: ${error.message.split(",")[0]}; ${NOT_CAPABLE_HINT}`);
    return EXIT.failed;
  }
  terminal.warn(`internal error, please report it: ${String(error)}`);
  for (const line of stackLines(error)) terminal.debug(line);
  return EXIT.failed;
}

function stackLines(error: unknown): string[] {
  return error instanceof Error && error.stack ? error.stack.split("\n") : [];
}

function environmentHelp(): string {
  const rows = ENVIRONMENT.map(([name, meaning]) => `  ${name.padEnd(20)}${meaning}`);
  return `\nEnvironment:\n${rows.join("\n")}\n`;
}

function exitCodeHelp(): string {
  const rows = EXIT_CODE_TABLE.map(([code, meaning]) =>
    `  ${String(code).padStart(3)}  ${meaning}`
  );
  return `\nExit codes:\n${rows.join("\n")}\n`;
}
