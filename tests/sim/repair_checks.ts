/** Makes archives whole again from what is left, and compares every byte with what was written. */

import assert from "node:assert/strict";
import { ChunkBooks } from "../../src/archive/chunk_books.ts";
import { OpenArchive } from "../../src/archive/open_archive.ts";
import { rebuildIndex } from "../../src/archive/rebuild_index.ts";
import { replaceTape } from "../../src/archive/repair_tape.ts";
import { TapeArchive } from "../../src/archive/tape_archive.ts";
import { verifyArchive } from "../../src/archive/verify.ts";
import type { ChunkReader } from "../../src/chunk/read_chunk.ts";
import { ChunkRebuilder } from "../../src/chunk/rebuild_chunk.ts";
import { MemorySpool } from "../../src/index/record_spool.ts";
import type { ChunkRecord } from "../../src/index/records.ts";
import type { ShardSetReader } from "../../src/shard/shard_io.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { concat, sameBytes } from "../bytes.ts";
import { FILEMARK, MockTapeDevice, TapeMedium } from "../mocks.ts";
import { MemoryShards } from "../unit/chunk/memory_shards.ts";
import { Pile } from "../unit/recovery/memory_shards.ts";
import { extract, type Opener } from "./read_checks.ts";
import { indexHandle, type KnownArchive, readIndex } from "./shard_set.ts";
import { TIMEOUTS } from "./tape_writing.ts";

/** Opens an archive for `work`. */
async function withArchive<T>(
  shards: ShardSetReader,
  work: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  try {
    return await work(archive);
  } finally {
    await archive.close();
  }
}

/**
 * Rebuilds all shards and the index of an archive that survives: they are as they were written, byte
 * for byte, and what was rebuilt is whole.
 */
export async function checkRebuild(known: KnownArchive, pile: Pile): Promise<void> {
  const { k, m, name } = known.shape;
  const books = new ChunkBooks(new MemorySpool());
  const rebuilder = new ChunkRebuilder(k, m);
  const target = new MemoryShards(k, m);
  let header: Parameters<typeof rebuildIndex>[0]["header"] | undefined;
  let last: ChunkRecord | undefined;
  const visit = async (chunk: ChunkReader) => {
    const rebuilt = await rebuilder.rebuild(chunk, target);
    header = rebuilt.header;
    last = rebuilt.record;
    await books.add(rebuilt.record);
    return { lostFrames: 0, lost: undefined };
  };
  await withArchive(pile, async (archive) => {
    for await (const { lost } of archive.requireShards().visit(visit)) {
      assert.equal(lost, undefined);
    }
  });
  known.shares.forEach((shares, i) =>
    shares.forEach((bytes, shard) =>
      assert.ok(
        sameBytes(target.chunks[i]?.[shard] ?? new Uint8Array(0), bytes),
        `rebuilt ${i + 1}/${shard}`,
      )
    )
  );

  const repaired = new Pile(name);
  target.chunks.forEach((shares, i) =>
    shares.forEach((bytes, shard) => repaired.add(i + 1, shard, bytes))
  );
  const index = await withArchive(repaired, (archive) =>
    Array.fromAsync(rebuildIndex({
      header: header!,
      complete: last!.last,
      oldHead: undefined,
      chunks: books.records(),
      archive,
      spool: new MemorySpool(),
    })));
  const bytes = concat(index);
  assert.deepEqual(await readIndex(bytes), known.index, "the rebuilt index");
  repaired.indexHandles = [indexHandle(bytes, `${name}.index.zst`)];
  const verified = await withArchive(
    repaired,
    (archive) => verifyArchive(archive, { depth: "full" }),
  );
  assert.equal(verified.verdict, "whole", "what was rebuilt is not whole");
}

/**
 * Writes the tape of one shard anew: it holds what the lost one held, and with `others` restores
 * everything.
 */
export async function checkReplace(
  known: KnownArchive,
  open: Opener,
  shard: number,
  others: readonly TapeMedium[],
): Promise<void> {
  const { blockSize } = known.shape;
  const medium = new TapeMedium();
  const shards = await open();
  try {
    const replaced = await replaceTape({
      shards,
      setUuid: shards instanceof TapeArchive ? shards.setUuid : undefined,
      decompressor: new InProcessCompressor(),
      shard,
      device: new MockTapeDevice({ name: "fresh", medium }),
      host: "simulated",
      bufferBytes: 16 * blockSize,
      timeouts: TIMEOUTS,
      newSpool: () => Promise.resolve(new MemorySpool()),
    });
    assert.ok(replaced.indexWritten, "no index on the new tape");
  } finally {
    await shards.close();
  }
  assert.equal(medium.records.at(-1), FILEMARK);
  const files = medium.files();
  known.shares.forEach((shares, i) => {
    assert.ok(sameBytes(files[i + 1], shares[shard]), `chunk ${i + 1} on the new tape`);
  });
  const media = [medium, ...others];
  const again: Opener = () =>
    TapeArchive.open(
      media.map((each, i) => new MockTapeDevice({ name: `n${i}`, medium: each })),
      { timeouts: TIMEOUTS, newSpool: () => Promise.resolve(new MemorySpool()) },
    );
  const { error, state } = await extract(known, again, { partial: false });
  if (error !== undefined) throw error;
  assert.equal(state.absent.size + state.partial.size, 0, "not restored with the new tape");
}
