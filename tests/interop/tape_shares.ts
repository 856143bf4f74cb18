/** Share files made the plain way, for tests that hand them to other programs. */
import { combineReference } from "../../src/erasure/reference.ts";
import { parityMatrix } from "../../src/erasure/matrix.ts";
import { encodeZfecHeader, zfecHeaderLength } from "../../src/shard/zfec_header.ts";

const CELL = 4096;

/** The m share files of a zstd file, which is padded so that each is a whole number of blocks. */
export function encodeShares(zst: Uint8Array, k: number, m: number, block: number): Uint8Array[] {
  const header = zfecHeaderLength(k, m);
  let blocks = Math.ceil((zst.length + k * header) / (k * block));
  const length = () => k * (block * blocks - header);
  // The padding is a skippable frame, which takes eight bytes at the least.
  while (length() - zst.length < 8) blocks++;
  const chunk = new Uint8Array(length());
  chunk.set(zst);
  const view = new DataView(chunk.buffer);
  view.setUint32(zst.length, 0x184d2a5a, true);
  view.setUint32(zst.length + 4, chunk.length - zst.length - 8, true);

  const files = Array.from({ length: m }, (_, sharenum) => {
    const file = new Uint8Array(block * blocks);
    file.set(encodeZfecHeader({ k, m, padlen: 0, sharenum }));
    return file;
  });
  const payloads = files.map((file) => file.subarray(header));
  for (let at = 0, from = 0; from < chunk.length; at += CELL) {
    const cell = Math.min(CELL, (chunk.length - from) / k);
    for (let i = 0; i < k; i++, from += cell) {
      payloads[i].set(chunk.subarray(from, from + cell), at);
    }
  }
  combineReference(parityMatrix(k, m), payloads.slice(0, k), payloads.slice(k));
  return files;
}
