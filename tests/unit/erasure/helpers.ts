/** What several tests of the erasure code need. */
import { ReedSolomon } from "../../../src/erasure/reed_solomon.ts";
import type { KernelName } from "../../../src/erasure/kernel/kernel.ts";
import type { ShardBatch } from "../../../src/erasure/shard_batch.ts";
import { noise } from "../../bytes.ts";

/** A seeded source of whole numbers below `limit`. */
export function seededRandom(seed: number): (limit: number) => number {
  let x = seed >>> 0;
  return (limit) => {
    x = (x + 0x6d2b79f5) >>> 0;
    let t = Math.imul(x ^ (x >>> 15), x | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** `count` different numbers below `limit`, in random order. */
export function sample(limit: number, count: number, random: (limit: number) => number): number[] {
  const all = Array.from({ length: limit }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + random(limit - i);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all.slice(0, count);
}

/** A codec, a batch with random data shards, and all m encoded shards as copies. */
export function encodedBatch(
  k: number,
  m: number,
  length: number,
  seed: number,
  kernel?: KernelName,
): { codec: ReedSolomon; batch: ShardBatch; shards: Uint8Array[] } {
  const codec = ReedSolomon.create(k, m, kernel === undefined ? {} : { kernel });
  const batch = codec.allocateBatch(length);
  const data = noise(k * length, seed);
  for (let i = 0; i < k; i++) batch.shard(i).set(data.subarray(i * length, (i + 1) * length));
  codec.encode(batch, length);
  return { codec, batch, shards: Array.from({ length: m }, (_, i) => batch.shard(i).slice()) };
}
