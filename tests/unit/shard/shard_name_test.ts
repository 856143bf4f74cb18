import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkArchiveName,
  indexFileName,
  parseIndexFileName,
  parseShardFileName,
  shardFileName,
} from "../../../src/shard/shard_name.ts";

Deno.test("shard file names have three digits of chunk and two of shard, or more", () => {
  assert.equal(shardFileName("backup", 1, 0), "backup.c001.s00");
  assert.equal(shardFileName("a.b", 1000, 255), "a.b.c1000.s255");
});

Deno.test("shard file names read back", () => {
  const name = fc.string({ minLength: 1, unit: "binary" });
  fc.assert(fc.property(name, fc.integer({ min: 1 }), fc.nat(255), (name, chunk, shard) => {
    const parsed = parseShardFileName(shardFileName(name, chunk, shard));
    assert.deepEqual(parsed, { name, chunk, shard });
  }));
});

Deno.test("other spellings and other files are no shards", () => {
  for (
    const other of [
      "backup.c000.s00",
      "backup.c0001.s00",
      "backup.c001.s000",
      "backup.c001.s256",
      "backup.c01.s00",
      "backup.c001.s0",
      ".c001.s00",
      "backup.c001.s00.tmp",
      "backup.index.zst",
      "",
    ]
  ) assert.equal(parseShardFileName(other), undefined, other);
});

Deno.test("index names read back", () => {
  assert.equal(parseIndexFileName(indexFileName("backup")), "backup");
  assert.equal(parseIndexFileName(".index.zst"), undefined);
});

Deno.test("names that cannot stand as file names are refused", () => {
  for (const bad of ["", ".", "..", "a/b", "a\0b", "a\nb", "x".repeat(201)]) {
    assert.throws(() => checkArchiveName(bad), { code: "usage" });
  }
  checkArchiveName("täglich 2026-01");
});
