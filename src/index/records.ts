/**
 * The records of NAME.index.zst (DESIGN: one JSON record a line). Field names are those on disk;
 * those of the older ectar keep their names and are true.
 *
 * @module
 */

/** What ends each file record that waits in a spool, and stands between two in the index. */
export const RECORD_END = ",\n";

/** What stands before the chunks: one top-level member a line. */
export interface IndexHead {
  /** Index version. */
  version: "2.0";
  /** When the archive was begun, RFC 3339 in UTC. */
  created: string;
  /** ectar's version that wrote it. */
  tool_version: string;
  /** Archive name. */
  archive_name: string;
  /** Archive UUID, lower case with dashes. */
  archive_uuid: string;
  /** Whether the archive ended as it should: false when interrupted or the tapes ran full. */
  complete: boolean;
  /** Where the shards were written. */
  layout: "files" | "tapes";
  /** How it was written. */
  parameters: {
    /** k. */
    data_shards: number;
    /** m - k. */
    parity_shards: number;
    /** Tar bytes per chunk. */
    chunk_size: number;
    /** zstd level, 0 for stored. */
    compression_level: number;
    /** Tar bytes per data frame (the last of a chunk may hold fewer). */
    frame_size: number;
    /** Bytes every shard file is a multiple of; 1 for plain files. */
    block_size: number;
    /** Payload bytes of a shard that one piece checksum in this index covers. */
    piece_size: number;
  };
  /** Tape set UUID; only for tapes. */
  tape_set_uuid?: string;
  /** UUID of the volume each shard lies on, by shard number; only for tapes. */
  volumes?: { shard: number; volume: number; uuid: string }[];
}

/** One chunk. */
export interface ChunkRecord {
  /** From 1. */
  chunk_number: number;
  /** Bytes of the chunk file: L, padding included. */
  compressed_size: number;
  /** Tar bytes in it. */
  uncompressed_size: number;
  /** Bytes of each of its share files, zfec header included. */
  shard_size: number;
  /** Chunk checksum: hex SHA-256 over the concatenated SHA-256s of its data frames. */
  checksum: string;
  /** Offset in the tar stream of its first tar byte. */
  tar_offset: number;
  /** Tar offset of the first member that starts at or after `tar_offset`. */
  next_member: number;
  /** Whether it is the archive's last. */
  last: boolean;
  /** Bytes of the header frame, then of each data frame, then of the trailer frame with padding. */
  frame_sizes: number[];
  /** SHA-256s of the data frames (compressed bytes), concatenated, base64. */
  frame_sha256: string;
  /** By shard: CRC-32s of its pieces, each 4 bytes least significant first, concatenated, base64. */
  piece_crc32: string[];
  /** Where each shard lies, for tapes: `[volume, tape file, first block, blocks]` per extent. */
  extents?: [number, number, number, number][][];
  /** Shards that were not committed, with the reason. */
  missing?: { shard: number; reason: string }[];
}

/** One member of the tar stream. */
export interface FileRecord {
  /** Path; where its bytes are not UTF-8 a lossy rendering, and `path_b64` decides. */
  path: string;
  /** Path bytes in base64, only where they are not UTF-8. */
  path_b64?: string;
  /** Chunk in which the member's first header block starts. */
  chunk: number;
  /** Offset of that block in the chunk's tar bytes. */
  offset: number;
  /** Bytes of the member in the tar stream: headers, data and padding. */
  member_size: number;
  /** Bytes of the file, holes included. */
  size: number;
  /** Hex SHA-256 of the file's content, holes as zeros; empty for all that is no file. */
  checksum: string;
  /** Permission bits. */
  mode: number;
  /** Modification time, whole seconds since 1970, rounded down. */
  mtime: number;
  /** Nanoseconds after `mtime`, 0 to 999999999. */
  mtime_ns: number;
  /** Numeric owner. */
  uid: number;
  /** Numeric group. */
  gid: number;
  /** Owner's name or null. */
  user: string | null;
  /** Group's name or null. */
  group: string | null;
  /** What it is, as in `EntryType`. */
  entry_type: string;
  /** Target of a symlink or hard link, or null. */
  target: string | null;
  /** Target bytes in base64, only where they are not UTF-8. */
  target_b64?: string;
  /** Whether the member goes on in a later chunk. */
  spans_chunks: boolean;
  /** Device numbers, only for device nodes. */
  device?: [number, number];
}
