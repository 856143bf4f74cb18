/**
 * `--input` and `--tape-devices`: where an archive is read from.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { type ArchivePlaces, openPlaces } from "../archive/tape_input.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
import type { CommandContext } from "./program.ts";
import {
  bufferSizeOption,
  devicesOrEnvironment,
  type DriveOptions,
  driveSettings,
  driveTimeoutOption,
  tapeDevicesOption,
} from "./tape_options.ts";

/** Adds the options that say where an archive is. */
export function inputOptions<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command
    .option(
      "-i, --input <place...>",
      "base name, directory, index file or pattern of the archive; several when it is spread out",
    )
    .addOption(tapeDevicesOption())
    .addOption(driveTimeoutOption())
    .addOption(bufferSizeOption());
}

/** What those options are. */
export interface InputOptions extends DriveOptions {
  input?: string[] | undefined;
  tapeDevices?: string[] | undefined;
}

/** What a run wants of its input, and what it is told. */
export type RunHooks = Pick<
  ArchivePlaces,
  "needsShards" | "signal" | "onNotice" | "onDrives" | "onTarBytes"
>;

/** What every run passes on: Ctrl-C, and what drives wait for. */
export function runHooks({ signal, terminal }: CommandContext): RunHooks {
  return { signal, onNotice: (text) => terminal.info(`ectar: ${text}`) };
}

/** Whether drives are meant: those of the environment only when nothing is named. */
export function namesDrives({ input, tapeDevices }: InputOptions): boolean {
  const devices = input === undefined ? devicesOrEnvironment(tapeDevices) : tapeDevices;
  return devices !== undefined;
}

/**
 * Opens what they name. The drives of the environment are meant only when nothing is named.
 *
 * @throws {EctarError} `usage` when nothing is named, `not-found`, `too-few`
 */
export async function openInput(
  options: InputOptions,
  run: RunHooks = {},
): Promise<ShardSetReader> {
  const { input, tapeDevices } = options;
  return await openPlaces({
    ...run,
    inputs: input,
    devices: input === undefined ? devicesOrEnvironment(tapeDevices) : tapeDevices,
    ...driveSettings(options),
  });
}
