import assert from "node:assert/strict";
import { CodecMemory } from "../../../src/erasure/codec_memory.ts";
import { CombinePlans } from "../../../src/erasure/combine_plans.ts";
import { sample, seededRandom } from "./helpers.ts";

const PAGE = 4096;

Deno.test("neighbours that are freed in any order become one stretch again", () => {
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    const memory = new CodecMemory();
    const parts = [memory.allocate(PAGE), memory.allocate(2 * PAGE), memory.allocate(3 * PAGE)];
    memory.allocate(PAGE);
    for (const i of order) memory.free(parts[i], (i + 1) * PAGE);
    assert.equal(memory.allocate(6 * PAGE), parts[0], `${order}`);
  }
});

Deno.test("stretches in use never overlap, start on pages, and lie in the memory", () => {
  const random = seededRandom(1);
  const memory = new CodecMemory();
  const used: { start: number; size: number }[] = [];
  for (let step = 0; step < 2000; step++) {
    if (used.length > 0 && random(5) < 2) {
      const [{ start, size }] = used.splice(random(used.length), 1);
      memory.free(start, size);
      continue;
    }
    const size = 1 + random(200_000);
    const start = memory.allocate(size);
    assert.equal(start % PAGE, 0);
    assert.ok(start > 0 && start + size <= memory.memory.buffer.byteLength);
    const overlaps = used.some((u) => start < u.start + u.size && u.start < start + size);
    assert.ok(!overlaps);
    used.push({ start, size });
  }
});

Deno.test("plans forgotten give their memory back", () => {
  const memory = new CodecMemory();
  const plans = new CombinePlans(memory);
  const first = memory.allocate(PAGE);
  const random = seededRandom(2);
  for (let i = 0; i < 500; i++) {
    const shards = sample(30, 11, random);
    plans.get(shards.slice(0, 10), shards.slice(10));
  }
  assert.ok(memory.allocate(PAGE) < first + 40 * PAGE);
});

Deno.test("a plan is kept while it is used", () => {
  const plans = new CombinePlans(new CodecMemory());
  const often = plans.get([0, 1], [2]);
  for (let i = 3; i < 200; i++) {
    plans.get([0, 1], [i]);
    assert.equal(plans.get([0, 1], [2]), often);
  }
});
