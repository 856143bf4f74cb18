import assert from "node:assert/strict";
import fc from "fast-check";
import { RangeSet } from "../../../src/chunk/read_ranges.ts";

const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => ({
  start,
  end: start + length,
}));

Deno.test("a range set behaves as a set of offsets", () => {
  fc.assert(fc.property(fc.array(range), range, (added, probe) => {
    const set = new RangeSet();
    const truth = new Set<number>();
    for (const { start, end } of added) {
      const before = truth.size;
      for (let i = start; i < end; i++) truth.add(i);
      assert.equal(set.add(start, end), truth.size > before);
    }
    const offsets = Array.from({ length: probe.end - probe.start }, (_, i) => probe.start + i);
    const inside = offsets.filter((offset) => truth.has(offset));
    assert.equal(set.overlaps(probe.start, probe.end), inside.length > 0);
    assert.equal(set.covers(probe.start, probe.end), inside.length === offsets.length);
    assert.equal(set.bytes, truth.size);
    const within = [...set.within(probe.start, probe.end)];
    assert.equal(within.reduce((sum, { start, end }) => sum + end - start, 0), inside.length);
    for (let i = 1; i < set.ranges.length; i++) {
      assert.ok(set.ranges[i - 1].end < set.ranges[i].start, "not merged");
    }
  }));
});

Deno.test("a range set stays small and never forgets an offset", () => {
  const set = new RangeSet();
  for (let i = 0; i < 10_000; i++) set.add(i * 10, i * 10 + 1);
  assert.ok(set.ranges.length <= 4096);
  for (let i = 0; i < 10_000; i++) assert.ok(set.covers(i * 10, i * 10 + 1));
});
