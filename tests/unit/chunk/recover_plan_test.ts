import assert from "node:assert/strict";
import fc from "fast-check";
import type { Candidate } from "../../../src/chunk/read_chunk_shards.ts";
import { RangeSet } from "../../../src/chunk/read_ranges.ts";
import { ShardSource } from "../../../src/chunk/read_shard_source.ts";
import { byReliability, planSegments } from "../../../src/chunk/recover_plan.ts";
import { candidateSubsets } from "../../../src/chunk/recover_subsets.ts";

function candidate(shard: number, faults = 0, trust = 0): Candidate {
  const source = new ShardSource({
    origin: `s${shard}`,
    chunk: 1,
    shard,
    size: 0,
    read: () => Promise.resolve({ length: 0, holes: [] }),
    close: () => Promise.resolve(),
  });
  const [holes, suspect, checked] = [new RangeSet(), new RangeSet(), new RangeSet()];
  return { shard, trust, source, holes, suspect, checked, faults };
}

Deno.test("each segment of a plan has k usable shards, or fewer than k are usable there", () => {
  const hole = fc.record({ shard: fc.nat(4), start: fc.nat(99_999), length: fc.nat(30_000) });
  fc.assert(fc.property(fc.array(hole), (holes) => {
    const candidates = Array.from({ length: 5 }, (_, shard) => candidate(shard));
    for (const { shard, start, length } of holes) {
      candidates[shard].holes.add(start, start + length);
    }
    const order = byReliability(candidates);
    const whole = { start: 4096, end: 98_304 };
    const segments = planSegments(3, whole, { order, avoidSuspects: true });
    assert.equal(segments[0].start, whole.start);
    assert.equal(segments.at(-1)!.end, whole.end);
    segments.forEach(({ start, end, chosen }, i) => {
      assert.ok(start < end);
      if (i > 0) assert.equal(start, segments[i - 1].end);
      const usable = candidates.filter((one) => !one.holes.overlaps(start, end));
      if (chosen === undefined) return assert.ok(usable.length < 3);
      assert.equal(new Set(chosen.map(({ shard }) => shard)).size, 3);
      assert.ok(chosen.every((one) => usable.includes(one)));
    });
  }));
});

Deno.test("the most reliable candidates are preferred, data shards first", () => {
  const order = byReliability([candidate(3), candidate(0, 2), candidate(1), candidate(2, 0, 2)]);
  assert.deepEqual(order.map(({ shard }) => shard), [1, 3, 2, 0]);
});

Deno.test("candidates of one number are never chosen together", () => {
  const order = [candidate(0), candidate(0), candidate(1), candidate(1)];
  const [segment] = planSegments(2, { start: 0, end: 10 }, { order, avoidSuspects: true });
  assert.deepEqual(segment.chosen!.map(({ shard }) => shard), [0, 1]);
  const subsets = [...candidateSubsets(2, order)];
  assert.equal(subsets.length, 4);
  assert.ok(subsets.every(([a, b]) => a.shard !== b.shard));
});

Deno.test("every choice comes once, the nearest to the preferred first", () => {
  const order = Array.from({ length: 7 }, (_, shard) => candidate(shard));
  const keys = [...candidateSubsets(4, order)].map((subset) =>
    subset.map(({ shard }) => shard).sort().join()
  );
  assert.equal(keys.length, 35);
  assert.equal(new Set(keys).size, 35);
  assert.equal(keys[0], "0,1,2,3");
});
