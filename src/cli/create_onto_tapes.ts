/**
 * `ectar create` onto tapes.
 *
 * @module
 */

import type { ArchiveContent, ArchiveShape } from "../archive/archive_content.ts";
import { createOnTapes, type TapeHooks, type TapeOutput } from "../archive/create_tapes.ts";
import { hooksOf, loadReadBack, type OutputOptions } from "./create_onto.ts";
import { incompleteLines } from "./create_summary.ts";
import { driveProgress } from "./drive_progress.ts";
import { EXIT } from "./exit_codes.ts";
import type { CommandContext } from "./program.ts";
import { tapeShareCounts } from "./share_counts.ts";
import { blockSizeOrEnvironment, driveSettings } from "./tape_options.ts";
import {
  activityOf,
  hungDriveLines,
  starvedDriveLines,
  tapesAreWorthKnowing,
  tapeSummaryJson,
  tapeSummaryLines,
} from "./tape_summary.ts";

/** Archives onto `devices`, with a copy of the index in `directory`, and tells what came of it. */
export async function ontoTapes(
  context: CommandContext,
  content: ArchiveContent,
  shape: ArchiveShape,
  options: OutputOptions,
  devices: string[],
  directory: string,
): Promise<void> {
  const { terminal } = context;
  const { k } = tapeShareCounts(devices.length, options.dataShards, options.parityShards);
  const blockSize = blockSizeOrEnvironment(options.blockSize);
  const output: TapeOutput = {
    devices,
    directory,
    k,
    ...blockSize === undefined ? {} : { blockSize },
    ...options.imageCapacity === undefined ? {} : { capacityBytes: options.imageCapacity },
    ...driveSettings(options),
    overwrite: options.overwrite === true,
    onDriveFailure: options.onDriveFailure,
    minParity: options.minParity,
    force: options.force,
    onDriveEvent: ({ drive, message, shard }) =>
      terminal.warn(
        `shard ${shard}: ${message.includes(drive) ? message : `${drive}: ${message}`}`,
      ),
  };
  const readBack = await loadReadBack(options);
  const line = driveProgress(terminal, options.progress, "archived");
  const hooks: TapeHooks = {
    ...hooksOf(context, line),
    onNotice: (text) => terminal.info(`ectar: ${text}`),
    onDrives: (drives) => line.watch(() => drives().map(activityOf)),
  };
  const created = await createOnTapes(content, shape, output, hooks).finally(() => line.stop());
  if (options.json) terminal.printJson(tapeSummaryJson(created));
  else {
    for (const line of tapeSummaryLines(created)) {
      terminal.outcome(line, tapesAreWorthKnowing(created));
    }
  }
  for (const line of incompleteLines(created)) terminal.warn(line);
  for (const line of starvedDriveLines(created.drives)) terminal.verbose(line);
  for (const line of hungDriveLines(created.drives)) terminal.warn(line);
  if (created.stopped === "interrupted") context.exit(EXIT.interrupted);
  else if (tapesAreWorthKnowing(created)) context.exit(EXIT.notes);
  if (readBack !== undefined && created.stopped !== "interrupted") {
    await readBack.readBackAndTell(context, options.progress, {
      devices,
      missing: created.missing,
      ...driveSettings(options),
    });
  }
}
