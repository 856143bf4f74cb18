import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { memoryDirectory, memoryFile, type MemoryNode } from "../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../src/tree/memory_tree.ts";
import { optionsFor, produce, type Produced, readRecords } from "./tree/source_harness.ts";

const size = fc.oneof(
  fc.constantFrom(0, 1, 511, 512, 513, 1024, 1536, 2048, 4096),
  fc.nat(9000),
);

const node: fc.Arbitrary<MemoryNode> = fc.oneof(
  { weight: 5, arbitrary: size.map((length) => memoryFile(pattern(length))) },
  fc.constant<MemoryNode>({ kind: "fifo" }),
  fc.nat(400).map((length): MemoryNode => ({ kind: "symlink", target: "t".repeat(length + 1) })),
  fc.tuple(fc.nat(20), fc.nat(3000)).map(([at, length]): MemoryNode => ({
    kind: "file",
    segments: {
      size: at * 512 + length + 700,
      data: [{ offset: at * 512, data: pattern(length) }],
    },
  })),
);

const tree = fc.array(node, { maxLength: 12 }).map((nodes) =>
  memoryDirectory(Object.fromEntries(nodes.map((each, index) => [`n${index}`, each])))
);

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 1 + index % 255);
}

/** Sizes around those of headers, with and without any factor in common with them. */
const cut = fc.oneof(
  fc.constantFrom(512, 1024, 1536, 2048, 4096, 10240),
  fc.integer({ min: 1, max: 6000 }),
);

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function run(root: MemoryNode, chunkSize: number, frameSize: number): Produced {
  return produce(new MemoryFileTree(root), optionsFor(["."], { chunkSize, frameSize }));
}

Deno.test("the stream does not depend on how it is cut", () => {
  fc.assert(
    fc.property(tree, cut, cut, (root, chunkSize, frameSize) => {
      const whole = run(root, 1 << 30, 1 << 20);
      const pieces = run(root, chunkSize, Math.min(frameSize, chunkSize));
      assert.equal(whole.frames.length, 1);
      assert.deepEqual(pieces.tar, whole.tar);
      assert.deepEqual(pieces.totals, whole.totals);
    }),
    { numRuns: 150 },
  );
});

Deno.test("frames are full but for the last of the stream and the last of a chunk", () => {
  fc.assert(
    fc.property(tree, cut, cut, (root, chunkSize, frameSize) => {
      const { frames, tar } = run(root, chunkSize, frameSize);
      let offset = 0;
      for (const [index, frame] of frames.entries()) {
        const chunk = Math.floor(offset / chunkSize);
        assert.equal(frame.chunk, chunk + 1);
        assert.equal(frame.chunkOffset, chunk * chunkSize);
        const end = offset + frame.data.length;
        const left = (chunk + 1) * chunkSize - offset;
        const wanted = Math.min(frameSize, left);
        if (index < frames.length - 1) assert.equal(frame.data.length, wanted);
        else assert.ok(frame.data.length > 0 && frame.data.length <= wanted);
        assert.equal(frame.fillsChunk, end === (chunk + 1) * chunkSize);
        offset = end;
      }
      assert.equal(offset, tar.length);
    }),
    { numRuns: 150 },
  );
});

Deno.test("each chunk names the first member that starts at or after it", () => {
  fc.assert(
    fc.property(tree, cut, cut, (root, chunkSize, frameSize) => {
      const { frames, members, tar } = run(root, chunkSize, frameSize);
      const last = tar.length - 1024;
      const starts = [...members.map((member) => member.offset), last, tar.length];
      for (const frame of frames) {
        const next = starts.find((start) => start >= frame.chunkOffset);
        assert.equal(frame.nextMember, next);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("records point to their members and come with the frame in which these end", () => {
  fc.assert(
    fc.property(tree, cut, cut, (root, chunkSize, frameSize) => {
      const { frames, members, records, tar } = run(root, chunkSize, frameSize);
      assert.equal(records.length, members.length);
      for (const [index, record] of records.entries()) {
        const { content, entry } = members[index];
        assert.equal(record.checksum, entry.type === "file" ? sha256(content) : "");
        const start = members[index].offset;
        const end = members[index + 1]?.offset ?? tar.length - 1024;
        assert.equal((record.chunk - 1) * chunkSize + record.offset, start);
        assert.ok(record.offset < chunkSize);
        assert.equal(record.member_size, end - start);
        const lastChunk = Math.floor((end - 1) / chunkSize) + 1;
        assert.equal(record.spans_chunks, lastChunk > record.chunk);
      }
      let offset = 0;
      for (const frame of frames) {
        for (const record of readRecords(frame)) {
          const end = (record.chunk - 1) * chunkSize + record.offset + record.member_size;
          assert.ok(end > offset && end <= offset + frame.data.length);
        }
        offset += frame.data.length;
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("a member that ends with its chunk is followed by one at the start of the next", () => {
  const root = memoryDirectory({ a: memoryFile(pattern(512)), b: memoryFile(pattern(512)) });
  const options = optionsFor(["a", "b"], { chunkSize: 1024, frameSize: 1024 });
  const { frames, records } = produce(new MemoryFileTree(root), options);
  assert.deepEqual(
    records.map(({ chunk, offset, spans_chunks }) => [chunk, offset, spans_chunks]),
    [
      [1, 0, false],
      [2, 0, false],
    ],
  );
  assert.deepEqual(frames.map(({ nextMember }) => nextMember), [0, 1024, 2048]);
  assert.deepEqual(frames.map(({ records }) => records.length > 0), [true, true, false]);
  assert.ok(frames.every(({ fillsChunk }) => fillsChunk));
});
