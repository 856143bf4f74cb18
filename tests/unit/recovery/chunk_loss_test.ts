import assert from "node:assert/strict";
import { kSubsets } from "../../../src/erasure/subsets.ts";
import { noise, text } from "../../bytes.ts";
import { indexOf, Pile, type PileShard, sampleArchive } from "./memory_shards.ts";
import { readChunk } from "./read_whole_chunk.ts";

const TAR = noise(200_000, 7);

Deno.test("an untouched chunk comes back, with and without an index", async () => {
  for (const [k, m] of [[1, 2], [3, 5], [10, 15]]) {
    const sample = await sampleArchive(k, m, TAR);
    for (const indexes of [[], [indexOf(sample, 1)]]) {
      const outcome = await readChunk(sample, Pile.of(sample), 1, { indexes });
      assert.deepEqual(outcome, { lostBytes: 0, reasons: [], damage: [], remarks: [] });
    }
  }
});

Deno.test("an empty chunk, a tiny one and one that fills its blocks come back", async () => {
  for (const tar of [noise(0, 1), noise(1, 1), text(5000)]) {
    for (const blockSize of [1, 512, 65536]) {
      const sample = await sampleArchive(3, 5, tar, {}, blockSize);
      for (const indexes of [[], [indexOf(sample, 1)]]) {
        const outcome = await readChunk(sample, Pile.of(sample), 1, { indexes });
        assert.equal(outcome.lostBytes, 0);
        assert.deepEqual(outcome.damage, []);
      }
    }
  }
});

const HARM: Record<string, (shard: PileShard, pile: Pile) => void> = {
  missing: (shard, pile) => pile.remove((other) => other === shard),
  truncated: (shard) => shard.bytes = shard.bytes.slice(0, shard.bytes.length >> 1),
  "truncated to its header": (shard) => shard.bytes = shard.bytes.slice(0, 3),
  empty: (shard) => shard.bytes = new Uint8Array(0),
  zeroed: (shard) => shard.bytes.fill(0),
  "zeroed after its header": (shard) => shard.bytes.fill(0, 4),
  flipped: (shard) => shard.bytes.forEach((_, i, bytes) => i > 3 && (bytes[i] ^= 0x55)),
  "flipped in one byte": (shard) => shard.bytes[shard.bytes.length >> 1] ^= 1,
  "flipped in its zfec header": (shard) => shard.bytes[1] ^= 0xff,
  unreadable: (shard) => shard.gone = true,
  "full of holes": (shard) => {
    for (let start = 1000; start < shard.bytes.length; start += 10_000) {
      shard.holes.push({ start, end: start + 3000 });
    }
  },
};

for (const [name, harm] of Object.entries(HARM)) {
  Deno.test(`any m-k shards ${name}: restored, and said which`, async () => {
    for (const [k, m] of [[1, 3], [2, 4], [3, 5]]) {
      const sample = await sampleArchive(k, m, TAR);
      for (let count = 1; count <= m - k; count++) {
        for (const victims of kSubsets(m, count)) {
          for (const indexes of [[], [indexOf(sample, 1)]]) {
            const pile = Pile.of(sample);
            for (const victim of victims) harm(pile.at(1, victim), pile);
            const outcome = await readChunk(sample, pile, 1, {
              indexes,
              frames: { audit: "pieces" },
            });
            const context = `${name}: ${victims} of ${k}/${m}, ${indexes.length} index`;
            assert.equal(outcome.lostBytes, 0, context);
            const blamed = new Set(outcome.damage.map(({ shard }) => shard));
            assert.deepEqual([...blamed].sort(), victims, context);
            assert.ok(outcome.damage.every(({ repaired }) => repaired), context);
          }
        }
      }
    }
  });
}
