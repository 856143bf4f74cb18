/** Chunks encoded anew have the bytes they were written with; nothing is encoded that is not proven. */

import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { ArchiveReader } from "../../../src/chunk/read_archive.ts";
import { ChunkRebuilder } from "../../../src/chunk/rebuild_chunk.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { zfecHeaderLength } from "../../../src/shard/zfec_header.ts";
import { noise } from "../../bytes.ts";
import { MemoryShards } from "../chunk/memory_shards.ts";
import { Pile, type SampleArchive, sampleArchive } from "../recovery/memory_shards.ts";
import { readChunk } from "../recovery/read_whole_chunk.ts";
import { indexCandidate } from "../recovery/read_whole_archive.ts";

interface Rebuilt {
  /** By chunk, then shard, with zfec headers. */
  shares: Uint8Array[][];
  records: unknown[];
  lost: string[];
}

/** Rebuilds every chunk of what is in a pile. */
async function rebuild(sample: SampleArchive, pile: Pile, withIndex = false): Promise<Rebuilt> {
  const { k, m } = sample;
  const reader = await ArchiveReader.open({
    shards: pile,
    indexes: withIndex ? [indexCandidate(sample)] : [],
    decompressor: new InProcessCompressor(),
  });
  const rebuilder = new ChunkRebuilder(k, m);
  const result: Rebuilt = { shares: [], records: [], lost: [] };
  const visit: Parameters<ArchiveReader["visit"]>[0] = async (chunk) => {
    const target = new MemoryShards(k, m);
    try {
      const { record } = await rebuilder.rebuild(chunk, target);
      assert.equal(target.calls.at(-1), "end");
      result.records.push(record);
      result.shares.push(target.chunks[0]);
      return { lostFrames: 0, lost: undefined };
    } catch (error) {
      assert.ok([undefined, "discard"].includes(target.calls.at(-1)));
      result.lost.push((error as Error).message);
      return { lostFrames: 0, lost: (error as Error).message };
    }
  };
  for await (const { lost } of reader.visit(visit)) {
    if (lost !== undefined && !result.lost.includes(lost)) result.lost.push(lost);
  }
  await reader.close();
  assert.equal(pile.open, 0);
  return result;
}

function assertRebuilt({ shares, records }: SampleArchive, rebuilt: Rebuilt): void {
  assert.deepEqual(rebuilt.lost, []);
  assert.deepEqual(rebuilt.records, records);
  shares.forEach((ofChunk, i) =>
    ofChunk.forEach((bytes, shard) => {
      assert.ok(
        bytes.every((byte, at) => byte === rebuilt.shares[i][shard][at]),
        `${i + 1}/${shard}`,
      );
      assert.equal(rebuilt.shares[i][shard].length, bytes.length);
    })
  );
}

