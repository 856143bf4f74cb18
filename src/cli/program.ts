/**
 * The command tree, and how it is run: what ends up on the terminal and as the exit code.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";
import { EctarError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { addCreateCommand } from "./commands/create.ts";
import { addExtractCommand } from "./commands/extract.ts";
import { addInfoCommand } from "./commands/info.ts";
import { addListCommand } from "./commands/list.ts";
import { addVerifyCommand } from "./commands/verify.ts";
import { addTapeCommand } from "./commands/tape.ts";
import { EXIT, EXIT_CODE_TABLE, exitCodeOf } from "./exit_codes.ts";
import { OutputClosed, Terminal } from "./terminal.ts";

/** What every command gets. */
export interface CommandContext {
  /** Its voice. */
  terminal: Terminal;
  /** Aborted at Ctrl-C (SIGINT) and SIGTERM. */
  signal: AbortSignal;
  /** Sets the exit code of a run that did not fail. */
  exit(code: number): void;
}

/** Builds the command tree. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command("ectar")
    .description(
      "Archives files as tar, zstd and Reed-Solomon shards, onto files or several tapes at once.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.printRaw(new TextEncoder().encode(text)),
      writeErr: (text) => context.terminal.warn(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, "")),
      getOutHasColors: () => context.terminal.outputIsTerminal && !Deno.env.get("NO_COLOR"),
      getErrHasColors: () => context.terminal.errorIsTerminal && !Deno.env.get("NO_COLOR"),
    })
    .addHelpText("after", exitCodeHelp());
  addCreateCommand(program, context);
  addExtractCommand(program, context);
  addListCommand(program, context);
  addVerifyCommand(program, context);
  addInfoCommand(program, context);
  addTapeCommand(program as unknown as Command, context);
  return program as unknown as Command;
}

/** Runs one command line; returns the exit code. Never throws for what ectar foresees. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const terminal = new Terminal();
  let exitCode: number = EXIT.ok;
  const context = { terminal, signal, exit: (code: number) => exitCode = code };
  try {
    const program = buildProgram(context);
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
  terminal.warn(`internal error, please report it: ${String(error)}`);
  if (error instanceof Error && error.stack) terminal.debug(error.stack);
  return EXIT.failed;
}

function exitCodeHelp(): string {
  const rows = EXIT_CODE_TABLE.map(([code, meaning]) =>
    `  ${String(code).padStart(3)}  ${meaning}`
  );
  return `\nExit codes:\n${rows.join("\n")}\n`;
}
