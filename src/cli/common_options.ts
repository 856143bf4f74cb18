/**
 * Options that several commands share, and how their texts become values.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { EctarError } from "../errors.ts";
import type { CommandContext } from "./program.ts";
import { formatSize, parseDuration, parseSize } from "./sizes.ts";

/** `--exclude`. */
export function excludeOption() {
  return new Option("--exclude <pattern>", "leave out what matches, as GNU tar does; repeatable")
    .argParser(collect);
}

/** `--exclude-from`. */
export function excludeFromOption() {
  return new Option(
    "--exclude-from <file>",
    "leave out what the gitignore patterns in FILE match",
  ).argParser(collectNames);
}

/** `--progress`. */
export function progressOption() {
  return new Option("--progress", "show progress even where standard error is no terminal");
}

/** `--no-progress`. */
export function noProgressOption() {
  return new Option("--no-progress", "show no progress");
}

/** `--verbose`. */
export function verboseOption() {
  return new Option("-v, --verbose", "tell more; repeatable")
    .default(0)
    .argParser((_value: string, previous: number) => previous + 1);
}

/** `--quiet`. */
export function quietOption() {
  return new Option("-q, --quiet", "tell only what is wrong");
}

/** What the options that every command has are. */
export interface CommonOptions {
  verbose: number | boolean;
  quiet?: true | undefined;
}

/** Sets how much is told. */
export function applyCommonOptions(context: CommandContext, options: CommonOptions): void {
  const { terminal } = context;
  if (options.quiet) terminal.verbosity = "quiet";
  else if (Number(options.verbose) >= 2) terminal.verbosity = "debug";
  else if (Number(options.verbose) === 1) terminal.verbosity = "verbose";
}

/** Collects a repeatable option. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...previous ?? [], value];
}

/** A file, directory or member. The system calls an empty name a defect; a list would take all. */
export function nameArgument(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** Collects names. */
export function collectNames(value: string, previous: readonly string[] | undefined): string[] {
  return collect(nameArgument(value), previous);
}

/** A size option. */
export function sizeArgument(text: string): number {
  return asArgument(() => parseSize(text));
}

/** A size option between two bounds. */
export function sizeArgumentBetween(smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const bytes = sizeArgument(text);
    if (bytes >= smallest && bytes <= largest) return bytes;
    const [from, to] = [smallest, largest].map(formatSize);
    throw new InvalidArgumentError(`It must be a size from ${from} to ${to}.`);
  };
}

/** A duration option, in milliseconds. */
export function durationArgument(text: string): number {
  return asArgument(() => parseDuration(text));
}

/** A whole number between two bounds. */
export function integerArgument(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** A UUID. */
export function uuidArgument(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new InvalidArgumentError(
      "It must be a UUID such as 123e4567-e89b-42d3-a456-426614174000.",
    );
  }
  return text.toLowerCase();
}

/** A moment, as RFC 3339 in UTC; `@SECONDS` counts from 1970. */
export function momentArgument(text: string): string {
  const milliseconds = /^@\d{1,11}$/.test(text) ? Number(text.slice(1)) * 1000 : Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError(
      "It must be a time such as 2026-01-31T12:00:00Z or @1769860800.",
    );
  }
  return new Date(milliseconds).toISOString();
}

/** Devices separated by commas. */
export function deviceListArgument(text: string, previous: string[] | undefined): string[] {
  const devices = text.split(",").map((device) => device.trim()).filter((device) => device !== "");
  if (devices.length === 0) throw new InvalidArgumentError("No device is named.");
  return [...previous ?? [], ...devices];
}

function asArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    const hint = error.context.hint === undefined ? "" : `; ${error.context.hint}`;
    throw new InvalidArgumentError(`${error.message}${hint}.`);
  }
}
