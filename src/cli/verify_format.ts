/**
 * What `ectar verify` tells: a map of the shards, what is wrong, and what could still be lost.
 *
 * @module
 */

import type { VerifySummary } from "../archive/verify.ts";
import type { DamageKind, ShardDamage } from "../chunk/read_damage.ts";
import { atMost, chunksText, damageLines, untoldRemarks } from "./extract_summary.ts";

const LETTERS: Record<DamageKind, string> = {
  missing: "-",
  truncated: "T",
  foreign: "F",
  misnamed: "N",
  damaged: "D",
  unreadable: "U",
};

const LEGEND =
  "map of shards: . good  - missing  D damaged  T truncated  U unreadable  F foreign  N misnamed";

/** Chunks shown in the map; only those with damage beyond. */
const MAX_MAP_LINES = 100;

/** ANSI colours of the map. */
const GOOD = 32;
const BAD = 31;
const MISNAMED = 33;

/** Groups of chunks that are told apart when it comes to what may still be lost. */
const MAX_GROUPS = 3;

/** A map of the shards where some are not good. Nothing in it comes from the archive's own texts. */
export function mapLines(summary: VerifySummary, inColour = false): string[] {
  const m = summary.shardCounts?.m;
  if (m === undefined || summary.damage.length === 0) return [];
  const byChunk = Map.groupBy(summary.damage, ({ chunk }) => chunk);
  const all = summary.chunks.length <= MAX_MAP_LINES;
  const shown = summary.chunks.filter(({ chunk }) => all || byChunk.has(chunk));
  const rows = shown.slice(0, MAX_MAP_LINES).map(({ chunk, lost }) => {
    const kinds = new Map<number, DamageKind>();
    for (const { shard, what } of byChunk.get(chunk) ?? []) {
      if (what !== "misnamed" || !kinds.has(shard)) kinds.set(shard, what);
    }
    const letters = Array.from({ length: m }, (_, shard) => letter(kinds.get(shard), inColour));
    const name = `c${String(chunk).padStart(3, "0")}`;
    return `  ${name} ${letters.join("")}${lost === undefined ? "" : "  LOST"}`;
  });
  if (shown.length > MAX_MAP_LINES) rows.push(`  … and ${shown.length - MAX_MAP_LINES} more`);
  return [LEGEND, ...rows];
}

/** What there is to say besides the map. */
export function verifyLines(summary: VerifySummary): string[] {
  const { damage, indexDamage, lost, remarks, wrongFiles } = summary;
  const told = new Set(indexDamage.map(({ origin }) => origin));
  const lines = untoldRemarks(remarks, damage)
    .filter((line) => ![...told].some((origin) => line.includes(origin)));
  lines.push(...damageLines(damage));
  for (const { origin, problem } of indexDamage) lines.push(`index ${origin}: ${problem}`);
  lines.push(...atMost(lost.map(({ reason }) => `lost: ${reason}`)));
  lines.push(...atMost(wrongFiles.map(({ path, reason }) => `wrong: ${path}: ${reason}`)));
  if (summary.filesCompared > 0) {
    const members = summary.filesCompared === 1 ? "member" : "members";
    lines.push(`compared ${summary.filesCompared} ${members} with the index`);
  }
  lines.push(...reserveLine(summary));
  if (summary.isComplete === false) lines.push("the archive was never finished");
  lines.push(`${summary.name}: ${verdictText(summary)}`);
  return lines;
}

function verdictText(summary: VerifySummary): string {
  const { verdict, chunks, depth, next, isComplete } = summary;
  const count = `${chunks.length} ${chunks.length === 1 ? "chunk" : "chunks"}`;
  const checked = `${count} checked (${depth})`;
  const soFar = next === undefined ? "" : ", time was up before the end";
  if (verdict === "whole" && isComplete === false) {
    return `UNFINISHED, what was written is whole, ${checked}${soFar}`;
  }
  if (verdict === "whole") return `whole, ${checked}${soFar}`;
  if (verdict === "repairable") return `DAMAGED but everything restores, ${checked}${soFar}`;
  // Of shards on a tape in a cupboard, on a disk that is not mounted, or in a file that may not be
  // opened, nothing is lost yet.
  const lacking = summary.damage.filter(({ repaired }) => !repaired);
  const isClosed = ({ what, ranges }: ShardDamage) => what === "unreadable" && ranges.length === 0;
  const isElsewhere = lacking.length > 0 &&
    lacking.every((each) => each.what === "missing" || isClosed(each));
  const found = lacking.some(isClosed) ? "found or can be opened" : "found";
  const unless = isElsewhere ? ` unless more shards are ${found}` : "";
  return `DAMAGED, something is lost${unless}, ${checked}${soFar}`;
}

