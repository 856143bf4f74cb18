/** Input that is sound and asks for more work than anybody waits for: it can be ended. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { listArchive } from "../../../src/archive/list.ts";
import { OpenArchive } from "../../../src/archive/open_archive.ts";
import type { FileRecord } from "../../../src/index/records.ts";
import { TimedDevice } from "../../../src/tape/timed_device.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { Pile, sampleArchive } from "../recovery/memory_shards.ts";
import { archiveOf, padded, paxHeader, paxRecord, rawHeader } from "../tar/raw_header.ts";

const MIB = 2 ** 20;

/** A tar of a file that is a hole of `size` bytes but for its first five, and of one more. */
function withHole(size: number): Uint8Array {
  const sparse = paxHeader([
    paxRecord("GNU.sparse.map", "0,5"),
    paxRecord("GNU.sparse.size", String(size)),
  ]);
  return archiveOf(
    sparse,
    rawHeader({ name: "hole", size: 5 }),
    padded("hello"),
    rawHeader({ name: "next", size: 5 }),
    padded("world"),
  );
}

async function list(tar: Uint8Array, signal?: AbortSignal): Promise<FileRecord[]> {
  const pile = Pile.of(await sampleArchive(2, 3, tar));
  const decompressor = new InProcessCompressor();
  const archive = await OpenArchive.open({ shards: pile, decompressor });
  const files: FileRecord[] = [];
  try {
    await listArchive(archive, { checksums: true, signal }, (file) => files.push(file));
  } finally {
    await archive.close();
  }
  return files;
}

Deno.test("a hole is hashed as zeros, a long one too, and what follows it comes after it", async () => {
  const sha256 = (...parts: Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  };
  const text = (words: string) => new TextEncoder().encode(words);
  for (const zeros of [1000, 300 * MIB]) {
    const files = await list(withHole(5 + zeros));
    assert.deepEqual(files.map(({ path, checksum }) => [path, checksum]), [
      ["hole", sha256(text("hello"), new Uint8Array(zeros))],
      ["next", sha256(text("world"))],
    ]);
  }
});

Deno.test("hashing a hole of 8 PiB ends when it is asked to", async () => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 50);
  await assert.rejects(list(withHole(2 ** 53 - 1), abort.signal), { code: "interrupted" });
  clearTimeout(timer);
});

Deno.test("a drive may be given months to answer: no timer runs out at once", async () => {
  const month = 31 * 86_400_000;
  const device = new MockTapeDevice({ name: "d", medium: new TapeMedium() });
  const timed = new TimedDevice(device, { driveTimeoutMs: month, windTimeoutMs: Infinity });
  const slow = new Proxy(device, {
    get: (target, key) => {
      if (key === "status") return () => new Promise((resolve) => setTimeout(resolve, 30));
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  await new TimedDevice(slow, { driveTimeoutMs: month }).status();
  await timed.rewind();
  assert.equal(timed.hungIn, undefined);
});
