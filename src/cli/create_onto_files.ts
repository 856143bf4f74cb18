/**
 * `ectar create` onto shard files.
 *
 * @module
 */

import type { ArchiveContent, ArchiveShape } from "../archive/archive_content.ts";
import { createFiles } from "../archive/create_local.ts";
import { EctarError } from "../errors.ts";
import { hooksOf, loadReadBack, type OutputOptions } from "./create_onto.ts";
import { createSummaryJson, createSummaryLines, isWorthKnowing } from "./create_summary.ts";
import { EXIT } from "./exit_codes.ts";
import type { CommandContext } from "./program.ts";
import { progressLine } from "./progress.ts";
import { fileShareCounts } from "./share_counts.ts";

/** Archives onto files in `directory`, and tells what came of it. */
export async function ontoFiles(
  context: CommandContext,
  content: ArchiveContent,
  shape: ArchiveShape,
  options: OutputOptions,
  directory: string,
): Promise<void> {
  const { blockSize, dataShards, force, json, parityShards, progress } = options;
  if (options.overwrite) {
    throw new EctarError("usage", "--overwrite is for tapes", { hint: "use --force for files" });
  }
  const counts = fileShareCounts(dataShards, parityShards);
  const readBack = await loadReadBack(options);
  const line = await progressLine(context.terminal, progress);
  const output = { directory, ...counts, blockSize, force };
  const created = await createFiles(content, shape, output, hooksOf(context, line))
    .finally(() => line.stop());
  if (json) context.terminal.printJson(createSummaryJson(created));
  else {
    for (const line of createSummaryLines(created)) {
      context.terminal.outcome(line, isWorthKnowing(created));
    }
  }
  if (isWorthKnowing(created)) context.exit(EXIT.notes);
  if (readBack !== undefined) {
    const inputs = readBack.placesOfCreated(directory, shape.name);
    await readBack.readBackAndTell(context, progress, { inputs, missing: created.missing });
  }
}
