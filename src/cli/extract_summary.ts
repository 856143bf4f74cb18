/**
 * What `ectar extract` tells at its end.
 *
 * @module
 */

import type { ExtractedArchive } from "../archive/extract_local.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";

/** Names and shards that are listed one by one before the rest is only counted. */
const MAX_LINES = 50;

/** Whether the run ended with something the operator should know. */
export function hasExtractNotes(extracted: ExtractedArchive): boolean {
  const { counts, damage, lostParts, metadataLine, remarks } = extracted;
  const troubled = counts.partial + counts.exists + counts.refused +
    counts["link-target-missing"] + counts.failed;
  return troubled > 0 || metadataLine !== undefined || lostParts.length > 0 ||
    extracted.lostMemberCount > 0 || extracted.isUnfinished || damage.length > 0 ||
    remarks.length > 0;
}

/** Lines for people. */
export function extractSummaryLines(extracted: ExtractedArchive): string[] {
  const { counts, damage, lostParts, lostMembers, metadataLine, remarks } = extracted;
  const lines = [...remarks, ...damageLines(damage)];
  if (extracted.isUnfinished) lines.push("the archive was never finished: this is what it holds");
  for (const part of lostParts) lines.push(`lost: ${part.reason}`);
  if (extracted.lostMemberCount > 0) {
    lines.push(`${extracted.lostMemberCount} members are lost or incomplete:`);
    lines.push(...atMost(lostMembers.map((name) => `  ${name}`), extracted.lostMemberCount));
  }
  if (extracted.unnamedLosses) {
    lines.push("without an index the names of what is lost entirely are not known");
  }
  if (metadataLine !== undefined) lines.push(metadataLine);
  const others = Object.entries(counts)
    .filter(([kind, count]) => kind !== "restored" && kind !== "ignored" && count > 0)
    .map(([kind, count]) => `, ${count} ${kind.replaceAll("-", " ")}`);
  lines.push(`restored ${counts.restored} members${others.join("")}`);
  return lines;
}

/** One line for each shard that is not as it should be. */
export function damageLines(damage: readonly ShardDamage[]): string[] {
  const lines = damage.map(({ chunk, shard, origin, detail, repaired }) => {
    const place = origin === "" || detail.includes(origin) ? "" : ` (${origin})`;
    const made = repaired ? "" : " (needed, and not made up for)";
    return `chunk ${chunk}, shard ${shard}: ${detail}${place}${made}`;
  });
  return atMost(lines, lines.length);
}

function atMost(lines: string[], count: number): string[] {
  if (count <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `… and ${count - MAX_LINES} more (see --json)`];
}

/** The same for scripts. */
export function extractSummaryJson(extracted: ExtractedArchive): Record<string, unknown> {
  return {
    archive_name: extracted.name,
    archive_uuid: extracted.uuid ?? null,
    complete: extracted.lostParts.length === 0 && !extracted.isUnfinished,
    counts: extracted.counts,
    lost_parts: extracted.lostParts,
    lost_members: extracted.lostMembers,
    lost_member_count: extracted.lostMemberCount,
    unnamed_losses: extracted.unnamedLosses,
    damage: extracted.damage,
    metadata: extracted.metadataLine ?? null,
    remarks: extracted.remarks,
    not_found: extracted.notFound,
  };
}
