/**
 * What `ectar create` tells at its end.
 *
 * @module
 */

import type { CreatedArchive } from "../archive/archive_tree.ts";
import { isShortfall, type Note } from "../tree/note.ts";
import { formatSize } from "./sizes.ts";

/** What the archive lacks, and how the summary says it; other notes were told as they came. */
const SHORTFALLS: readonly (readonly [Note["kind"], string])[] = [
  ["unreadable", "could not be read, and are not in the archive"],
  ["vanished", "vanished before they were read"],
  ["changed-while-read", "changed while they were read: new and old may be mixed in them"],
  ["shrunk-while-read", "shrank while they were read: what was missing is zeros"],
  ["size-untrue", "have content although their size is 0: stored empty"],
  ["metadata-unreadable", "lack metadata that could not be read"],
  ["socket-skipped", "are sockets, and not in the archive"],
  ["symlink-kept", "are symbolic links that could not be followed, stored as such"],
];

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
  for (const [kind, words] of SHORTFALLS) {
    const count = created.notes[kind] ?? 0;
    if (count > 0) lines.push(`${count} ${words}`);
  }
  for (const { chunk, shard, reason } of created.missing) {
    lines.push(`shard ${shard} of chunk ${chunk} is missing: ${reason}`);
  }
  return lines;
}

/** Told whatever else is not: it is no backup of what was named. */
export function incompleteLines({ stopped }: CreatedArchive): string[] {
  if (stopped === undefined) return [];
  const reason = stopped === "medium-full"
    ? "the tapes are full; archive less, or onto more or larger tapes"
    : "interrupted";
  return [`the archive is INCOMPLETE: ${reason}`];
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
