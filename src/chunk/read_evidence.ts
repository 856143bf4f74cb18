/**
 * Whether data frames bear out what is said of a chunk. A trailer may lie in one shard alone, and
 * that shard may be another archive's: its SHA-256 proves the trailer, not that it is this chunk's.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ByteRange } from "../shard/shard_io.ts";
import { CELL_BYTES, type StripeLayout } from "./layout.ts";
import type { DamageLog } from "./read_damage.ts";
import { type ChunkFacts, readHeader } from "./read_facts.ts";
import type { Judge, Prover } from "./recover_proof.ts";

/** Frames looked at that nothing proves; with more of them something else is wrong. */
const MAX_UNPROVEN = 4;

/**
 * In how many shards the header and frames are found that go with the facts: Infinity when it is as
 * many as strangers cannot fill, or when all frames are found. Looks for no damage that no checksum
 * locates.
 *
 * @param hasHeader whether a header of the same archive was proven
 */
export async function evidenceFor(
  prover: Prover,
  facts: ChunkFacts,
  hasHeader: boolean,
): Promise<number> {
  const { k, m } = prover.shards;
  const enough = Math.min(k, m - k + 1);
  const { header } = facts.layout;
  const touched = hasHeader ? dataShardsOf(prover.layout, header, enough) : new Set<number>();
  let unproven = 0;
  for (const [index, frame] of facts.layout.data.entries()) {
    if (await prover.proveQuickly(frame, frameJudge(facts, index)) === undefined) {
      if (++unproven === MAX_UNPROVEN) return touched.size;
      continue;
    }
    for (const shard of dataShardsOf(prover.layout, frame, enough)) touched.add(shard);
    if (touched.size >= enough) return Infinity;
  }
  return unproven === 0 ? Infinity : touched.size;
}

/**
 * Whether as many frames as strangers cannot fill are found as the facts say; undefined where there
 * are not so many.
 *
 * @param thorough whether they are searched for where they are damaged
 */
export async function framesBearOut(
  prover: Prover,
  facts: ChunkFacts,
  thorough: boolean,
): Promise<boolean | undefined> {
  const { k, m } = prover.shards;
  // Parts that lie in fewer shards than may be strangers prove nothing about the others.
  const enough = Math.min(k, m - k + 1) * CELL_BYTES;
  for (const [index, frame] of facts.layout.data.entries()) {
    const judge = frameJudge(facts, index);
    const proven = await (thorough ? prover.prove(frame, judge) : prover.tryAsPlanned(judge));
    if (proven === undefined) return false;
    if (frame.end > enough - CELL_BYTES) return true;
  }
  return undefined;
}

/** Accepts data frame `index` by its SHA-256. */
function frameJudge({ layout, frameSha256 }: ChunkFacts, index: number): Judge<true> {
  const { start, end } = layout.data[index];
  return async (view) => {
    const bytes = await view(start, end);
    return bytes && hashes(bytes, frameSha256, index) ? true : undefined;
  };
}

/** Data shards that hold bytes of a chunk range; `most` of them will do. */
function dataShardsOf(layout: StripeLayout, { start, end }: ByteRange, most: number): Set<number> {
  const shards = new Set<number>();
  for (let at = start; at < end && shards.size < most;) {
    shards.add(layout.locate(at).shard);
    const stripe = layout.stripesOf({ start: at, end: at + 1 });
    const cell = layout.cellBytes(stripe.start);
    const begin = layout.chunkRangeOf(stripe).start;
    at = begin + (Math.floor((at - begin) / cell) + 1) * cell;
  }
  return shards;
}

/** Whether `bytes` are frame `index` as its SHA-256 says. */
export function hashes(bytes: Uint8Array, frameSha256: Uint8Array, index: number): boolean {
  const digest = createHash("sha256").update(bytes).digest();
  return digest.equals(frameSha256.subarray(index * 32, index * 32 + 32));
}

/**
 * Notes each shard 0 of another chunk: the header lies in it as it is, so it says so itself.
 *
 * @returns where they lie
 */
export async function nameStrangeFirstShards(
  prover: Prover,
  facts: ChunkFacts,
  damage: DamageLog,
): Promise<string[]> {
  const origins: string[] = [];
  const { candidates, chunk, headerBytes } = prover.shards;
  for (const candidate of candidates) {
    if (candidate.shard !== 0) continue;
    const { origin } = candidate.source;
    const cell = new Uint8Array(Math.min(CELL_BYTES, prover.layout.shardBytes));
    const { length } = await candidate.source.read(headerBytes, cell);
    const view = (start: number, end: number) =>
      Promise.resolve(end <= length ? cell.subarray(start, end) : undefined);
    const header = await readHeader(prover, view);
    if (header === undefined) continue;
    if (header.archiveUuid === facts.archiveUuid && header.chunk === chunk) continue;
    const detail = `belongs to ${describeChunk(header.name, header.chunk, header.archiveUuid)}`;
    damage.add({ chunk, shard: 0, origin }, "foreign", detail);
    candidate.faults++;
    origins.push(origin);
  }
  return origins;
}

/** Which chunk of which archive, for messages. */
export function describeChunk(name: string, chunk: number, uuid: string): string {
  return `chunk ${chunk} of archive ${name} (${uuid})`;
}
