/** How the codec is used: batches, memory, refusals, the consistency check. */
import assert from "node:assert/strict";
import { EctarError, type ErrorCode } from "../../../src/errors.ts";
import { CODEC_MEMORY_MAX_BYTES } from "../../../src/erasure/codec_memory.ts";
import { KERNEL_NAMES } from "../../../src/erasure/kernel/kernel.ts";
import { ReedSolomon } from "../../../src/erasure/reed_solomon.ts";
import { noise, sameBytes } from "../../bytes.ts";
import { encodedBatch, seededRandom } from "./helpers.ts";

function fails(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof EctarError && error.code === code;
}

Deno.test("k and m out of range are refused in one line", () => {
  const wrong = [[0, 2], [256, 256], [4, 4], [5, 4], [1, 257], [1.5, 3], [2, 3.5], [NaN, 2]];
  for (const [k, m] of wrong) {
    assert.throws(() => ReedSolomon.create(k, m), fails("usage"), `k=${k} m=${m}`);
  }
  for (const [k, m] of [[1, 2], [255, 256], [1, 256]]) {
    const codec = ReedSolomon.create(k, m);
    assert.deepEqual([codec.k, codec.m], [k, m]);
  }
});

Deno.test("fewer than k shards are refused", () => {
  const { codec, batch } = encodedBatch(3, 6, 10, 1);
  assert.throws(() => codec.reconstruct(batch, [0, 5], [1], 10), fails("too-few"));
  assert.throws(() => codec.firstInconsistency(batch, [0, 5], 10), fails("too-few"));
});

Deno.test("shard numbers that are repeated, unknown, or present and wanted are refused", () => {
  const { codec, batch, shards } = encodedBatch(3, 6, 10, 1);
  const wrong: [number[], number[]][] = [
    [[0, 1, 1], [2]],
    [[0, 1, 6], [2]],
    [[0, 1, -1], [2]],
    [[0, 1, 2.5], [2]],
    [[0, 1, 2], [2]],
    [[0, 1, 2], [4, 4]],
    [[0, 1, 2, 3], [3]],
  ];
  for (const [present, wanted] of wrong) {
    assert.throws(() => codec.reconstruct(batch, present, wanted, 10), RangeError);
  }
  assert.ok(shards.every((shard, i) => sameBytes(shard, batch.shard(i))));
});

Deno.test("stretches outside the batch are refused", () => {
  const { codec, batch } = encodedBatch(3, 5, 10, 1);
  const wrong = [[11, 0], [10, 1], [-1, 0], [1, -1], [0, 11], [1.5, 0], [NaN, 0], [Infinity, 0]];
  for (const [length, offset] of wrong) {
    assert.throws(() => codec.encode(batch, length, offset), RangeError);
    assert.throws(() => codec.reconstruct(batch, [0, 1, 2], [3], length, offset), RangeError);
    assert.throws(() => codec.firstInconsistency(batch, [0, 1, 2], length, offset), RangeError);
  }
  codec.encode(batch, 0, 10);
  assert.throws(() => batch.shard(5), RangeError);
  for (const capacity of [-1, 1.5, NaN, Infinity]) {
    assert.throws(() => codec.allocateBatch(capacity), RangeError);
  }
});

Deno.test("a freed batch, or another codec's, is refused", () => {
  const { codec, batch } = encodedBatch(3, 5, 10, 1);
  const other = ReedSolomon.create(3, 5);
  assert.throws(() => other.encode(batch, 10), TypeError);
  batch.free();
  batch.free();
  assert.throws(() => codec.encode(batch, 10), TypeError);
});

Deno.test("batches do not overlap, and stay valid while the memory grows", () => {
  const codec = ReedSolomon.create(3, 5);
  const small = codec.allocateBatch(1000);
  const data = noise(3000, 9);
  for (let i = 0; i < 3; i++) small.shard(i).set(data.subarray(i * 1000, (i + 1) * 1000));
  const large = codec.allocateBatch(8 * 1024 * 1024);
  for (let i = 0; i < 5; i++) large.shard(i).fill(0xff);
  codec.encode(small, 1000);
  codec.encode(large, 8 * 1024 * 1024);
  for (let i = 0; i < 3; i++) {
    assert.ok(sameBytes(small.shard(i), data.subarray(i * 1000, (i + 1) * 1000)));
  }
  const alone = encodedBatch(3, 5, 1000, 9).shards;
  assert.ok(alone.every((shard, i) => sameBytes(shard, small.shard(i))));
});

