/** The look at an index's beginning, with whatever stands there. */
import assert from "node:assert/strict";
import { peekIndex } from "../../../src/tape/index_peek.ts";
import { compressFrame } from "../../../src/zstd/frame.ts";
import { concat, noise } from "../../bytes.ts";
import { HEAD } from "../index/sample_index.ts";
import { memoryOf } from "../fuzz/fuzz.ts";

const text = (content: string) => new TextEncoder().encode(content);
const lines = Object.entries(HEAD).map(([name, value]) => `"${name}": ${JSON.stringify(value)},\n`);
const HEAD_TEXT = text(`{\n${lines.join("")}"chunks": [\n`);
const FRAMES = [HEAD_TEXT.subarray(0, 100), HEAD_TEXT.subarray(100), noise(300_000, 1)];
const INDEX = concat(FRAMES.map((frame) => compressFrame(frame, 3)));
const TOLD = { archiveUuid: HEAD.archive_uuid, complete: true };

Deno.test("the head of an index is told from its first block, wherever that ends", () => {
  const headBytes = INDEX.length - compressFrame(FRAMES[2], 3).length;
  for (let length = 0; length <= headBytes + 100; length++) {
    const peek = peekIndex(INDEX.subarray(0, length));
    if (length >= headBytes) assert.deepEqual(peek, TOLD);
    assert.ok([undefined, TOLD.archiveUuid].includes(peek.archiveUuid));
  }
  assert.deepEqual(peekIndex(INDEX), TOLD);
});

// A flipped bit once ended the whole process: the stream's error came where nobody could catch it.
Deno.test("a damaged index tells less, and does no harm", async () => {
  for (let bit = 0; bit < 8 * 500; bit++) {
    const damaged = INDEX.slice(0, 2000);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    peekIndex(damaged);
  }
  for (const junk of [noise(5000, 3), concat([INDEX.slice(0, 4), noise(5000, 4)])]) {
    assert.deepEqual(peekIndex(junk), { archiveUuid: undefined, complete: undefined });
  }
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("an index that explodes is not unpacked", async () => {
  const bomb = compressFrame(new Uint8Array(64 << 20), 19);
  const memory = await memoryOf(() =>
    assert.deepEqual(peekIndex(bomb), { archiveUuid: undefined, complete: undefined })
  );
  assert.ok(memory < 16 << 20, `${memory} bytes`);
});
