/**
 * How long a chunk must be so that each of its share files is a whole number of blocks, and its
 * payload divides evenly among the k data shards.
 *
 * @module
 */

/** A padding plan; all sizes in bytes. */
export interface PaddingPlan {
  /** Blocks of each share file. */
  blocksPerShard: number;
  /** Bytes of each share file, zfec header included. */
  shardBytes: number;
  /** Bytes of the chunk, padding included: L. */
  chunkBytes: number;
  /** Zero bytes to put into the trailer frame. */
  paddingBytes: number;
}

/**
 * Plans the padding of a chunk.
 *
 * @param unpaddedBytes the chunk's bytes without padding, seek table included
 * @param k data shards
 * @param headerBytes bytes of a share's zfec header
 * @param blockSize bytes every share file is a multiple of; 1 for plain files
 */
export function planPadding(
  unpaddedBytes: number,
  k: number,
  headerBytes: number,
  blockSize: number,
): PaddingPlan {
  const blocksPerShard = Math.ceil((unpaddedBytes + k * headerBytes) / (k * blockSize));
  const shardBytes = blocksPerShard * blockSize;
  const chunkBytes = k * (shardBytes - headerBytes);
  return { blocksPerShard, shardBytes, chunkBytes, paddingBytes: chunkBytes - unpaddedBytes };
}
