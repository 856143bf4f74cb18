/** What verifying says of shards that are not what they seem; each was found by simulation. */

import assert from "node:assert/strict";
import { DamageLog } from "../../../src/chunk/read_damage.ts";
import { noise } from "../../bytes.ts";
import { Pile, sampleArchive } from "./memory_shards.ts";
import { readChunk } from "./read_whole_chunk.ts";

const TAR = noise(30_000, 17);

for (const [k, m] of [[1, 2], [1, 3], [2, 4]]) {
  Deno.test(`${k} of ${m}: any bit of as many zfec headers as may be bad: restored`, async () => {
    const sample = await sampleArchive(k, m, TAR);
    for (let bit = 0; bit < 16; bit++) {
      for (let first = 0; first < m; first++) {
        const pile = Pile.of(sample);
        for (let bad = 0; bad < m - k; bad++) {
          pile.at(1, (first + bad) % m).bytes[bit >> 3] ^= 0x80 >> (bit & 7);
        }
        const outcome = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
        assert.equal(outcome.lostBytes, 0, `bit ${bit} from shard ${first}`);
        // Whatever the headers say, the good shards are not blamed for being outnumbered.
        const blamed = new Set(outcome.damage.map(({ origin }) => origin));
        const good = Array.from({ length: k }, (_, i) => `c1.s${(first + m - k + i) % m}`);
        assert.ok(good.every((origin) => !blamed.has(origin)), JSON.stringify(outcome.damage));
      }
    }
  });
}

Deno.test("a shard under another's name does not hide that the other is missing", async () => {
  const sample = await sampleArchive(2, 5, TAR);
  const pile = Pile.of(sample);
  pile.remove(({ shard }) => shard === 3);
  pile.at(1, 1).shard = 3;
  const { damage } = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
  const said = damage.map(({ shard, what }) => `${shard} ${what}`);
  assert.ok(said.includes("1 misnamed") && said.includes("3 missing"), said.join());
  assert.ok(damage.every(({ shard }) => shard === 1 || shard === 3), said.join());
});

Deno.test("bytes that nothing proves any more are said to be wrong somewhere", async () => {
  // Padding alone is hit, so nothing of the content is lost; no shard is left to tell who is wrong.
  const sample = await sampleArchive(2, 3, TAR.subarray(0, 1000), {}, 65536);
  const pile = Pile.of(sample);
  for (const shard of [0, 2]) pile.at(1, shard).bytes.set(noise(500, shard), 40_000);
  const { damage, lostBytes } = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
  assert.equal(lostBytes, 0);
  assert.deepEqual(damage.map(({ shard }) => shard), [0, 1, 2]);
  for (const { detail } of damage) assert.match(detail, /this shard or another is wrong/);
});

Deno.test("a wrong zfec header stays blamed while it is unclear whose trailer the chunk's is", async () => {
  // Seed 30601 of the simulation: no two shards are sound, so no frame is found at first.
  const sample = await sampleArchive(1, 5, noise(20_000, 4), { compressionLevel: 0 });
  const pile = Pile.of(sample);
  pile.at(1, 0).bytes[4000] ^= 1;
  pile.at(1, 1).bytes.fill(3, 9000, 12_000);
  pile.at(1, 2).bytes = pile.at(1, 2).bytes.slice(0, 15_000);
  pile.at(1, 3).bytes[1] ^= 0x10;
  pile.at(1, 4).holes.push({ start: 7000, end: 7100 });
  const outcome = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
  assert.equal(outcome.lostBytes, 0);
  assert.deepEqual(outcome.damage.map(({ shard }) => shard), [0, 1, 2, 3, 4]);
});

Deno.test("what a medium did not give stays noted when a trailer is refused", () => {
  // Seed 45 of the simulation: a shard with a hole was not named, since a refused trailer took it along.
  const log = new DamageLog();
  const at = { chunk: 1, shard: 4, origin: "s04" };
  log.add(at, "damaged", "its zfec header is wrong");
  const takeBack = log.remember();
  log.add(at, "unreadable", "cannot be read", { start: 0, end: 10 });
  log.add(at, "damaged", "differs from its checksum", { start: 20, end: 30 });
  log.add({ ...at, shard: 5 }, "damaged", "differs from its checksum");
  takeBack();
  assert.deepEqual(log.report().map(({ shard, what, detail }) => [shard, what, detail]), [
    [4, "unreadable", "cannot be read"],
    [4, "damaged", "its zfec header is wrong"],
  ]);
});
