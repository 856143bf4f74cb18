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

const VALUES_HELP = `
Values:
  sizes  512K, 512KB or 512KiB, 1.5G: powers of 1024
  times  90s, 20min, 2h
`;

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
      // Help that nobody asked for; `explain` says in one line what is missing.
      writeErr: () => {},
      outputError: (text) => context.terminal.warn(usageLine(text)),
      getOutHelpWidth: () => context.terminal.helpWidth(context.terminal.outputIsTerminal),
      getErrHelpWidth: () => context.terminal.helpWidth(context.terminal.errorIsTerminal),
      getOutHasColors: () => context.terminal.outputIsTerminal && !Deno.env.get(NO_COLOR_VARIABLE),
      getErrHasColors: () => context.terminal.errorIsTerminal && !Deno.env.get(NO_COLOR_VARIABLE),
    })
    .addHelpText("after", `${VALUES_HELP}${environmentHelp()}${exitCodeHelp()}`);
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
    return explain(error, terminal, args);
  }
}

function explain(error: unknown, terminal: Terminal, args: readonly string[]): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === "commander.help") terminal.warn(commandMissing(args));
    return EXIT.usage;
  }
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

function commandMissing(args: readonly string[]): string {
  const help = args.indexOf("help");
  if (help >= 0) return `unknown command '${args[help + 1]}'; see ectar --help`;
  return `no command given; see ectar ${args[0]} --help`;
}

/** What commander says of a wrong command line, in one line. */
function usageLine(text: string): string {
  const line = text.trimEnd().replace(/^error: /, "").replace("\n(Did", " (did");
  const extra = /^too many arguments for '(\w+)'\. Expected 0 .*?: ([^,]*)/.exec(line);
  if (extra === null) return line;
  const [, command, argument] = extra;
  return `unexpected argument ${argument.replace(/\.$/, "")}; ` +
    `an archive is named with -i: ectar ${command} -i NAME`;
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
