/**
 * What `ectar create` tells of its tapes at its end: which tape holds what.
 *
 * @module
 */

import type { ArchiveOnTapes } from "../archive/create_tapes.ts";
import type { DriveActivity } from "../archive/drive_meter.ts";
import { tapeDensity } from "../tape/density.ts";
import type { DriveSummary } from "../tape/rait_options.ts";
import { createSummaryJson, createSummaryLines, isWorthKnowing } from "./create_summary.ts";
import { formatSize } from "./sizes.ts";

/** Whether the run ended with something the operator should know. */
export function tapesAreWorthKnowing(created: ArchiveOnTapes): boolean {
  return isWorthKnowing(created) || created.remarks.length > 0 ||
    created.drives.some((drive) => drive.state !== "writing" || !drive.indexWritten);
}

/** Lines for people. */
export function tapeSummaryLines(created: ArchiveOnTapes): string[] {
  const { drives, indexFile, remarks, setUuid, chunks } = created;
  // A drive that failed misses every chunk from there on: one line a drive says it.
  const general = createSummaryLines({ ...created, missing: [] });
  const lines = [...general, ...drives.map((drive) => driveLine(drive, chunks))];
  const lost = drives.filter((drive) => drive.chunksCommitted < chunks).length;
  if (lost > 0) lines.push(redundancyLine(created, lost));
  lines.push(...remarks, `tape set ${setUuid}`);
  if (indexFile !== undefined) lines.push(`index: ${indexFile}`);
  return lines;
}

/** The same for scripts. Sizes in bytes. */
export function tapeSummaryJson(created: ArchiveOnTapes): Record<string, unknown> {
  return {
    ...createSummaryJson(created),
    tape_set_uuid: created.setUuid,
    index_file: created.indexFile ?? null,
    drives: created.drives.map((drive) => ({
      drive: drive.drive,
      shard: drive.shard,
      volume_uuid: drive.volumeUuid,
      medium: tapeDensity(drive.density)?.name ?? null,
      medium_capacity_bytes: tapeDensity(drive.density)?.capacityBytes ?? null,
      state: stateWord(drive),
      near_end: drive.nearEnd,
      reason: drive.reason ?? null,
      chunks: drive.chunksCommitted,
      bytes: drive.bytes,
      bytes_per_second: Math.round(drive.bytesPerSecond),
      starved: drive.starved,
      index_written: drive.indexWritten,
    })),
    remarks: created.remarks,
  };
}

/** What a drive is doing while it writes. */
export function activityOf(drive: DriveSummary): DriveActivity {
  const { bufferedBytes, bytes, reason, shard, state } = drive;
  const doing = state === "writing"
    ? bufferedBytes > 0 ? `writing, ${formatSize(bufferedBytes)} waiting` : "waiting for data"
    : `${state.toUpperCase()}: ${reason}`;
  return { drive: drive.drive, shard, bytes, doing };
}

/** What the process may have to wait for before it can end, one line a drive. */
export function hungDriveLines(drives: readonly DriveSummary[]): string[] {
  return drives.filter(({ state }) => state === "hung").map(({ drive }) =>
    `drive ${drive} has not answered its last call; this program ends when the system gives it back`
  );
}

/** How often drives were fed too slowly, which wears heads and tapes. */
export function starvedDriveLines(drives: readonly DriveSummary[]): string[] {
  return drives.filter(({ starved }) => starved > 0).map(({ drive, starved }) =>
    `drive ${drive} had to wait for data ${starved === 1 ? "once" : `${starved} times`}`
  );
}

function driveLine(drive: DriveSummary, chunks: number): string {
  const { shard, volumeUuid, bytes, bytesPerSecond, chunksCommitted, indexWritten } = drive;
  const reason = drive.reason === undefined ? "" : `: ${drive.reason}`;
  const head = `shard ${shard}: ${drive.drive}, `;
  if (bytes === 0 && drive.state !== "writing") {
    return `${head}${stateWord(drive)}, holds NOTHING${reason}`;
  }
  const held = chunksCommitted >= chunks
    ? `all ${chunks === 1 ? "of 1 chunk" : `${chunks} chunks`}`
    : chunksCommitted === 0
    ? "NO chunk"
    : `only chunks 1 to ${chunksCommitted} of ${chunks}`;
  const index = indexWritten ? "with the index" : "WITHOUT the index";
  const facts = [`volume ${volumeUuid}`, stateWord(drive), `${held} ${index}`, formatSize(bytes)];
  if (drive.nearEnd) facts.push(nearEndFact(drive));
  if (bytesPerSecond > 0) facts.push(`${formatSize(Math.round(bytesPerSecond))}/s`);
  return head + facts.join(", ") + reason;
}

/** A tape that ends long before its capacity was written by a worn or dirty drive, or is worn. */
function nearEndFact({ density }: DriveSummary): string {
  const medium = tapeDensity(density);
  if (medium === undefined) return "near its end";
  return `near its end (${medium.name}: ${formatSize(medium.capacityBytes)})`;
}

function stateWord({ state }: DriveSummary): string {
  return state === "writing" ? "ok" : state;
}

function redundancyLine({ drives, dataShards }: ArchiveOnTapes, lost: number): string {
  const left = drives.length - lost - dataShards;
  return left > 0
    ? `${left} more of the ${drives.length - lost} whole tapes may be lost`
    : left === 0
    ? `every one of the ${drives.length - lost} whole tapes is needed from now on`
    : `chunks lie on different tapes: keep all of them`;
}
