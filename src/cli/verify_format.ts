/**
 * What `ectar verify` tells: a map of the shards, what is wrong, and what could still be lost.
 *
 * @module
 */

import type { VerifySummary } from "../archive/verify.ts";
import type { DamageKind } from "../chunk/read_damage.ts";
import { damageLines } from "./extract_summary.ts";

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

/** Shards that may still be lost of the chunk that is worst off. */
export interface Reserve {
  /** Chunk number. */
  chunk: number;
  /** How many of its shards may still be lost. */
  shards: number;
}

/** Lines for people. */
export function verifyLines(summary: VerifySummary): string[] {
  const lines = [...summary.remarks];
  if (summary.damage.length > 0) {
    lines.push(LEGEND, ...mapLines(summary), ...damageLines(summary.damage));
  }
  for (const part of summary.lost) lines.push(`lost: ${part.reason}`);
  for (const { path, reason } of summary.wrongFiles) lines.push(`wrong: ${path}: ${reason}`);
  if (summary.filesCompared > 0) {
    lines.push(`compared ${summary.filesCompared} members with the index`);
  }
  const worst = worstReserve(summary);
  if (worst !== undefined) {
    const [count, word] = [worst.shards, worst.shards === 1 ? "shard" : "shards"];
    lines.push(
      count === 0
        ? `no further shard of chunk ${worst.chunk} may be lost`
        : `${count} more ${word} of ${worst.shards === fullReserve(summary) ? "each" : "some"} ` +
          `chunk may be lost (chunk ${worst.chunk} is worst off)`,
    );
  }
  lines.push(`${summary.name}: ${verdictText(summary)}`);
  return lines;
}

function fullReserve({ shardCounts }: VerifySummary): number | undefined {
  return shardCounts === undefined ? undefined : shardCounts.m - shardCounts.k;
}

function verdictText({ verdict, chunks, depth }: VerifySummary): string {
  const checked = `${chunks.length} ${chunks.length === 1 ? "chunk" : "chunks"} checked (${depth})`;
  if (verdict === "whole") return `whole, ${checked}`;
  if (verdict === "repairable") return `DAMAGED but everything restores, ${checked}`;
  return `DAMAGED, something is lost, ${checked}`;
}

/** How many shards of the worst chunk may still be lost; undefined when something is lost already. */
export function worstReserve(summary: VerifySummary): Reserve | undefined {
  const full = fullReserve(summary);
  if (full === undefined || summary.lost.length > 0 || summary.chunks.length === 0) {
    return undefined;
  }
  let worst = { chunk: summary.chunks[0].chunk, shards: full };
  for (const { chunk } of summary.chunks) {
    const shards = full - badShards(summary, chunk).size;
    if (shards < worst.shards) worst = { chunk, shards };
  }
  return { ...worst, shards: Math.max(0, worst.shards) };
}

/** What is worst about each shard of a chunk. A misnamed shard is as good as any. */
function badShards(summary: VerifySummary, chunk: number): Map<number, DamageKind> {
  const bad = new Map<number, DamageKind>();
  for (const each of summary.damage) {
    if (each.chunk === chunk && each.what !== "misnamed") bad.set(each.shard, each.what);
  }
  return bad;
}

function mapLines(summary: VerifySummary): string[] {
  const m = summary.shardCounts?.m;
  if (m === undefined) return [];
  const damaged = new Set(summary.damage.map(({ chunk }) => chunk));
  const all = summary.chunks.length <= MAX_MAP_LINES;
  const shown = summary.chunks.filter(({ chunk }) => all || damaged.has(chunk));
  const lines = shown.slice(0, MAX_MAP_LINES).map(({ chunk, lost }) => {
    const kinds = new Map(
      summary.damage.filter((each) => each.chunk === chunk).map(({ shard, what }) => [shard, what]),
    );
    const letters = Array.from({ length: m }, (_, shard) => {
      const kind = kinds.get(shard);
      return kind === undefined ? "." : LETTERS[kind];
    });
    return `  c${String(chunk).padStart(3, "0")} ${letters.join("")}${
      lost === undefined ? "" : "  LOST"
    }`;
  });
  if (shown.length > MAX_MAP_LINES) lines.push(`  … and ${shown.length - MAX_MAP_LINES} more`);
  return lines;
}

/** The report; see docs/verify-report.md. */
export function verifyJson(summary: VerifySummary): Record<string, unknown> {
  return {
    report: "ectar-verify",
    version: 1,
    archive_name: summary.name,
    archive_uuid: summary.uuid ?? null,
    depth: summary.depth,
    verdict: summary.verdict,
    data_shards: summary.shardCounts?.k ?? null,
    total_shards: summary.shardCounts?.m ?? null,
    chunks: summary.chunks.map(({ chunk, frames, lostFrames, lost }) => ({
      chunk_number: chunk,
      frames: frames ?? null,
      lost_frames: lostFrames ?? null,
      lost: lost ?? null,
    })),
    damage: summary.damage,
    lost: summary.lost.map(({ chunks, reason }) => ({ chunks, reason })),
    wrong_files: summary.wrongFiles,
    files_compared: summary.filesCompared,
    reserve: worstReserve(summary) ?? null,
    remarks: summary.remarks,
  };
}
