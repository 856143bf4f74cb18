/**
 * What `ectar extract` tells at its end.
 *
 * @module
 */

import type { ExtractedArchive } from "../archive/extract_local.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";

/** Names and shards that are listed one by one before the rest is only counted. */
const MAX_LINES = 50;
/** Runs of chunks that are named in one line. */
const MAX_RUNS = 10;

/** What may become of a member besides being restored, and how the summary says it. */
const OUTCOMES = [
  ["partial", "incomplete"],
  ["exists", "kept as they were (--force replaces them)"],
  ["refused", "refused"],
  ["link-target-missing", "links whose target is missing"],
  ["failed", "failed"],
] as const;

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
  const lines = [...untoldRemarks(remarks, damage), ...damageLines(damage)];
  if (extracted.isUnfinished) lines.push("the archive was never finished: this is what it holds");
  for (const part of lostParts) lines.push(`lost: ${part.reason}`);
  if (extracted.lostMemberCount > 0) {
    const members = extracted.lostMemberCount === 1 ? "member is" : "members are";
    lines.push(`${extracted.lostMemberCount} ${members} lost or incomplete:`);
    lines.push(...atMost(lostMembers.map((name) => `  ${name}`), extracted.lostMemberCount));
  }
  if (extracted.unnamedLosses) {
    lines.push("without an index the names of what is lost entirely are not known");
  }
  if (metadataLine !== undefined) lines.push(metadataLine);
  const others = OUTCOMES.filter(([kind]) => counts[kind] > 0)
    .map(([kind, words]) => `, ${counts[kind]} ${words}`);
  const members = counts.restored === 1 ? "member" : "members";
  lines.push(`restored ${counts.restored} ${members}${others.join("")}`);
  return lines;
}

/** Remarks that the lines about damage do not repeat, such as that a shard cannot be opened. */
export function untoldRemarks(
  remarks: readonly string[],
  damage: readonly ShardDamage[],
): string[] {
  const told = new Set(damage.map(({ detail }) => detail));
  return remarks.filter((line) => !told.has(line));
}

/** One line for each thing wrong with a shard; a lost tape is one line, and not one a chunk. */
export function damageLines(damage: readonly ShardDamage[]): string[] {
  const same = Map.groupBy(damage, ({ shard, origin, detail, repaired }) => {
    const place = origin === "" || detail.includes(origin) ? "" : ` (${origin})`;
    const made = repaired ? "" : " (needed, and not made up for)";
    return `shard ${shard}: ${detail}${place}${made}`;
  });
  const lines = [...same].map(([text, each]) =>
    `${chunksText(each.map(({ chunk }) => chunk))}, ${text}`
  );
  return atMost(lines);
}

/** Such as `chunk 3`, or `chunks 1 to 5, 7`. */
export function chunksText(chunks: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const chunk of [...new Set(chunks)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.last === chunk - 1) run.last = chunk;
    else runs.push({ first: chunk, last: chunk });
  }
  if (runs.length === 1 && runs[0].first === runs[0].last) return `chunk ${runs[0].first}`;
  const named = runs.slice(0, MAX_RUNS).map(({ first, last }) =>
    first === last ? `${first}` : `${first} to ${last}`
  );
  return `chunks ${named.join(", ")}${runs.length > MAX_RUNS ? ", …" : ""}`;
}

/** The first of `count` lines, and how many more there are. */
export function atMost(lines: string[], count = lines.length): string[] {
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
