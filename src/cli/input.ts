/**
 * `--input` and `--tape-devices`: where an archive is read from.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { type ArchivePlaces, openPlaces } from "../archive/tape_input.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
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

/**
 * Opens what they name. The drives of the environment are meant only when nothing is named.
 *
 * @throws {EctarError} `usage` when nothing is named, `not-found`, `too-few`
 */
export async function openInput(
  options: InputOptions,
  run: Pick<ArchivePlaces, "needsShards" | "signal" | "onNotice"> = {},
): Promise<ShardSetReader> {
  const { input, tapeDevices } = options;
  return await openPlaces({
    ...run,
    inputs: input,
    devices: input === undefined ? devicesOrEnvironment(tapeDevices) : tapeDevices,
    ...driveSettings(options),
  });
}
