/**
 * The index for a tape that takes the place of a lost one: the same as on the other tapes, but for
 * where that one shard lies now.
 *
 * @module
 */

import type { ChunkHeader } from "../chunk/header.ts";
import { EctarError } from "../errors.ts";
import { IndexReader } from "../index/index_reader.ts";
import { encodeIndex } from "../index/index_writer.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import { type ChunkRecord, type IndexHead, RECORD_END } from "../index/records.ts";
import type { ChunkBooks } from "./chunk_books.ts";
import type { OpenArchive } from "./open_archive.ts";
import { agrees } from "./compare_index.ts";
import { headOf, inspectIndex, streamFiles } from "./rebuild_index.ts";

/** What such an index is made from. */
export interface TapeIndexSources {
  /** The archive. */
  archive: OpenArchive;
  /** Header of one of its chunks. */
  header: ChunkHeader;
  /** Its chunks as they were proven. */
  books: ChunkBooks;
  /** Whether the last of them is the archive's last. */
  complete: boolean;
  /** UUID of the tape set. */
  setUuid: string;
  /** The new tape. */
  volume: { shard: number; uuid: string };
  /** Keeps file records. */
  spool: RecordSpool;
  /** Ends the run. */
  signal: AbortSignal | undefined;
}

/**
 * The bytes of the index. Where no index of the archive is good, all files are read once more.
 *
 * @throws {EctarError} `damaged` when there is no good index and members cannot be read
 */
export async function* replacementIndex(sources: TapeIndexSources): AsyncGenerator<Uint8Array> {
  const { archive, header, complete, books, spool, volume, setUuid } = sources;
  const good = await goodIndex(sources);
  if (good === undefined) await streamFiles(archive, spool, sources.signal);
  else await copyFiles(good.reader, spool);
  const volumes = (good?.head.volumes ?? []).filter(({ shard }) => shard !== volume.shard);
  const head: IndexHead = {
    ...headOf({ header, complete, oldHead: good?.head }),
    layout: "tapes",
    tape_set_uuid: setUuid,
    volumes: [...volumes, { ...volume, volume: 0 }].sort((a, b) => a.shard - b.shard),
  };
  const chunks = withExtents(books.records(), good?.reader.chunks(), header, volume.shard);
  yield* encodeIndex(head, chunks, spool.read(0, spool.size));
}

/** An index that is readable to its end and says of each chunk what is proven. */
async function goodIndex(
  { archive, books, header }: TapeIndexSources,
): Promise<{ head: IndexHead; reader: IndexReader } | undefined> {
  for (const handle of await archive.indexHandles()) {
    const { head, problem } = await inspectIndex(handle, header.archiveUuid);
    if (head === undefined || problem !== undefined) continue;
    const reader = new IndexReader(handle);
    if (await describes(reader, books)) return { head, reader };
  }
  return undefined;
}

async function describes(reader: IndexReader, books: ChunkBooks): Promise<boolean> {
  const records = reader.chunks();
  try {
    for await (const proven of books.records()) {
      const { value, done } = await records.next();
      if (done || !agrees(value, proven)) return false;
    }
    return true;
  } finally {
    await records.return(undefined);
  }
}

async function copyFiles(reader: IndexReader, spool: RecordSpool): Promise<void> {
  const encoder = new TextEncoder();
  for await (const file of reader.files()) {
    await spool.append(encoder.encode(JSON.stringify(file) + RECORD_END));
  }
}

/** Chunk records with the places of all shards: one tape file for each chunk behind the label. */
async function* withExtents(
  proven: AsyncIterable<ChunkRecord>,
  recorded: AsyncGenerator<ChunkRecord> | undefined,
  { blockSize, m }: ChunkHeader,
  shard: number,
): AsyncGenerator<ChunkRecord> {
  for await (const record of proven) {
    const old = (await recorded?.next())?.value as ChunkRecord | undefined;
    const place: [number, number, number, number] = [
      0,
      record.chunk_number,
      0,
      record.shard_size / blockSize,
    ];
    const extents = old?.extents ?? Array.from({ length: m }, () => [place]);
    const missing = old?.missing?.filter((each) => each.shard !== shard) ?? [];
    yield {
      ...record,
      extents: extents.map((each, i) => i === shard ? [place] : each),
      ...missing.length === 0 ? {} : { missing },
    };
  }
  await recorded?.return(undefined);
}

/** @throws {EctarError} `usage` when an archive is not of tapes, so that none can be replaced */
export function requireTapeSet(setUuid: string | undefined, name: string): string {
  if (setUuid !== undefined) return setUuid;
  throw new EctarError("usage", `${name} does not lie on tapes, as far as can be told`, {
    hint: "give --tape-devices with the drives that hold its other tapes",
  });
}
