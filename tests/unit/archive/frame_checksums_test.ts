import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fillChecksums } from "../../../src/archive/frame_checksums.ts";
import { memoryDirectory, memoryFile } from "../../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../../src/tree/memory_tree.ts";
import { compressNow } from "../../../src/zstd/frame_compressor.ts";
import { frameBound } from "../../../src/zstd/frame.ts";
import { noise } from "../../bytes.ts";
import { optionsFor, produce } from "../tree/source_harness.ts";

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

for (const level of [0, 3]) {
  Deno.test(`parts of a frame are hashed before level ${level} takes their place`, () => {
    const content = noise(5000, 1);
    const room = new Uint8Array(frameBound(content.length));
    room.set(content);
    const parts = Uint32Array.of(0, 10, 10, 10, 700, 5000);
    const { partSums } = compressNow({ data: room.subarray(0, 5000), room, parts }, level);
    const expected = [[0, 10], [10, 10], [700, 5000]].map(([a, b]) => sha256(content.slice(a, b)));
    assert.equal(new TextDecoder().decode(partSums), expected.join(""));
  });
}

Deno.test("only what does not lie in one frame is hashed while it is read", () => {
  const root = memoryDirectory({
    across: memoryFile(noise(3000, 1)),
    empty: memoryFile(new Uint8Array(0)),
    within: memoryFile(noise(100, 2)),
  });
  const options = optionsFor(["across", "empty", "within"], { chunkSize: 8192, frameSize: 2048 });
  const { frames } = produce(new MemoryFileTree(root), options);
  assert.deepEqual(frames.map(({ unhashed }) => [...unhashed.contents]), [[], [], [512, 612]]);
});

Deno.test("checksums get to their places behind names of any bytes", () => {
  const names = ["plain", "Grüße", "\u{1f4be}", '"quoted"\n', "zz"];
  const root = memoryDirectory(Object.fromEntries(
    names.map((name, i) => [name, memoryFile(noise(100 + i, i))]),
  ));
  const { records } = produce(new MemoryFileTree(root), optionsFor(names));
  const expected = names.map((path, i) => [path, sha256(noise(100 + i, i))]);
  assert.deepEqual(records.map(({ path, checksum }) => [path, checksum]), expected);
});

Deno.test("a record without its checksum is none that a reader takes", () => {
  const root = memoryDirectory({ a: memoryFile(noise(100, 1)) });
  const { frames } = produce(new MemoryFileTree(root), optionsFor(["a"]), false);
  assert.match(new TextDecoder().decode(frames[0].records), /"checksum":"\?{64}"/);
});

Deno.test("too few and too many checksums are refused", () => {
  const places = Uint32Array.of(0, 64);
  const unhashed = { contents: Uint32Array.of(0, 1, 1, 2), places };
  for (const count of [0, 1, 3]) {
    const records = new Uint8Array(128).fill(0x3f);
    assert.throws(() => fillChecksums({ records, unhashed }, new Uint8Array(64 * count)), /needed/);
    assert.ok(records.every((byte) => byte === 0x3f));
  }
});
