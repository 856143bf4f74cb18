/**
 * What `ectar repair` tells.
 *
 * @module
 */

import type { RepairedFile, RepairSummary } from "../archive/repair.ts";
import type { ReplacedTape } from "../archive/repair_tape_options.ts";
import type { TapeFault } from "../archive/repair_tape_read_back.ts";
import { printablePath } from "../printable.ts";
import { EXIT } from "./exit_codes.ts";
import { atMost } from "./extract_summary.ts";

/** One line for a file that was, or would be, repaired. */
export function repairLine({ path, problem }: RepairedFile, dryRun: boolean): string {
  const shown = printablePath(path);
  return dryRun ? `would repair ${shown}: ${problem}` : `repaired ${shown}: ${problem}`;
}

/** Lines for people, at the end. */
export function repairLines(summary: RepairSummary): string[] {
  const lines = [...summary.remarks];
  for (const path of summary.keptAside) {
    lines.push(`kept ${printablePath(path)}: it may hold something else`);
  }
  lines.push(...atMost(summary.lost.map(({ reason }) => `cannot be repaired: ${reason}`)));
  if (summary.indexProblem !== undefined) lines.push(`index: ${summary.indexProblem}`);
  lines.push(`${summary.name}: ${outcome(summary)}`);
  return lines;
}

function outcome({ repaired, lost, index, dryRun, chunks }: RepairSummary): string {
  const count = `${repaired.length} ${repaired.length === 1 ? "file" : "files"}`;
  const checked = `${chunks} ${chunks === 1 ? "chunk" : "chunks"} looked at`;
  if (lost.length > 0 || index === "impossible") {
    return `NOT everything can be repaired; ${count} ${dryRun ? "can be" : "repaired"}, ${checked}`;
  }
  if (repaired.length === 0) return `nothing to repair, ${checked}`;
  return `${count} ${dryRun ? "to repair" : "repaired"}, ${checked}`;
}

/** The exit code: see docs/exit-codes.md. */
export function repairExitCode(summary: RepairSummary): number {
  if (summary.lost.length > 0 || summary.index === "impossible") return EXIT.unrepairable;
  if (summary.dryRun) return summary.repaired.length > 0 ? EXIT.repairable : EXIT.ok;
  return summary.keptAside.length > 0 ? EXIT.notes : EXIT.ok;
}

/** The summary as JSON. */
export function repairJson(summary: RepairSummary): Record<string, unknown> {
  return {
    report: "ectar-repair",
    version: 1,
    archive_name: summary.name,
    archive_uuid: summary.uuid ?? null,
    dry_run: summary.dryRun,
    chunks: summary.chunks,
    repaired: summary.repaired.map(({ path, chunk, shard, problem }) => ({
      path,
      chunk_number: chunk ?? null,
      shard: shard ?? null,
      problem,
    })),
    lost: summary.lost.map(({ chunks, reason }) => ({ chunks, reason })),
    index: summary.index,
    index_problem: summary.indexProblem ?? null,
    kept_aside: summary.keptAside,
    remarks: summary.remarks,
  };
}

/** One line for people: what is on the new tape. */
export function replacedLine({ name, shard, chunks, volumeUuid }: ReplacedTape): string {
  const count = `${chunks} ${chunks === 1 ? "chunk" : "chunks"}`;
  return `${
    printablePath(name)
  }: shard ${shard} is on the new tape, ${count}, volume ${volumeUuid}`;
}

/** What is not on the new tape because it cannot be recovered. */
export function lostChunkLines({ lost }: ReplacedTape): string[] {
  return atMost(lost.map(({ reason }) => `cannot be repaired: ${reason}`));
}

/** What is not as it was written on a tape that was read back. */
export function readBackLines(drive: string, faults: readonly TapeFault[]): string[] {
  const lines = faults.map(({ problem }) => problem);
  return [
    ...atMost(lines),
    `the tape in drive ${drive} is not as it was written; everything restores from the others: ` +
    "write another tape",
  ];
}

/** The same for scripts. */
export function replacedJson(replaced: ReplacedTape): Record<string, unknown> {
  return {
    report: "ectar-replace",
    version: 1,
    archive_name: replaced.name,
    archive_uuid: replaced.uuid,
    shard: replaced.shard,
    volume_uuid: replaced.volumeUuid,
    chunks: replaced.chunks,
    bytes: replaced.bytes,
    index_written: replaced.indexWritten,
    lost: replaced.lost.map(({ chunk, reason }) => ({ chunk_number: chunk, reason })),
    read_back: replaced.readBack?.map(({ chunk, problem }) => ({
      chunk_number: chunk ?? null,
      problem,
    })) ?? null,
    remarks: replaced.remarks,
  };
}
