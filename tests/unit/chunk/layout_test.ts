import assert from "node:assert/strict";
import fc from "fast-check";
import { EctarError } from "../../../src/errors.ts";
import {
  choosePieceSize,
  layOutFrames,
  pieceCount,
  pieceRange,
  StripeLayout,
  trailerPieceCount,
} from "../../../src/chunk/layout.ts";
import { noise } from "../../bytes.ts";
import { deStripe } from "./memory_shards.ts";

const isFormatError = (error: unknown) => error instanceof EctarError && error.code === "format";

/** Cuts a chunk into data shards the plain way: stripe by stripe, cell by cell. */
function stripeOut(chunk: Uint8Array, k: number): number[][] {
  const shards: number[][] = Array.from({ length: k }, () => []);
  for (let start = 0; start < chunk.length; start += k * 4096) {
    const stripe = chunk.subarray(start, start + k * 4096);
    const cell = stripe.length / k;
    shards.forEach((shard, i) => shard.push(...stripe.subarray(i * cell, (i + 1) * cell)));
  }
  return shards;
}

Deno.test("every chunk byte is located where cutting into stripes puts it", () => {
  for (const [k, perShard] of [[1, 9000], [2, 4096], [3, 8193], [5, 1], [7, 4095], [4, 12288]]) {
    const chunk = noise(k * perShard, k + perShard);
    const layout = new StripeLayout(chunk.length, k);
    const shards = stripeOut(chunk, k);
    assert.deepEqual(deStripe(shards.map((shard) => Uint8Array.from(shard))), chunk);
    assert.equal(layout.shardBytes, perShard);
    for (let offset = 0; offset < chunk.length; offset += offset % 97 + 1) {
      const place = layout.locate(offset);
      assert.equal(shards[place.shard][place.offset], chunk[offset]);
    }
  }
});

Deno.test("stripes of a range hold it, and no stripe too many", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 255 }),
    fc.integer({ min: 1, max: 50_000 }),
    fc.nat(),
    fc.nat(),
    (k, perShard, a, b) => {
      const layout = new StripeLayout(k * perShard, k);
      const start = a % layout.chunkBytes;
      const end = start + 1 + b % (layout.chunkBytes - start);
      const stripes = layout.stripesOf({ start, end });
      const chunk = layout.chunkRangeOf(stripes);
      assert.ok(chunk.start <= start && end <= chunk.end);
      assert.ok(start - chunk.start < layout.stripeBytes && chunk.end - end < layout.stripeBytes);
      const shard = layout.shardRangeOf(stripes);
      assert.equal((shard.end - shard.start) * k, chunk.end - chunk.start);
      assert.equal(stripes.end <= layout.stripes, true);
    },
  ));
});

Deno.test("the last stripe's cells divide what is left evenly", () => {
  const layout = new StripeLayout(3 * 5000, 3);
  assert.deepEqual([layout.stripes, layout.cellBytes(0), layout.cellBytes(1)], [2, 4096, 904]);
  const exact = new StripeLayout(3 * 4096, 3);
  assert.deepEqual([exact.stripes, exact.cellBytes(0)], [1, 4096]);
});

Deno.test("lengths that k does not divide are refused", () => {
  for (const length of [10, -3, 1.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => new StripeLayout(length, 3), isFormatError);
  }
});

Deno.test("pieces tile a shard", () => {
  assert.equal(pieceCount(0, 65536), 0);
  assert.equal(pieceCount(65536, 65536), 1);
  assert.equal(pieceCount(65537, 65536), 2);
  assert.deepEqual(pieceRange(1, 65536, 65540), { start: 65536, end: 65540 });
});

Deno.test("a trailer covers the pieces of whole stripes before it only", () => {
  const stripe = 3 * 4096;
  assert.equal(trailerPieceCount(0, 3, 65536), 0);
  assert.equal(trailerPieceCount(16 * stripe - 1, 3, 65536), 0);
  assert.equal(trailerPieceCount(16 * stripe, 3, 65536), 1);
  assert.equal(trailerPieceCount(31 * stripe + stripe - 1, 3, 65536), 1);
});

Deno.test("piece sizes keep the number of pieces bounded for every archive", () => {
  const sizes = [1, 2 ** 20, 2 ** 30, 64 * 2 ** 30];
  for (const [k, m] of [[1, 2], [10, 14], [1, 256], [255, 256]]) {
    for (const chunkSize of sizes) {
      for (const blockSize of [1, 524288, 16 * 2 ** 20]) {
        const piece = choosePieceSize(65536, k, m, chunkSize, blockSize);
        const fullest = Math.ceil(chunkSize * 1.015 / k) + blockSize;
        assert.ok(m * pieceCount(fullest, piece) <= 2 ** 20);
        assert.ok(Number.isInteger(Math.log2(piece / 65536)));
      }
    }
  }
  assert.equal(choosePieceSize(65536, 10, 14, 2 ** 30, 524288), 65536);
  assert.equal(choosePieceSize(65536, 1, 256, 64 * 2 ** 30, 1), 2 ** 25);
});

Deno.test("frames add up, or the seek table is refused", () => {
  const entries = [[50, 0], [100, 400], [30, 80], [70, 0]]
    .map(([compressedSize, decompressedSize]) => ({ compressedSize, decompressedSize }));
  const length = 250 + 17 + 4 * 8;
  assert.deepEqual(layOutFrames(entries, length), {
    header: { start: 0, end: 50 },
    data: [
      { start: 50, end: 150, contentOffset: 0, contentBytes: 400 },
      { start: 150, end: 180, contentOffset: 400, contentBytes: 80 },
    ],
    trailer: { start: 180, end: 250 },
    seekTable: { start: 250, end: 299 },
    contentBytes: 480,
  });
  for (const wrong of [length - 1, length + 1, 0]) {
    assert.throws(() => layOutFrames(entries, wrong), isFormatError);
  }
  assert.throws(() => layOutFrames(entries.slice(1), 249 - 8), isFormatError);
  assert.throws(() => layOutFrames(entries.slice(0, 1), 50 + 25), isFormatError);
  assert.throws(() => layOutFrames([], 17), isFormatError);
});