Deno.test("whatever is lost of up to m-k shards, all shards and records come back as they were", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 150_000 }),
      fc.constantFrom(1, 512, 5000),
      fc.constantFrom(0, 3),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      async (k, parity, length, blockSize, compressionLevel, withIndex, random) => {
        const shape = { chunkSize: 60_000, frameSize: 8000, compressionLevel };
        const sample = await sampleArchive(k, k + parity, noise(length, 3), shape, blockSize);
        const pile = Pile.of(sample);
        const next = (below: number) => random.next().value! % below;
        for (let chunk = 1; chunk <= sample.shares.length; chunk++) {
          for (let bad = 0; bad < parity; bad++) {
            const shard = pile.at(chunk, (next(3) + bad) % (k + parity));
            if (shard === undefined) continue;
            if (next(2) === 0) pile.shards.splice(pile.shards.indexOf(shard), 1);
            else shard.bytes.set(noise(100, bad), next(Math.max(1, shard.bytes.length - 100)));
          }
        }
        assertRebuilt(sample, await rebuild(sample, pile, withIndex));
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("padding and seek table come back even where they are bad in all shards at once", async () => {
  const sample = await sampleArchive(3, 5, noise(40_000, 5), {}, 65536);
  const pile = Pile.of(sample);
  // The chunk: 40 kB of frames and 150 kB of padding. All that is padding, in every shard.
  for (let shard = 0; shard < 5; shard++) pile.at(1, shard).bytes.fill(0xee, 20_000, 61_000);
  assertRebuilt(sample, await rebuild(sample, pile));
});

Deno.test("a damaged padding is blamed on the shard that is wrong, without any checksum", async () => {
  const sample = await sampleArchive(3, 5, noise(40_000, 5), {}, 65536);
  for (let victim = 0; victim < 5; victim++) {
    const pile = Pile.of(sample);
    pile.at(1, victim).bytes[40_000] ^= 1;
    const { damage } = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
    assert.deepEqual(damage.map(({ shard, what }) => [shard, what]), [[victim, "damaged"]]);
  }
});

Deno.test("a frame beyond recovery: nothing is encoded, and the target knows", async () => {
  const sample = await sampleArchive(3, 5, noise(200_000, 5), { chunkSize: 100_000 });
  const pile = Pile.of(sample);
  for (const shard of [0, 1, 2]) pile.at(2, shard).bytes.fill(7, 9000, 9100);
  const { lost, shares } = await rebuild(sample, pile);
  assert.equal(shares.length, 1);
  assert.match(lost[0], /chunk 2/);
});

Deno.test("an index that is wrong about a chunk does not keep it from being rebuilt", async () => {
  const sample = await sampleArchive(2, 4, noise(50_000, 5));
  const other = await sampleArchive(2, 4, noise(50_000, 6));
  const pile = Pile.of(sample);
  pile.remove(({ shard }) => shard < 2);
  const { records } = sample;
  sample.records = other.records;
  const rebuilt = await rebuild(sample, pile, true);
  sample.records = records;
  assertRebuilt(sample, rebuilt);
});

for (const [k, m] of [[3, 4], [3, 5], [1, 2]]) {
  Deno.test(`${k} of ${m}: a shard that is wrong though its checksums pass is named at full`, async () => {
    const sample = await sampleArchive(k, m, noise(600_000, 5), { compressionLevel: 0 });
    for (let victim = 0; victim < m; victim++) {
      const pile = Pile.of(sample);
      const { bytes } = pile.at(1, victim);
      const header = zfecHeaderLength(k, m);
      forgePiece(bytes.subarray(header, header + 65536), 30_000);
      const quietly = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
      if (victim >= k) assert.deepEqual(quietly.damage, [], "checksums alone cannot tell");
      const { damage } = await readChunk(sample, pile, 1, { frames: { audit: "parity" } });
      assert.deepEqual(damage.map(({ shard }) => shard), [victim]);
      assert.match(damage[0].detail, /differs from what the other shards prove|does not go with/);
    }
  });
}

/** Changes a byte and, behind it, four that keep the CRC-32 as it was. */
function forgePiece(piece: Uint8Array, at: number): void {
  const stated = crc32(piece);
  piece[at] ^= 0x55;
  const wanted = (crc32(piece) ^ stated) >>> 0;
  const zeros = crc32(new Uint8Array(piece.length));
  // What each of 32 bits does to the checksum; a system of 32 equations in GF(2).
  const rows = Array.from({ length: 32 }, (_, bit) => {
    const probe = new Uint8Array(piece.length);
    probe[at + 1 + (bit >> 3)] = 1 << (bit & 7);
    return { effect: (crc32(probe) ^ zeros) >>> 0, bits: (1 << bit) >>> 0 };
  });
  let left = wanted;
  let flips = 0;
  for (let column = 31; column >= 0; column--) {
    const mask = (1 << column) >>> 0;
    const pivot = rows.findIndex(({ effect }) => (effect & mask) !== 0 && effect < mask * 2);
    if (pivot < 0) continue;
    const [{ effect, bits }] = rows.splice(pivot, 1);
    for (const row of rows) {
      if ((row.effect & mask) === 0) continue;
      row.effect = (row.effect ^ effect) >>> 0;
      row.bits = (row.bits ^ bits) >>> 0;
    }
    if ((left & mask) !== 0) {
      left = (left ^ effect) >>> 0;
      flips = (flips ^ bits) >>> 0;
    }
  }
  assert.equal(left, 0);
  for (let bit = 0; bit < 32; bit++) {
    if (flips >>> bit & 1) piece[at + 1 + (bit >> 3)] ^= 1 << (bit & 7);
  }
  assert.equal(crc32(piece), stated);
}
