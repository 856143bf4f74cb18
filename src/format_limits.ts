/**
 * Bounds of the archive format, the same wherever a number is written or read. They bound what a
 * hostile header or index can make its reader do.
 *
 * @module
 */

/** Most tar bytes in one chunk: 64 GiB. */
export const MAX_CHUNK_SIZE = 64 * 2 ** 30;

/** Largest block size in bytes: 16 MiB, the most the st driver takes. */
export const MAX_BLOCK_SIZE = 16 * 2 ** 20;

/** Most data frames in one chunk. */
export const MAX_DATA_FRAMES = 1 << 20;

/** Most pieces, counted over all shards of a chunk, that one list of checksums covers. */
export const MAX_PIECES = 1 << 20;
