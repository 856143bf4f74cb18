/**
 * How `ectar tape` shows drives and tapes, to people and to scripts.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import { tapeDensity } from "../tape/density.ts";
import type { TapeStatus } from "../tape/device.ts";
import type { DumpSummary } from "../tape/dump.ts";
import type { GuardFinding } from "../tape/guard.ts";
import type { ArchiveOnTape, TapeIdentity } from "../tape/identify.ts";
import { describeLabel } from "../tape/label.ts";
import { formatSize } from "./sizes.ts";

/** A drive's status for scripts; what the drive does not tell is null. */
export function statusJson(status: TapeStatus): Record<string, unknown> {
  const medium = tapeDensity(status.density);
  const { file, block, logical } = status.position;
  return {
    online: status.online,
    no_medium: status.noMedium,
    medium: medium?.name ?? null,
    medium_capacity_bytes: medium?.capacityBytes ?? null,
    density_code: status.density ?? null,
    write_protected: status.writeProtected,
    block_size: status.blockSize ?? null,
    block_mode: status.blockSize === undefined
      ? null
      : status.blockSize === 0
      ? "variable"
      : "fixed",
    compression: status.compression ?? null,
    beginning_of_tape: status.beginningOfTape,
    at_filemark: status.atFilemark,
    end_of_data: status.endOfData,
    end_of_tape: status.endOfTape,
    cleaning_wanted: status.cleaningWanted,
    position: { file: file ?? null, block: block ?? null, logical: logical ?? null },
  };
}

const STATES: Record<ArchiveOnTape["state"], string> = {
  complete: "complete",
  "stopped-early": "INCOMPLETE: it was stopped early",
  "no-index": "INCOMPLETE on this tape: no index behind it",
  unknown: "with an index that cannot be read",
};

/** What is on a tape, in lines. */
export function identityLines(identity: TapeIdentity): string[] {
  const { archives, content, kind } = identity;
  if (kind === "no-tape") return ["no tape in the drive"];
  if (kind === "blank") return ["a blank tape"];
  const lines = archives.map(({ label, chunks, state, tapeFile }) =>
    `${describeLabel(label)}, volume ${label.volumeUuid}; tape file ${tapeFile}, ` +
    `${chunks} ${chunks === 1 ? "chunk" : "chunks"}, ${STATES[state]}`
  );
  if (content !== undefined) lines.push(archives.length === 0 ? content : `and ${content}`);
  return lines;
}

/** The same for scripts. */
export function identityJson(identity: TapeIdentity): Record<string, unknown> {
  return {
    kind: identity.kind,
    content: identity.content ?? null,
    archives: identity.archives.map(({ label, tapeFile, chunks, state }) => ({
      archive_name: label.name,
      archive_uuid: label.archiveUuid,
      created: label.created,
      tape_set_uuid: label.setUuid,
      volume_uuid: label.volumeUuid,
      shard: label.shard,
      volume: label.volume,
      data_shards: label.k,
      total_shards: label.m,
      block_size: label.blockSize,
      host: label.host,
      tool_version: label.toolVersion,
      tape_file: tapeFile,
      chunks,
      state,
    })),
  };
}

/** One phrase: what is at the beginning of a tape. */
export function findingText(finding: GuardFinding): string {
  if (finding.kind === "blank") return "a blank tape";
  return finding.kind === "data" ? finding.content : finding.reason;
}

/** What a dump brought. */
export function dumpLines({ files, stopped }: DumpSummary): string[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const lines = [`${files.length} tape files, ${formatSize(bytes)}`];
  for (const { name, holes } of files) {
    if (holes.length === 0) continue;
    const lost = holes.reduce((sum, [, length]) => sum + length, 0);
    lines.push(
      `${printablePath(name)}: ${formatSize(lost)} cannot be read, ` +
        (holes.length === 1 ? "in one place" : `in ${holes.length} places`),
    );
  }
  if (stopped !== undefined) lines.push(`STOPPED before the end of the tape: ${stopped}`);
  return lines;
}
