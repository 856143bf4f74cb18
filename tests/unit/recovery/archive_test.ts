import assert from "node:assert/strict";
import type { IndexCandidate } from "../../../src/chunk/read_identity.ts";
import { kSubsets } from "../../../src/erasure/subsets.ts";
import { noise } from "../../bytes.ts";
import { Pile, sampleArchive } from "./memory_shards.ts";
import { indexCandidate, readArchive } from "./read_whole_archive.ts";

const OTHER_UUID = "ffffffff-0000-4000-8000-000000000000";
const CHUNK = 100_000;
const SIZES = { chunkSize: CHUNK, frameSize: 30_000 };
const TAR = noise(350_000, 3);
const WHOLE = [{ start: 0, end: TAR.length }];

const sample = await sampleArchive(3, 5, TAR, SIZES);
const stranger = await sampleArchive(3, 5, noise(350_000, 99), {
  ...SIZES,
  archiveUuid: OTHER_UUID,
});
const good = indexCandidate(sample);
const foreign = indexCandidate(stranger);
const INDEXES: Record<string, IndexCandidate[]> = {
  "its index": [good],
  "no index": [],
  "a foreign index": [foreign],
  both: [foreign, good],
};

for (const [name, indexes] of Object.entries(INDEXES)) {
  Deno.test(`an untouched archive comes back with ${name}`, async () => {
    const outcome = await readArchive(sample, Pile.of(sample), indexes);
    assert.deepEqual(outcome.data, WHOLE);
    assert.deepEqual(outcome.lost, []);
    assert.deepEqual(outcome.damage, []);
    assert.equal(outcome.archiveUuid, sample.archive.archiveUuid);
    assert.equal(outcome.remarks.length, indexes.includes(foreign) ? 1 : 0);
  });

  Deno.test(`m-k shards swapped among chunks are found out with ${name}`, async () => {
    const pile = Pile.of(sample);
    for (const shard of [0, 3]) {
      const [a, b] = [pile.at(1, shard), pile.at(2, shard)];
      [a.bytes, b.bytes] = [b.bytes, a.bytes];
    }
    const outcome = await readArchive(sample, pile, indexes, { audit: "pieces" });
    assert.deepEqual(outcome.data, WHOLE);
    const blamed = new Set(outcome.damage.map(({ chunk, shard }) => `${chunk}/${shard}`));
    assert.deepEqual([...blamed].sort(), ["1/0", "1/3", "2/0", "2/3"]);
    const first = outcome.damage.find(({ what }) => what === "foreign");
    assert.match(first!.detail, /chunk 2 of archive backup/);
  });

  Deno.test(`m-k shards of another archive are found out with ${name}`, async () => {
    for (const shards of [[0, 1], [1, 4], [3, 4]]) {
      const pile = Pile.of(sample);
      for (let chunk = 1; chunk <= 4; chunk++) {
        for (const shard of shards) pile.at(chunk, shard).bytes = stranger.shares[chunk - 1][shard];
      }
      const outcome = await readArchive(sample, pile, indexes, { audit: "pieces" });
      assert.deepEqual(outcome.data, WHOLE);
      assert.equal(outcome.archiveUuid, sample.archive.archiveUuid);
      const blamed = new Set(outcome.damage.map(({ shard }) => shard));
      assert.deepEqual([...blamed].sort(), shards);
    }
  });

  Deno.test(`shards renamed to other shard numbers are used for what they are with ${name}`, async () => {
    const pile = Pile.of(sample);
    for (const found of pile.shards) found.shard = (found.shard + 1) % 5;
    const outcome = await readArchive(sample, pile, indexes);
    assert.deepEqual(outcome.data, WHOLE);
    assert.ok(outcome.damage.every(({ what }) => what === "misnamed"));
    assert.equal(outcome.damage.length, 20);
  });

  Deno.test(`two archives in one pile are told apart with ${name}`, async () => {
    const pile = Pile.of(sample);
    for (const [index, shares] of stranger.shares.entries()) {
      shares.forEach((bytes, shard) => pile.add(index + 1, shard, bytes).origin += " (other)");
    }
    const outcome = await readArchive(sample, pile, indexes);
    assert.deepEqual(outcome.data, WHOLE);
  });

  Deno.test(`a lost chunk is a gap, and the next member is known, with ${name}`, async () => {
    for (let chunk = 1; chunk <= 3; chunk++) {
      for (const left of [0, 2]) {
        const pile = Pile.of(sample);
        pile.remove((found) => found.chunk === chunk && found.shard >= left);
        const outcome = await readArchive(sample, pile, indexes);
        const gap = { start: (chunk - 1) * CHUNK, end: chunk * CHUNK };
        assert.deepEqual(outcome.gaps, [gap]);
        assert.deepEqual(outcome.resyncs, [gap.end]);
        assert.equal(outcome.lost.length, 1);
        assert.deepEqual(outcome.lost[0].chunks, { first: chunk, last: chunk });
      }
    }
  });

  Deno.test(`a lost last chunk is said with ${name}`, async () => {
    const pile = Pile.of(sample);
    pile.remove((found) => found.chunk === 4);
    const outcome = await readArchive(sample, pile, indexes);
    const known = indexes.includes(good);
    assert.deepEqual(outcome.gaps, [{ start: 300_000, end: known ? 350_000 : undefined }]);
    assert.equal(outcome.lost[0].chunks.first, 4);
  });
}