Deno.test("shards are shared memory, of exactly the capacity, on sector boundaries", () => {
  const batch = ReedSolomon.create(10, 14).allocateBatch(5000);
  for (let i = 0; i < 14; i++) {
    const shard = batch.shard(i);
    assert.ok(shard.buffer instanceof SharedArrayBuffer);
    assert.equal(shard.length, 5000);
    assert.equal(shard.byteOffset % 512, 0);
    assert.equal(batch.shard(i), shard);
  }
});

Deno.test("memory that is freed is used again, in any order of freeing", () => {
  const codec = ReedSolomon.create(4, 8);
  const random = seededRandom(3);
  const capacity = 12 * 1024 * 1024;
  // 8 shards of 12 MiB are 96 MiB: without reuse the third round would exceed the 1 GiB.
  for (let round = 0; round < 8; round++) {
    const batches = Array.from({ length: 5 }, (_, i) => codec.allocateBatch(capacity - i * 5000));
    batches.forEach((batch, i) => batch.shard(7).fill(i, 0, 100));
    batches.forEach((batch, i) => assert.equal(batch.shard(7)[99], i));
    while (batches.length > 0) batches.splice(random(batches.length), 1)[0].free();
  }
});

Deno.test("more than the memory's maximum is refused, and what fits still works", () => {
  const codec = ReedSolomon.create(4, 8);
  assert.throws(() => codec.allocateBatch(CODEC_MEMORY_MAX_BYTES / 8), fails("usage"));
  assert.throws(() => codec.allocateBatch(Number.MAX_SAFE_INTEGER), fails("usage"));
  const batch = codec.allocateBatch(CODEC_MEMORY_MAX_BYTES / 16);
  codec.encode(batch, 100, CODEC_MEMORY_MAX_BYTES / 16 - 100);
});

Deno.test("addresses above 512 MiB work", () => {
  const codec = ReedSolomon.create(1, 3);
  const below = codec.allocateBatch(200 * 1024 * 1024);
  const batch = codec.allocateBatch(64);
  assert.ok(batch.shard(0).byteOffset > 512 * 1024 * 1024);
  batch.shard(0).set(noise(64, 2));
  codec.encode(batch, 64);
  assert.ok(sameBytes(batch.shard(2), noise(64, 2)));
  below.free();
});

Deno.test("thousands of codecs can be made and forgotten", () => {
  for (let i = 0; i < 3000; i++) ReedSolomon.create(2, 3).allocateBatch(100).shard(2).fill(1);
});

Deno.test("more erasure patterns than are remembered still decode", () => {
  const { codec, batch, shards } = encodedBatch(20, 24, 40, 5);
  for (let round = 0; round < 2; round++) {
    for (let lost = 0; lost < 24; lost++) {
      for (const also of [(lost + 1) % 24, (lost + 7) % 24]) {
        batch.shard(lost).fill(0);
        batch.shard(also).fill(0);
        const rest = shards.map((_, i) => i).filter((i) => i !== lost && i !== also);
        codec.reconstruct(batch, rest, [lost, also], 40);
        assert.ok(sameBytes(batch.shard(lost), shards[lost]));
        assert.ok(sameBytes(batch.shard(also), shards[also]));
      }
    }
  }
});

Deno.test("the first inconsistent byte is found wherever it is, by every kernel", () => {
  const all = Array.from({ length: 14 }, (_, i) => i);
  for (const kernel of KERNEL_NAMES) {
    const { codec, batch } = encodedBatch(10, 14, 9000, 77, kernel);
    assert.equal(codec.firstInconsistency(batch, all, 9000), undefined);
    assert.equal(codec.firstInconsistency(batch, all, 0, 9000), undefined);
    for (const at of [0, 1, 7, 8, 4095, 4096, 4097, 8192, 8999]) {
      for (const shard of [0, 9, 10, 13]) {
        batch.shard(shard)[at] ^= 0x10;
        assert.equal(codec.firstInconsistency(batch, all, 9000), at);
        assert.equal(codec.firstInconsistency(batch, all, 9000 - at, at), at);
        assert.equal(codec.firstInconsistency(batch, all, at), undefined);
        assert.equal(codec.firstInconsistency(batch, all, 8999 - at, at + 1), undefined);
        const others = all.filter((i) => i !== shard);
        assert.equal(codec.firstInconsistency(batch, others, 9000), undefined);
        batch.shard(shard)[at] ^= 0x10;
      }
    }
  }
});

Deno.test("the check changes no shard, and exactly k shards always agree", () => {
  const { codec, batch, shards } = encodedBatch(3, 7, 500, 6);
  codec.firstInconsistency(batch, [6, 5, 4, 3, 2, 1, 0], 500);
  assert.ok(shards.every((shard, i) => sameBytes(shard, batch.shard(i))));
  batch.shard(0).fill(1);
  assert.equal(codec.firstInconsistency(batch, [0, 4, 5], 500), undefined);
});
