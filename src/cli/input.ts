/**
 * `--input`: where an archive is read from.
 *
 * @module
 */

import type { Command } from "@commander-js/extra-typings";
import { EctarError } from "../errors.ts";
import { FileShardSetReader } from "../shard/file_reader.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";

/** Adds the options that say where an archive is. */
export function inputOptions<Args extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Args, Options>,
) {
  return command.option(
    "-i, --input <place...>",
    "base name, directory, index file or pattern of the archive; several when it is spread out",
  );
}

/** What those options are. */
export interface InputOptions {
  input?: string[] | undefined;
}

/**
 * Opens what they name.
 *
 * @throws {EctarError} `usage` when nothing is named, `not-found`
 */
export async function openInput(options: InputOptions): Promise<ShardSetReader> {
  if (options.input === undefined) {
    throw new EctarError("usage", "no archive was named", { hint: "give -i NAME" });
  }
  return await FileShardSetReader.open(options.input);
}
