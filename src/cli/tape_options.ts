/**
 * Options that all commands with tape drives share, and the defaults that the environment gives.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { EctarError } from "../errors.ts";
import { MAX_BLOCK_SIZE } from "../format_limits.ts";
import {
  deviceListArgument,
  durationArgument,
  sizeArgument,
  sizeArgumentBetween,
} from "./common_options.ts";
import { BLOCK_SIZE_VARIABLE, DEVICES_VARIABLE } from "./environment.ts";

/** `--tape-devices`. */
export function tapeDevicesOption() {
  return new Option(
    "--tape-devices <devices>",
    "tape drives (/dev/nst0,…) or tape images (t0.tap,…), separated by commas; repeatable " +
      `(default: $${DEVICES_VARIABLE})`,
  ).argParser(deviceListArgument);
}

/** `--drive-timeout`. */
export function driveTimeoutOption() {
  return new Option(
    "--drive-timeout <time>",
    "how long a drive may be silent before it counts as dead (default: 20min; winding: 3h)",
  ).argParser(driveTimeoutArgument);
}

/** With no time at all every drive would be dead before it is asked. */
function driveTimeoutArgument(text: string): number {
  const milliseconds = durationArgument(text);
  if (milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError("It must be more than 0.");
}

/** `--buffer-size`. */
export function bufferSizeOption() {
  return new Option(
    "--buffer-size <size>",
    "memory for the blocks of all drives together, two blocks a drive at least; images that are " +
      "written need no more (default: 256MiB)",
  ).argParser(sizeArgument);
}

/** What these options are. */
export interface DriveOptions {
  driveTimeout?: number | undefined;
  bufferSize?: number | undefined;
}

/** The same as the layers below take it. */
export function driveSettings({ driveTimeout, bufferSize }: DriveOptions) {
  return {
    ...driveTimeout === undefined ? {} : { timeouts: { driveTimeoutMs: driveTimeout } },
    ...bufferSize === undefined ? {} : { bufferBytes: bufferSize },
  };
}

/**
 * The drives named, or those of the environment.
 *
 * @throws {EctarError} `usage` when the environment names none in a wrong way
 */
export function devicesOrEnvironment(named: string[] | undefined): string[] | undefined {
  return named ?? fromEnvironment(DEVICES_VARIABLE, (text) => deviceListArgument(text, undefined));
}

/** The tape block size given, or that of the environment. */
export function blockSizeOrEnvironment(given: number | undefined): number | undefined {
  return given ?? fromEnvironment(BLOCK_SIZE_VARIABLE, sizeArgumentBetween(1, MAX_BLOCK_SIZE));
}

/** Undefined where the variable is not set or empty. */
function fromEnvironment<T>(name: string, parse: (text: string) => T): T | undefined {
  const text = Deno.env.get(name);
  if (text === undefined || text.trim() === "") return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw new EctarError("usage", `environment variable ${name}: ${(error as Error).message}`);
  }
}
