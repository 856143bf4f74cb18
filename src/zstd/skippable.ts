/**
 * Skippable zstd frames: bytes that every zstd decoder passes over.
 *
 * @module
 */

/** Bytes before a skippable frame's content: magic number and content size. */
export const SKIPPABLE_HEADER_BYTES = 8;

/** Most content bytes a skippable frame can have. */
const MAX_SKIPPABLE_CONTENT = 0xffff_ffff;

/** Lowest of the sixteen magic numbers of skippable frames. */
const FIRST_MAGIC = 0x184d2a50;

/** A skippable frame's header. */
export interface SkippableHeader {
  /** Magic number, 0x184D2A50 to 0x184D2A5F. */
  magic: number;
  /** Content bytes that follow the header. */
  contentBytes: number;
}

/** The 8 bytes that start a skippable frame of `contentBytes` bytes of content. */
export function skippableHeader(magic: number, contentBytes: number): Uint8Array<ArrayBuffer> {
  if (!(contentBytes >= 0 && contentBytes <= MAX_SKIPPABLE_CONTENT)) {
    throw new RangeError(`a skippable frame cannot hold ${contentBytes} bytes`);
  }
  const header = new Uint8Array(SKIPPABLE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, contentBytes, true);
  return header;
}

/** Reads the header of a skippable frame; undefined when `bytes` starts with no such header. */
export function parseSkippableHeader(bytes: Uint8Array): SkippableHeader | undefined {
  if (bytes.length < SKIPPABLE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SKIPPABLE_HEADER_BYTES);
  const magic = view.getUint32(0, true);
  if (magic < FIRST_MAGIC || magic > FIRST_MAGIC + 15) return undefined;
  return { magic, contentBytes: view.getUint32(4, true) };
}
