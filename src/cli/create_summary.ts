/**
 * What `ectar create` tells at its end.
 *
 * @module
 */

import type { CreatedArchive } from "../archive/archive_tree.ts";
import { isShortfall, type Note } from "../tree/note.ts";
import { formatSize } from "./sizes.ts";

/** Whether the run ended with something the operator should know. */
export function isWorthKnowing(created: CreatedArchive): boolean {
  return created.stopped !== undefined || created.missing.length > 0 ||
    Object.keys(created.notes).some((kind) => isShortfall({ kind: kind as Note["kind"] }));
}

/** Lines for people. */
export function createSummaryLines(created: CreatedArchive): string[] {
  const { totals, chunks, tarBytes, compressedBytes, shardBytes } = created;
  const lines: string[] = [];
  if (totals !== undefined) {
    lines.push(
      `archived ${totals.members} members, ${totals.files} of them files with ` +
        `${formatSize(totals.fileBytes)}`,
    );
  }
  lines.push(
    `${created.name}: ${plural(chunks, "chunk")}, tar ${formatSize(tarBytes)}, ` +
      `compressed ${formatSize(compressedBytes)}, all shards ${formatSize(shardBytes)}`,
  );
  for (const [kind, count] of Object.entries(created.notes)) {
    lines.push(`${plural(count, "note")}: ${kind.replaceAll("-", " ")}`);
  }
  for (const { chunk, shard, reason } of created.missing) {
    lines.push(`shard ${shard} of chunk ${chunk} is missing: ${reason}`);
  }
  if (created.stopped !== undefined) lines.push(`the archive is INCOMPLETE: ${created.stopped}`);
  return lines;
}

/** The same for scripts. Sizes in bytes. */
export function createSummaryJson(created: CreatedArchive): Record<string, unknown> {
  return {
    archive_name: created.name,
    archive_uuid: created.uuid,
    complete: created.stopped === undefined,
    stopped: created.stopped ?? null,
    members: created.totals?.members ?? null,
    files: created.totals?.files ?? null,
    file_bytes: created.totals?.fileBytes ?? null,
    tar_bytes: created.tarBytes,
    chunks: created.chunks,
    compressed_bytes: created.compressedBytes,
    shard_bytes: created.shardBytes,
    missing: created.missing,
    notes: created.notes,
  };
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
