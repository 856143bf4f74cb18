/**
 * Which number a shard has whose name and zfec header disagree, and whether its own number is there
 * at all: known when all shards have been looked at.
 *
 * @module
 */

import { type Candidate, Trust } from "./read_chunk_shards.ts";
import type { Prover } from "./recover_proof.ts";

/**
 * Tells the damage of shards under a wrong name, or with a wrong header, as what it is.
 *
 * @param compared whether all bytes have been compared; else headers are believed
 */
export function settleNames({ shards, damage, layout }: Prover, compared: boolean): void {
  const { chunk, m } = shards;
  const isWhole = ({ suspect, holes }: Candidate) =>
    suspect.ranges.length === 0 && !holes.overlaps(0, layout.shardBytes);
  const used = new Set(shards.candidates.map(({ source }) => source));
  // One that could not even be opened is there, and told as what it is.
  const present = new Set(
    shards.sources.filter((source) => !used.has(source)).map(({ named }) => named),
  );
  for (const taken of Map.groupBy(shards.candidates, ({ source }) => source).values()) {
    const { origin, failure } = taken[0].source;
    const byHeader = taken.find(({ trust }) => trust !== Trust.contradicted);
    const byName = taken.find(({ trust }) => trust === Trust.contradicted);
    const isByName = compared && byName !== undefined && failure === undefined && isWhole(byName) &&
      !(byHeader !== undefined && isWhole(byHeader));
    if (byName === undefined || !isByName) {
      if (byName !== undefined) damage.forget(chunk, byName.shard, origin, "foreign");
      // A shard of something else stands in its place: it is foreign, not missing.
      present.add(byHeader?.shard ?? byName!.shard);
      continue;
    }
    if (byHeader !== undefined) damage.forget(chunk, byHeader.shard, origin);
    damage.forget(chunk, byName.shard, origin);
    damage.forget(chunk, byName.shard, "");
    const at = { chunk, shard: byName.shard, origin };
    damage.add(at, "damaged", "its zfec header is wrong", { start: 0, end: 0 });
    present.add(byName.shard);
  }
  for (let shard = 0; shard < m; shard++) {
    if (!present.has(shard)) damage.add({ chunk, shard, origin: "" }, "missing", "not found");
  }
}
