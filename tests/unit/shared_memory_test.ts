import assert from "node:assert/strict";
import fc from "fast-check";
import { allocateShared, bufferOf, MemoryCopier } from "../../src/shared_memory.ts";
import { noise } from "./../bytes.ts";

const SIZE = 1 << 20;

/** Memories of all kinds: WebAssembly's, one that grows, plain shared, and a thread's own. */
const KINDS: Record<string, () => Uint8Array> = {
  wasm: () => new Uint8Array(allocateShared(SIZE)),
  growing: () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 32, shared: true });
    bufferOf(memory);
    memory.grow(15);
    return new Uint8Array(bufferOf(memory));
  },
  shared: () => new Uint8Array(new SharedArrayBuffer(SIZE)),
  own: () => new Uint8Array(SIZE),
};

for (const [to, makeTarget] of Object.entries(KINDS)) {
  for (const [from, makeSource] of Object.entries(KINDS)) {
    Deno.test(`bytes of ${from} memory reach ${to} memory, and nothing beside them`, () => {
      const [target, source] = [makeTarget(), makeSource()];
      const content = noise(SIZE, 1);
      source.set(content);
      const copier = new MemoryCopier();
      const expected = new Uint8Array(SIZE);
      const place = fc.nat(SIZE - 3020);
      const length = fc.oneof(fc.nat(300), fc.nat(3000));
      fc.assert(
        fc.property(place, place, length, fc.nat(20), (at, start, count, viewed) => {
          expected.fill(0);
          target.fill(0);
          // Views that start somewhere, as frames in a pool do.
          const [targetView, sourceView] = [target.subarray(viewed), source.subarray(viewed)];
          copier.copy(targetView, at, sourceView, start, start + count);
          expected.set(content.subarray(viewed + start, viewed + start + count), viewed + at);
          assert.ok(expected.every((byte, i) => byte === target[i]));
        }),
        { numRuns: 12 },
      );
    });
  }
}

Deno.test("a copier follows from one pair of memories to the next", () => {
  const copier = new MemoryCopier();
  const memories = [1, 2, 3].map((value) => new Uint8Array(allocateShared(SIZE)).fill(value));
  for (const [target, source] of [[0, 1], [2, 1], [0, 2], [1, 0]]) {
    copier.copy(memories[target], 5, memories[source], 7, 1007);
    assert.deepEqual(memories[target].subarray(5, 1005), memories[source].subarray(7, 1007));
  }
});

Deno.test("what does not fit is refused, and nothing is copied", () => {
  const [target, source] = [new Uint8Array(allocateShared(SIZE)), noise(SIZE, 2)];
  const shared = new Uint8Array(allocateShared(SIZE));
  shared.set(source);
  const copier = new MemoryCopier();
  // A view that ends before its memory does: beyond it are somebody else's bytes.
  const part = target.subarray(1000, 3000);
  for (const [offset, start, end] of [[1, 0, 2000], [2000, 0, 200], [-1, 0, 500]]) {
    assert.throws(() => copier.copy(part, offset, shared, start, end), RangeError);
  }
  for (const [start, end] of [[-1, 500], [SIZE - 300, SIZE + 1], [600, 500]]) {
    assert.throws(() => copier.copy(part, 0, shared, start, end), RangeError);
    assert.throws(() => copier.copy(part, 0, source, start, end), RangeError);
  }
  assert.ok(target.every((byte) => byte === 0));
});

Deno.test("little memory is not WebAssembly's, much is, and both are as large as asked for", () => {
  for (const bytes of [0, 1, 1000, SIZE - 1, SIZE, SIZE + 1]) {
    assert.ok(allocateShared(bytes).byteLength >= bytes);
  }
  assert.equal(allocateShared(1000).byteLength, 1000);
});
