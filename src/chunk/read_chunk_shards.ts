/**
 * The shards of a chunk: reads the zfec header of every one found and settles k, m and which is
 * which. Names, places and headers may all be wrong; nothing is thrown away that could still be
 * right, it is only tried later.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { ShardHandle } from "../shard/shard_io.ts";
import {
  decodeZfecHeader,
  ZFEC_HEADER_MAX_BYTES,
  type ZfecHeader,
  zfecHeaderLength,
} from "../shard/zfec_header.ts";
import type { DamageLog } from "./read_damage.ts";
import { RangeSet } from "./read_ranges.ts";
import { ShardSource } from "./read_shard_source.ts";

/** How sure it is that a shard has a number: smaller is surer. */
export const Trust = {
  /** Its own header says so. */
  header: 0,
  /** Only its name says so: its header is unreadable. */
  name: 1,
  /** Its name says so, against its own header. */
  contradicted: 2,
} as const;

/** A shard taken for number `shard` of the chunk, until checksums prove otherwise. */
export interface Candidate {
  /** Shard number it is used as. */
  readonly shard: number;
  /** See {@link Trust}. */
  readonly trust: number;
  /** Its bytes. */
  readonly source: ShardSource;
  /** Payload ranges that cannot be read or do not exist. */
  readonly holes: RangeSet;
  /** Payload ranges that fail a checksum or disagree with the other shards. */
  readonly suspect: RangeSet;
  /** Payload ranges whose piece checksums were compared. */
  readonly checked: RangeSet;
  /** How often it let us down; the most reliable shards are read first. */
  faults: number;
}

/** The shards of one chunk. */
export interface ChunkShards {
  /** Chunk number, from 1. */
  readonly chunk: number;
  /** Data shards. */
  readonly k: number;
  /** Total shards. */
  readonly m: number;
  /** Bytes of the zfec header. */
  readonly headerBytes: number;
  /** All candidates, the most trusted first. */
  readonly candidates: readonly Candidate[];
  /** All that were found, whatever they may be used as. */
  readonly sources: readonly ShardSource[];
}

/** A shard that was found, with what its zfec header says; undefined where it cannot be read. */
export interface FoundShard {
  source: ShardSource;
  header: ZfecHeader | undefined;
}

/** Data and total shards. */
export interface ShardCounts {
  k: number;
  m: number;
}

/** Reasons why shards cannot be read that are told one by one. */
const MAX_REASONS = 3;
/** Most pairs of k and m that are tried. */
const MAX_CHOICES = 4;

/** Reads the zfec headers of all shards found. */
export function readZfecHeaders(handles: readonly ShardHandle[]): Promise<FoundShard[]> {
  return Promise.all(handles.map(openOne));
}

/**
 * The k and m that a chunk may have, the likeliest first: what is known from other chunks or the
 * index, then what most headers say. A damaged header may have the same number of votes as a good
 * one, so a proof must decide. ectar never pads; headers that do are not counted.
 *
 * @throws {EctarError} `too-few` when nothing tells any
 */
export function shardCountChoices(
  archive: string,
  chunk: number,
  found: readonly FoundShard[],
  expected: ShardCounts | undefined,
): ShardCounts[] {
  const votes = new Map<string, { k: number; m: number; shards: Set<number> }>();
  for (const { header } of found) {
    if (header === undefined || header.padlen !== 0) continue;
    const { k, m } = header;
    const key = `${k}/${m}`;
    const vote = votes.get(key) ?? { k, m, shards: new Set() };
    vote.shards.add(header.sharenum);
    votes.set(key, vote);
  }
  const isEnough = (vote: { k: number; shards: Set<number> }) => vote.shards.size >= vote.k;
  const isExpected = ({ k, m }: ShardCounts) => k === expected?.k && m === expected.m;
  const score = (vote: { k: number; m: number; shards: Set<number> }) =>
    vote.shards.size + (isEnough(vote) ? 256 + (isExpected(vote) ? 256 : 0) : 0);
  const [first, ...others] = [...votes.values()].sort((a, b) => score(b) - score(a));
  if (first === undefined && expected === undefined) {
    throw new EctarError(
      "too-few",
      `chunk ${chunk} of ${archive}: no readable shard was found${unreadable(found)}`,
      {
        archive,
        chunk,
        hint: "look for its shard files or tapes elsewhere and give their places too",
      },
    );
  }
  if (first === undefined) return [expected!];
  const choices: ShardCounts[] = [first, ...others.filter(isEnough)];
  if (expected !== undefined && !choices.some(isExpected)) choices.push(expected);
  return choices.slice(0, MAX_CHOICES);
}

