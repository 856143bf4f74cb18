/** Small indexes for tests. */

import { Buffer } from "node:buffer";
import { encodeIndex } from "../../../src/index/index_writer.ts";
import {
  type ChunkRecord,
  type FileRecord,
  type IndexHead,
  RECORD_END,
} from "../../../src/index/records.ts";
import type { IndexHandle } from "../../../src/shard/shard_io.ts";
import { concat } from "../../bytes.ts";

export const HEAD: IndexHead = {
  version: "2.0",
  created: "2024-05-06T07:08:09Z",
  tool_version: "2.0.0",
  archive_name: "backup",
  archive_uuid: "01234567-89ab-4def-8123-456789abcdef",
  complete: true,
  layout: "files",
  parameters: {
    data_shards: 2,
    parity_shards: 1,
    chunk_size: 1000,
    compression_level: 3,
    frame_size: 400,
    block_size: 1,
    piece_size: 4096,
  },
};

/** A consistent record of chunk `number` of `HEAD`'s archive. */
export function chunkRecord(number: number, changes: Partial<ChunkRecord> = {}): ChunkRecord {
  const frame_sizes = [500, 300, 310, 250, 5003];
  const compressed_size = 500 + 300 + 310 + 250 + 5003 + 17 + 5 * 8;
  return {
    chunk_number: number,
    compressed_size,
    uncompressed_size: 1000,
    shard_size: compressed_size / 2 + 2,
    checksum: "ab".repeat(32),
    tar_offset: (number - 1) * 1000,
    next_member: (number - 1) * 1000 + 512,
    last: false,
    frame_sizes,
    frame_sha256: Buffer.alloc(96, number).toString("base64"),
    piece_crc32: [0, 1, 2].map((shard) => Buffer.alloc(4, shard).toString("base64")),
    ...changes,
  };
}

/** A record of file `number`. */
export function fileRecord(number: number, changes: Partial<FileRecord> = {}): FileRecord {
  return {
    path: `dir/file ${number} "ü",[{\\\u2028`,
    chunk: 1,
    offset: number * 512,
    member_size: 1024,
    size: 5,
    checksum: "cd".repeat(32),
    mode: 0o644,
    mtime: -1,
    mtime_ns: 999_999_999,
    uid: 1000,
    gid: 4294967294,
    user: "user",
    group: null,
    entry_type: "file",
    target: null,
    spans_chunks: false,
    ...changes,
  };
}

/** File records as a producer hands them on: a line each, in pieces of `pieceBytes`. */
export async function* lines(
  records: Iterable<FileRecord>,
  pieceBytes = 1000,
): AsyncGenerator<Uint8Array> {
  const text = [...records].map((record) => JSON.stringify(record) + RECORD_END).join("");
  const bytes = new TextEncoder().encode(text);
  for (let i = 0; i < bytes.length; i += pieceBytes) yield bytes.subarray(i, i + pieceBytes);
}

/** All bytes of an index. */
export async function indexBytes(
  head: IndexHead,
  chunks: Iterable<ChunkRecord>,
  files: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  return concat(await Array.fromAsync(encodeIndex(head, chunks, files)));
}

/** An index that is read from `bytes` in pieces. */
export function handleOf(bytes: Uint8Array, pieceBytes = 65536): IndexHandle {
  return {
    origin: "backup.index.zst",
    async *read() {
      for (let i = 0; i < bytes.length; i += pieceBytes) yield bytes.subarray(i, i + pieceBytes);
    },
  };
}
