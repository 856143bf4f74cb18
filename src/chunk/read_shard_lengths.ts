/**
 * How long the shards of a chunk are. Files may be cut short, lengthened or of unknown end, so that
 * several lengths are possible until one of them is proven.
 *
 * @module
 */

import type { ChunkShards } from "./read_chunk_shards.ts";
import type { DamageLog } from "./read_damage.ts";
import { type IndexChunk, recordChunkBytes } from "./read_facts.ts";
import type { ShardSource } from "./read_shard_source.ts";

/** Most payload lengths tried where shards differ in size. */
const MAX_LENGTHS = 16;

/**
 * Payload lengths the chunk may have, the likeliest first: what indexes say, then what most shards
 * have. What a candidate does not have is noted as a hole in it.
 */
export async function payloadLengths(
  shards: ChunkShards,
  indexes: readonly IndexChunk[],
): Promise<number[]> {
  const { k, m, headerBytes, candidates } = shards;
  const votes = new Map<number, number>();
  const sizes = new Map<ShardSource, number>();
  for (const { source } of candidates) {
    if (sizes.has(source)) continue;
    const payload = await payloadOf(source, headerBytes);
    sizes.set(source, payload);
    votes.set(payload, (votes.get(payload) ?? 0) + 1);
    // Worth a try, but no vote.
    const shorter = payload - source.doubtfulBytes;
    votes.set(shorter, votes.get(shorter) ?? 0);
  }
  for (const candidate of candidates) {
    candidate.holes.add(sizes.get(candidate.source)!, Number.MAX_SAFE_INTEGER);
  }
  const all = [...sizes].map(([source, payload]) => source.endUnknown ? Infinity : payload);
  const possible = [...votes]
    .filter(([payload]) => payload > 0 && all.filter((size) => size >= payload).length >= k)
    .sort((a, b) => b[1] - a[1] || b[0] - a[0])
    .map(([payload]) => payload);
  const recorded = indexes
    .filter((index) => index.k === k && index.m === m && recordChunkBytes(index) !== undefined)
    .map((index) => index.record.shard_size - headerBytes)
    .filter((payload) => all.some((size) => size >= payload));
  return [...new Set([...recorded, ...possible])].slice(0, MAX_LENGTHS);
}

/** Notes the shards that are longer or shorter than the chunk's are. */
export async function noteWrongLengths(
  { chunk, headerBytes, candidates }: ChunkShards,
  shardBytes: number,
  damage: DamageLog,
): Promise<void> {
  for (const { source, shard } of candidates) {
    const payload = await payloadOf(source, headerBytes);
    if (source.failure !== undefined || payload === shardBytes) continue;
    if (payload - source.doubtfulBytes === shardBytes) continue;
    const { origin } = source;
    if (payload > shardBytes) {
      const extra = { start: shardBytes, end: payload };
      const detail = `${payload - shardBytes} bytes after its end are ignored`;
      damage.add({ chunk, shard, origin }, "damaged", detail, extra);
      continue;
    }
    const range = { start: payload, end: shardBytes };
    const detail = source.endUnknown ? "cannot be read to its end" : "ends before it should";
    damage.add({ chunk, shard, origin }, "truncated", detail, range);
  }
}

async function payloadOf(source: ShardSource, headerBytes: number): Promise<number> {
  return Math.max(0, await source.size() - headerBytes);
}
