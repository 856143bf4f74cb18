import assert from "node:assert/strict";
import fc from "fast-check";
import { planPadding } from "../../../src/chunk/padding.ts";
import { zfecHeaderLength } from "../../../src/shard/zfec_header.ts";
import vectors from "../../vectors/padding_vectors.json" with { type: "json" };

Deno.test("padding plans equal those that real zunfec, zstd and tar accepted", () => {
  assert.ok(vectors.cases.length > 20);
  for (const { k, m, B, n, h, q, L, S } of vectors.cases) {
    assert.equal(zfecHeaderLength(k, m), h);
    assert.deepEqual(planPadding(n, k, h, B), {
      blocksPerShard: q,
      shardBytes: q * B,
      chunkBytes: L,
      paddingBytes: S,
    });
  }
});

Deno.test("padding is the least that makes shards whole blocks and k divide the chunk", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 255 }),
    fc.integer({ min: 2, max: 4 }),
    fc.integer({ min: 1, max: 16 * 2 ** 20 }),
    fc.integer({ min: 1, max: 66 * 2 ** 30 }),
    (k, h, B, n) => {
      const { blocksPerShard, shardBytes, chunkBytes, paddingBytes } = planPadding(n, k, h, B);
      assert.equal(shardBytes, blocksPerShard * B);
      assert.equal(chunkBytes, n + paddingBytes);
      assert.equal(chunkBytes % k, 0);
      assert.equal(chunkBytes / k + h, shardBytes);
      assert.ok(paddingBytes >= 0 && paddingBytes < k * B);
    },
  ));
});