/** How many shards of each chunk may still be lost; chunks of which something is lost left out. */
export function reserves(summary: VerifySummary): Map<number, number> {
  const { shardCounts, damage, chunks } = summary;
  if (shardCounts === undefined) return new Map();
  const full = shardCounts.m - shardCounts.k;
  const bad = new Map<number, Set<number>>();
  for (const { chunk, shard, what } of damage) {
    // A misnamed shard is as good as any.
    if (what === "misnamed") continue;
    const shards = bad.get(chunk) ?? new Set();
    bad.set(chunk, shards.add(shard));
  }
  return new Map(
    chunks.filter(({ lost }) => lost === undefined)
      .map(({ chunk }) => [chunk, Math.max(0, full - (bad.get(chunk)?.size ?? 0))]),
  );
}

function reserveLine(summary: VerifySummary): string[] {
  const byReserve = Map.groupBy(reserves(summary), ([, shards]) => shards);
  const groups = [...byReserve]
    .map(([shards, entries]) => ({ shards, chunks: entries.map(([chunk]) => chunk) }))
    .sort((a, b) => a.shards - b.shards);
  if (groups.length === 0) return [];
  if (groups.length === 1) {
    const { shards } = groups[0];
    if (shards === 0) return ["may still be lost: nothing; every good shard is needed"];
    const chunks = summary.chunks.some(({ lost }) => lost !== undefined) ? "every other" : "each";
    return [`may still be lost: ${shardsText(shards)} of ${chunks} chunk`];
  }
  const others = groups.reduce((most, each) =>
    most.chunks.length > each.chunks.length ? most : each
  );
  const named = groups.filter((group) => group !== others).slice(0, MAX_GROUPS);
  const parts = named.map(({ shards, chunks }) => `${shardsText(shards)} of ${chunksText(chunks)}`);
  const least = Math.min(...groups.filter((group) => !named.includes(group)).map((g) => g.shards));
  parts.push(`${shardsText(least)} of every other chunk`);
  return [`may still be lost: ${parts.join("; ")}`];
}

function shardsText(count: number): string {
  if (count === 0) return "no further shard";
  return `any ${count} more ${count === 1 ? "shard" : "shards"}`;
}

function letter(kind: DamageKind | undefined, inColour: boolean): string {
  const text = kind === undefined ? "." : LETTERS[kind];
  if (!inColour) return text;
  const colour = kind === undefined ? GOOD : kind === "misnamed" ? MISNAMED : BAD;
  return `\x1b[${colour}m${text}\x1b[0m`;
}

/** The report; see docs/verify-report.md. */
export function verifyJson(summary: VerifySummary): Record<string, unknown> {
  const reserve = reserves(summary);
  return {
    report: "ectar-verify",
    version: 1,
    archive_name: summary.name,
    archive_uuid: summary.uuid ?? null,
    depth: summary.depth,
    verdict: summary.verdict,
    data_shards: summary.shardCounts?.k ?? null,
    total_shards: summary.shardCounts?.m ?? null,
    complete: summary.isComplete ?? null,
    finished: summary.next === undefined,
    chunks: summary.chunks.map(({ chunk, frames, lostFrames, lost }) => ({
      chunk_number: chunk,
      frames: frames ?? null,
      lost_frames: lostFrames ?? null,
      lost: lost ?? null,
      reserve: reserve.get(chunk) ?? null,
    })),
    damage: summary.damage.map(({ chunk, shard, origin, what, detail, ranges, repaired }) => ({
      chunk_number: chunk,
      shard,
      origin,
      what,
      detail,
      ranges: ranges.map(({ start, end }) => [start, end]),
      made_up_for: repaired,
    })),
    index_damage: summary.indexDamage,
    lost: summary.lost.map(({ chunks: { first, last }, reason }) => ({
      first_chunk: first,
      last_chunk: last ?? null,
      reason,
    })),
    wrong_files: summary.wrongFiles,
    files_compared: summary.filesCompared,
    reserve: reserve.size === 0 ? null : Math.min(...reserve.values()),
    remarks: summary.remarks,
  };
}
