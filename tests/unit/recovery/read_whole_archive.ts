/** Reads a whole archive from a pile and compares every byte that comes with the truth. */

import assert from "node:assert/strict";
import { ArchiveReader, type ReadArchiveOptions } from "../../../src/chunk/read_archive.ts";
import type { ShardDamage } from "../../../src/chunk/read_damage.ts";
import type { IndexCandidate } from "../../../src/chunk/read_identity.ts";
import type { LostPart } from "../../../src/chunk/read_timeline.ts";
import type { ByteRange } from "../../../src/shard/shard_io.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { sameBytes } from "../../bytes.ts";
import type { Pile, SampleArchive } from "./memory_shards.ts";

/** The index of an archive. */
export function indexCandidate(sample: SampleArchive): IndexCandidate {
  const { archive, k, m } = sample;
  return {
    origin: `${archive.name}.index.zst of ${archive.archiveUuid.slice(0, 4)}`,
    head: {
      version: "2.0",
      created: archive.created,
      tool_version: "2.0.0",
      archive_name: archive.name,
      archive_uuid: archive.archiveUuid,
      complete: true,
      layout: "files",
      parameters: {
        data_shards: k,
        parity_shards: m - k,
        chunk_size: archive.chunkSize,
        compression_level: archive.compressionLevel,
        frame_size: archive.frameSize,
        block_size: 1,
        piece_size: 1024 * 1024,
      },
    },
    record: (chunk) => Promise.resolve(sample.records[chunk - 1]),
  };
}

/** What came of reading an archive. */
export interface ArchiveOutcome {
  /** Ranges of the tar that came. */
  data: ByteRange[];
  gaps: { start: number; end: number | undefined }[];
  resyncs: number[];
  lost: readonly LostPart[];
  damage: ShardDamage[];
  remarks: readonly string[];
  archiveUuid: string | undefined;
}

/** Reads an archive; fails on any byte that is not as in `sample.tar`, or out of order. */
export async function readArchive(
  sample: SampleArchive,
  pile: Pile,
  indexes: IndexCandidate[] = [],
  options: Partial<ReadArchiveOptions> & { ranges?: ByteRange[] } = {},
): Promise<ArchiveOutcome> {
  const { ranges, ...rest } = options;
  const decompressor = new InProcessCompressor();
  const reader = await ArchiveReader.open({ shards: pile, indexes, decompressor, ...rest });
  const outcome: ArchiveOutcome = {
    data: [],
    gaps: [],
    resyncs: [],
    lost: reader.lost,
    damage: [],
    remarks: reader.remarks,
    archiveUuid: reader.archiveUuid,
  };
  let at = 0;
  for await (const item of ranges === undefined ? reader.tar() : reader.ranges(ranges)) {
    if (ranges === undefined) assert.equal(item.tarOffset, at, "out of order");
    if (item.kind === "resync") {
      outcome.resyncs.push(item.tarOffset);
    } else if (item.kind === "gap") {
      const end = item.length === undefined ? undefined : item.tarOffset + item.length;
      outcome.gaps.push({ start: item.tarOffset, end });
      at = end ?? Infinity;
    } else {
      at = item.tarOffset + item.bytes.length;
      assert.ok(sameBytes(item.bytes, sample.tar.subarray(item.tarOffset, at)), "wrong bytes");
      const last = outcome.data.at(-1);
      if (last?.end === item.tarOffset) last.end = at;
      else outcome.data.push({ start: item.tarOffset, end: at });
    }
  }
  await reader.close();
  assert.equal(pile.open, 0, "handles left open");
  outcome.damage = reader.damage.report();
  return outcome;
}
