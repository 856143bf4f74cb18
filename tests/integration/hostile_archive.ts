/**
 * Archives around any tar stream, as an attacker makes them: every checksum right, names of the
 * attacker's choice, with or without an index that says whatever it likes.
 *
 * @module
 */

import { writeIndex } from "../../src/index/index_writer.ts";
import { MemorySpool } from "../../src/index/record_spool.ts";
import {
  type ChunkRecord,
  type FileRecord,
  type IndexHead,
  RECORD_END,
} from "../../src/index/records.ts";
import { indexFileName, shardFileName } from "../../src/shard/shard_name.ts";
import { concat } from "../bytes.ts";
import { MemoryShards } from "../unit/chunk/memory_shards.ts";
import { description, writeArchive } from "../unit/chunk/sample_archives.ts";

/** What the attacker chooses. */
export interface HostileArchive {
  tar: Uint8Array;
  /** Name that headers and index give. @default the files' own */
  innerName?: string;
  /** Records of the index; without any there is no index. */
  files?: Partial<FileRecord>[];
  /** Changes to the index's head. */
  head?: Partial<IndexHead>;
}

export const UUID = "01234567-89ab-4def-8123-456789abcdef";

/** Writes shards of k=2, m=3 (and an index) as `NAME.c001.s00` and so on. */
export async function writeHostile(
  directory: string,
  name: string,
  { tar, innerName = name, files, head = {} }: HostileArchive,
): Promise<void> {
  const shards = new MemoryShards(2, 3);
  const archive = description({ name: innerName, archiveUuid: UUID });
  const records = await writeArchive(shards, tar, archive);
  for (const [i, shares] of shards.chunks.entries()) {
    for (const [shard, bytes] of shares.entries()) {
      await Deno.writeFile(`${directory}/${shardFileName(name, i + 1, shard)}`, bytes);
    }
  }
  if (files === undefined) return;
  const bytes = await indexOf(records, innerName, files, head);
  await Deno.writeFile(`${directory}/${indexFileName(name)}`, bytes);
}

async function indexOf(
  records: ChunkRecord[],
  name: string,
  files: Partial<FileRecord>[],
  changes: Partial<IndexHead>,
): Promise<Uint8Array> {
  const spool = new MemorySpool();
  for (const file of files) {
    const line = JSON.stringify({ ...HARMLESS_FILE, ...file }) + RECORD_END;
    await spool.append(new TextEncoder().encode(line));
  }
  const head: IndexHead = {
    version: "2.0",
    created: "2024-05-06T07:08:09Z",
    tool_version: "2.0.0",
    archive_name: name,
    archive_uuid: UUID,
    complete: true,
    layout: "files",
    parameters: {
      data_shards: 2,
      parity_shards: 1,
      chunk_size: 1024 * 1024,
      compression_level: 3,
      frame_size: 64 * 1024,
      block_size: 1,
      piece_size: 1024 * 1024,
    },
    ...changes,
  };
  const parts: Uint8Array[] = [];
  async function* chunks() {
    await Promise.resolve();
    yield* records;
  }
  await writeIndex(head, chunks(), spool, {
    writeIndex: async (index) => {
      for await (const part of index) parts.push(part.slice());
    },
  });
  return concat(parts);
}

const HARMLESS_FILE: FileRecord = {
  path: "x",
  chunk: 1,
  offset: 0,
  member_size: 1024,
  size: 0,
  checksum: "",
  mode: 0o644,
  mtime: 0,
  mtime_ns: 0,
  uid: 0,
  gid: 0,
  user: null,
  group: null,
  entry_type: "file",
  target: null,
  spans_chunks: false,
};
