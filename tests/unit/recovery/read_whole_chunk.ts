/** Reads one chunk of a pile and compares every byte that comes with the truth. */

import assert from "node:assert/strict";
import { ReedSolomon } from "../../../src/erasure/reed_solomon.ts";
import { ChunkReader, type FrameOptions } from "../../../src/chunk/read_chunk.ts";
import { DamageLog, type ShardDamage } from "../../../src/chunk/read_damage.ts";
import type { IndexChunk } from "../../../src/chunk/read_facts.ts";
import type { ArchiveHints } from "../../../src/chunk/read_open.ts";
import { RowCodec } from "../../../src/chunk/recover_codec.ts";
import { decompressFrame } from "../../../src/zstd/frame.ts";
import { sameBytes } from "../../bytes.ts";
import type { Pile, SampleArchive } from "./memory_shards.ts";

const codecs = new Map<string, RowCodec>();

/** A codec for k and m, shared by all tests. */
function codecFor(k: number, m: number): RowCodec {
  const key = `${k}/${m}`;
  const codec = codecs.get(key) ?? new RowCodec(ReedSolomon.create(k, m));
  codecs.set(key, codec);
  return codec;
}

/** What came of reading a chunk. */
export interface ChunkOutcome {
  /** Tar bytes that could not be recovered. */
  lostBytes: number;
  /** Reasons given for them. */
  reasons: string[];
  damage: ShardDamage[];
  remarks: string[];
}

/** Reads a chunk; fails on any byte that is not as in `sample.tar`. */
export async function readChunk(
  sample: SampleArchive,
  pile: Pile,
  chunk: number,
  options: { indexes?: IndexChunk[]; hints?: ArchiveHints; frames?: FrameOptions } = {},
): Promise<ChunkOutcome> {
  const damage = new DamageLog();
  const remarks: string[] = [];
  const reasons: string[] = [];
  let lostBytes = 0;
  try {
    const reader = await ChunkReader.open({
      archive: pile.name,
      chunk,
      handles: pile.handles(chunk),
      indexes: options.indexes ?? [],
      hints: options.hints ?? {},
      codecFor,
      damage,
      remark: (line) => remarks.push(line),
    });
    const { facts } = reader.opened;
    const tarOffset = (chunk - 1) * sample.archive.chunkSize;
    if (facts.tarOffset !== undefined) assert.equal(facts.tarOffset, tarOffset);
    let contentOffset = 0;
    for await (const item of reader.frames(options.frames)) {
      if (options.frames?.wanted === undefined) assert.equal(item.contentOffset, contentOffset);
      contentOffset = item.contentOffset + item.contentBytes;
      const truth = sample.tar.subarray(
        tarOffset + item.contentOffset,
        tarOffset + contentOffset,
      );
      assert.equal(truth.length, item.contentBytes);
      if (item.kind === "lost") {
        lostBytes += item.contentBytes;
        reasons.push(item.reason);
        continue;
      }
      const content = decompressFrame(item.bytes, item.contentBytes, 1 << 26);
      assert.ok(sameBytes(content, truth), `wrong bytes in frame ${item.index}`);
    }
    await reader.explain();
    await reader.close();
  } finally {
    assert.equal(pile.open, 0, "handles left open");
  }
  return { lostBytes, reasons, damage: damage.report(), remarks };
}
