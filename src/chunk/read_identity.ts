/**
 * Which archive a pile of shards is: the UUID that most chunks prove, and the indexes that go with
 * it.
 *
 * @module
 */

import { EctarError, isHostLimit } from "../errors.ts";
import type { ChunkHeader } from "./header.ts";
import type { ChunkRecord, IndexHead } from "../index/records.ts";
import type { ChunkReader } from "./read_chunk.ts";
import type { IndexChunk } from "./read_facts.ts";
import type { ArchiveHints, OpenChunkOptions } from "./read_open.ts";

/** An index that may be this archive's, read enough to give records of chunks. */
export interface IndexCandidate {
  /** Where it is. */
  origin: string;
  /** What stands before its chunks. */
  head: IndexHead;
  /** The record of a chunk, or undefined when it has none; asked for in rising order, mostly. */
  record(chunk: number): Promise<ChunkRecord | undefined>;
}

/** Chunks opened at most before the majority decides. */
const MAX_PROBES = 5;

/** What the archive is. */
export interface Identity {
  /** UUID, k, m and piece size; empty when no chunk proves any and there is no index. */
  hints: ArchiveHints;
  /** Indexes of this archive. */
  indexes: IndexCandidate[];
  /** Proven header of one of its chunks. */
  header: ChunkHeader | undefined;
  /** A chunk that is open already, and its number. */
  opened: { chunk: number; reader: ChunkReader } | undefined;
}

/** Opens a chunk with what is known so far. */
export type Opener = (
  chunk: number,
  extra: Pick<OpenChunkOptions, "hints" | "indexes">,
) => Promise<ChunkReader>;

/** The records of a chunk in several indexes. */
export async function recordsOf(
  chunk: number,
  indexes: readonly IndexCandidate[],
): Promise<IndexChunk[]> {
  const found: IndexChunk[] = [];
  for (const { origin, head, record } of indexes) {
    const { data_shards: k, parity_shards, frame_size, piece_size } = head.parameters;
    const line = await record(chunk);
    if (line === undefined) continue;
    found.push({
      origin,
      archiveUuid: head.archive_uuid,
      frameSize: frame_size,
      pieceSize: piece_size,
      k,
      m: k + parity_shards,
      record: line,
    });
  }
  return found;
}

/** The chunks of one archive among those opened. */
interface Vote {
  count: number;
  hints: ArchiveHints;
  header: ChunkHeader | undefined;
}

/** Settles the archive's identity by opening its first chunks. */
export async function settleIdentity(
  archive: string,
  chunks: readonly number[],
  indexes: readonly IndexCandidate[],
  open: Opener,
  remark: (line: string) => void,
): Promise<Identity> {
  const votes = new Map<string, Vote>();
  const isIndexed = (uuid: string) => indexes.some(({ head }) => head.archive_uuid === uuid);
  let opened: Identity["opened"];
  for (const chunk of chunks.slice(0, MAX_PROBES)) {
    let probe: ChunkReader;
    try {
      probe = await open(chunk, { hints: {}, indexes: await recordsOf(chunk, indexes) });
    } catch (error) {
      if (!(error instanceof EctarError) || isHostLimit(error)) throw error;
      continue;
    }
    const { facts, header, prover } = probe.opened;
    const uuid = facts.archiveUuid;
    const vote = votes.get(uuid) ??
      { count: 0, hints: { archiveUuid: uuid }, header };
    vote.count++;
    vote.hints.shardCounts = { k: prover.shards.k, m: prover.shards.m };
    vote.header ??= header;
    if (header !== undefined) vote.hints.pieceBytes = header.pieceSize;
    votes.set(uuid, vote);
    if (opened === undefined) opened = { chunk, reader: probe };
    else await probe.close();
    if (isIndexed(uuid) || vote.count === 2) break;
  }
  // Where chunks are divided, as when strangers' shards make one of them, an index tips the scales.
  const [[, winner] = []] = [...votes].sort(([one, a], [other, b]) =>
    b.count - a.count || Number(isIndexed(other)) - Number(isIndexed(one))
  );
  const hints = winner?.hints ?? hintsOfIndex(indexes[0]);
  if (opened !== undefined && opened.reader.opened.facts.archiveUuid !== hints.archiveUuid) {
    await opened.reader.close();
    opened = undefined;
  }
  const matching = indexes.filter(({ head }) => head.archive_uuid === hints.archiveUuid);
  for (const { origin, head } of indexes) {
    if (head.archive_uuid === hints.archiveUuid) continue;
    remark(`${origin} is of another archive (${head.archive_uuid}) than ${archive}; ignored`);
  }
  return { hints, indexes: matching, header: winner?.header, opened };
}

function hintsOfIndex(index: IndexCandidate | undefined): ArchiveHints {
  if (index === undefined) return {};
  const { data_shards: k, parity_shards } = index.head.parameters;
  return { archiveUuid: index.head.archive_uuid, shardCounts: { k, m: k + parity_shards } };
}
