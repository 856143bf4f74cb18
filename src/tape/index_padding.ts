/**
 * Filling the index's last tape block. zstd decoders skip the filling; bare zeros behind the last
 * frame would make them fail.
 *
 * @module
 */

const SKIPPABLE_MAGIC = 0x184d2a50;
const FRAME_HEADER_BYTES = 8;

/**
 * A zstd skippable frame that brings `bytes` to whole blocks; empty when they are whole already.
 *
 * @param bytes size of the index
 * @param blockSize bytes per block
 */
export function indexPadding(bytes: number, blockSize: number): Uint8Array {
  let missing = (blockSize - (bytes % blockSize)) % blockSize;
  if (missing === 0) return new Uint8Array(0);
  while (missing < FRAME_HEADER_BYTES) missing += blockSize;
  const frame = new Uint8Array(missing);
  const view = new DataView(frame.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC, true);
  view.setUint32(4, missing - FRAME_HEADER_BYTES, true);
  return frame;
}