Deno.test("parts are read from the chunks and frames that hold them", async () => {
  const pile = Pile.of(sample);
  const ranges = [{ start: 95_000, end: 125_000 }, { start: 349_000, end: 350_000 }];
  const outcome = await readArchive(sample, pile, [good], { ranges });
  assert.deepEqual(outcome.data, ranges);
  assert.ok(pile.bytesRead < 300_000, `${pile.bytesRead} bytes read`);
});

Deno.test("a part in a lost chunk is a gap", async () => {
  const pile = Pile.of(sample);
  pile.remove((found) => found.chunk === 2);
  const ranges = [{ start: 95_000, end: 125_000 }];
  const outcome = await readArchive(sample, pile, [good], { ranges });
  assert.deepEqual(outcome.data, [{ start: 95_000, end: 100_000 }]);
  assert.deepEqual(outcome.gaps, [{ start: 100_000, end: 125_000 }]);
});

Deno.test("no shards at all is an error", async () => {
  await assert.rejects(readArchive(sample, new Pile()), { code: "not-found" });
});

Deno.test("shards whose size nobody knows are read", async () => {
  const pile = Pile.of(sample);
  pile.sizesKnown = false;
  pile.at(1, 1).bytes = pile.at(1, 1).bytes.slice(0, 500);
  const outcome = await readArchive(sample, pile);
  assert.deepEqual(outcome.data, WHOLE);
  assert.deepEqual(outcome.damage.map(({ what }) => what), ["truncated"]);
});

Deno.test("after a lost frame the next known member is told", async () => {
  const pile = Pile.of(sample);
  for (const shard of [0, 1, 2]) pile.at(2, shard).holes.push({ start: 8000, end: 9000 });
  const nextMember = (from: number) => Promise.resolve(Math.ceil(from / 7000) * 7000);
  const outcome = await readArchive(sample, pile, [good], { nextMember });
  assert.equal(outcome.lost.length, 1);
  const end = outcome.gaps.at(-1)!.end!;
  assert.deepEqual(outcome.resyncs, [Math.ceil(end / 7000) * 7000]);
});

Deno.test("an index that lies about a chunk gives way to the chunk's own trailer", async () => {
  const other = await sampleArchive(3, 5, noise(350_000, 5), SIZES);
  const outcome = await readArchive(sample, Pile.of(sample), [indexCandidate(other)]);
  assert.deepEqual(outcome.data, WHOLE);
  assert.match(outcome.remarks.join(), /does not describe chunk 2 as it is/);
  assert.deepEqual(outcome.damage, []);
});

Deno.test("content so small that it lies in one shard is not taken from a stranger's", async () => {
  const sizes = { chunkSize: 20_000, frameSize: 1000 };
  const own = await sampleArchive(4, 6, noise(4000, 1), sizes, 65536);
  const other = await sampleArchive(
    4,
    6,
    noise(4000, 2),
    { ...sizes, archiveUuid: OTHER_UUID },
    65536,
  );
  const pile = Pile.of(own);
  pile.at(1, 0).bytes = other.shares[0][0].slice();
  for (
    const indexes of [[], [indexCandidate(own)], [indexCandidate(other), indexCandidate(own)]]
  ) {
    const outcome = await readArchive(own, pile, indexes);
    assert.equal(outcome.archiveUuid, own.archive.archiveUuid);
    assert.deepEqual(outcome.data, [{ start: 0, end: 4000 }]);
  }
});

Deno.test("a trailer that lies in one shard is not taken from a stranger's", async () => {
  // Seed 21127 of the simulation: one block a shard, so the trailer lies within one cell.
  const sizes = { chunkSize: 300_000, frameSize: 6000, compressionLevel: 0 };
  const tar = noise(13_000, 1);
  const own = await sampleArchive(5, 7, tar, sizes, 4096);
  const other = await sampleArchive(
    5,
    7,
    noise(13_000, 2),
    { ...sizes, archiveUuid: OTHER_UUID },
    4096,
  );
  for (const victims of [...kSubsets(7, 1), ...kSubsets(7, 2)]) {
    for (const beside of [false, true]) {
      const pile = Pile.of(own);
      for (const shard of victims) {
        if (beside) pile.add(1, shard, other.shares[0][shard]);
        else pile.at(1, shard).bytes = other.shares[0][shard].slice();
      }
      pile.shards.reverse();
      const outcome = await readArchive(own, pile);
      const context = `${victims} ${beside ? "beside" : "instead of"} its own`;
      assert.equal(outcome.archiveUuid, own.archive.archiveUuid, context);
      assert.deepEqual(outcome.data, [{ start: 0, end: 13_000 }], context);
    }
  }
});