/**
 * Settles which of the shards found is which, given k and m.
 *
 * @param archive archive name for messages
 * @throws {EctarError} `too-few` when fewer than k shards are there
 */
export function settleShards(
  archive: string,
  chunk: number,
  found: readonly FoundShard[],
  { k, m }: ShardCounts,
  damage: DamageLog,
): ChunkShards {
  const candidates: Candidate[] = [];
  for (const shard of found) candidates.push(...candidatesOf(shard, k, m, chunk, damage));
  candidates.sort((a, b) => a.trust - b.trust || a.shard - b.shard);

  const numbers = new Set(candidates.map((candidate) => candidate.shard));
  noteMissing(chunk, { k, m }, found, damage);
  if (numbers.size < k) {
    throw new EctarError(
      "too-few",
      `chunk ${chunk} of ${archive}: ${numbers.size} of its ${m} shards were found, ${k} are needed` +
        unreadable(found),
      {
        archive,
        chunk,
        hint: `find ${k - numbers.size} more of its shards: ${absent(m, numbers)}`,
      },
    );
  }
  const headerBytes = zfecHeaderLength(k, m);
  return { chunk, k, m, headerBytes, candidates, sources: found.map(({ source }) => source) };
}

/** A shard whose header contradicts its name counts as what its header says. */
function noteMissing(
  chunk: number,
  { k, m }: ShardCounts,
  found: readonly FoundShard[],
  damage: DamageLog,
): void {
  const present = new Set<number>();
  for (const { source, header } of found) {
    const speaksOfThis = header !== undefined && header.k === k && header.m === m &&
      header.padlen === 0;
    present.add(speaksOfThis ? header.sharenum : source.named);
  }
  for (let shard = 0; shard < m; shard++) {
    if (!present.has(shard)) damage.add({ chunk, shard, origin: "" }, "missing", "not found");
  }
}

async function openOne(handle: ShardHandle): Promise<FoundShard> {
  const source = new ShardSource(handle);
  const bytes = new Uint8Array(ZFEC_HEADER_MAX_BYTES);
  const { length, holes } = await source.read(0, bytes);
  if (holes.length > 0) return { source, header: undefined };
  try {
    return { source, header: decodeZfecHeader(bytes.subarray(0, length)) };
  } catch {
    return { source, header: undefined };
  }
}

function candidatesOf(
  { source, header }: FoundShard,
  k: number,
  m: number,
  chunk: number,
  damage: DamageLog,
): Candidate[] {
  const named = source.named;
  const as = (shard: number, trust: number): Candidate[] =>
    shard < m
      ? [{
        shard,
        trust,
        source,
        holes: new RangeSet(),
        suspect: new RangeSet(),
        checked: new RangeSet(),
        faults: 0,
      }]
      : [];
  const at = { chunk, shard: named, origin: source.origin };
  if (source.failure !== undefined) {
    damage.add(at, "unreadable", source.failure);
    return [];
  }
  if (header === undefined) {
    damage.add(at, "damaged", "its zfec header cannot be read", { start: 0, end: 0 });
    return as(named, Trust.name);
  }
  if (header.k !== k || header.m !== m || header.padlen !== 0) {
    const says = `its zfec header says k=${header.k}, m=${header.m}, padlen ${header.padlen}`;
    damage.add(at, "foreign", `${says}; this chunk has k=${k}, m=${m}`);
    return as(named, Trust.contradicted);
  }
  if (header.sharenum === named) return as(named, Trust.header);
  const detail = `named shard ${named}, is shard ${header.sharenum}`;
  damage.add({ ...at, shard: header.sharenum }, "misnamed", detail);
  return [...as(header.sharenum, Trust.header), ...as(named, Trust.contradicted)];
}

/** Why shards that are there are of no use, in brackets; nothing where all can be read. */
function unreadable(found: readonly FoundShard[]): string {
  const reasons = new Set(found.flatMap(({ source }) => source.failure ?? []));
  if (reasons.size === 0) return "";
  const named = [...reasons].slice(0, MAX_REASONS).join("; ");
  const others = reasons.size - MAX_REASONS;
  return ` (${named}${others > 0 ? `; and ${others} more` : ""})`;
}

/** "shards 3, 4 and 7 are missing", shortened. */
function absent(m: number, present: ReadonlySet<number>): string {
  const missing = Array.from({ length: m }, (_, shard) => shard).filter((s) => !present.has(s));
  const named = missing.slice(0, 12).join(", ");
  return `missing are ${named}${missing.length > 12 ? ` and ${missing.length - 12} more` : ""}`;
}
