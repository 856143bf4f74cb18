import assert from "node:assert/strict";
import fc from "fast-check";
import { EctarError } from "../../../src/errors.ts";
import {
  decodeSeekTable,
  encodeSeekEntries,
  encodeSeekTable,
  MAX_SEEK_ENTRIES,
  parseSeekTableFooter,
  SEEK_TABLE_FOOTER_BYTES,
  seekTableBytes,
} from "../../../src/zstd/seek_table.ts";
import { parseSkippableHeader, skippableHeader } from "../../../src/zstd/skippable.ts";

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const entries = fc.array(
  fc.tuple(uint32, uint32).map(([compressedSize, decompressedSize]) => ({
    compressedSize,
    decompressedSize,
  })),
);

const isFormatError = (error: unknown) => error instanceof EctarError && error.code === "format";

Deno.test("seek tables come back as they were", () => {
  fc.assert(fc.property(entries, (table) => {
    const bytes = encodeSeekTable(table);
    assert.equal(bytes.length, seekTableBytes(table.length));
    assert.deepEqual(decodeSeekTable(bytes), table);
    assert.deepEqual(bytes.slice(8, -9), encodeSeekEntries(table));
  }));
});

Deno.test("a seek table of one frame has the bytes the specification gives", () => {
  const bytes = encodeSeekTable([{ compressedSize: 0x01020304, decompressedSize: 5 }]);
  assert.deepEqual([...bytes], [
    ...[0x5e, 0x2a, 0x4d, 0x18, 17, 0, 0, 0],
    ...[4, 3, 2, 1, 5, 0, 0, 0],
    ...[1, 0, 0, 0, 0, 0xb1, 0xea, 0x92, 0x8f],
  ]);
});

Deno.test("seek tables with checksums are read too", () => {
  const bytes = Uint8Array.from([
    ...[0x5e, 0x2a, 0x4d, 0x18, 33, 0, 0, 0],
    ...[4, 0, 0, 0, 5, 0, 0, 0, 9, 9, 9, 9],
    ...[6, 0, 0, 0, 7, 0, 0, 0, 9, 9, 9, 9],
    ...[2, 0, 0, 0, 0x80, 0xb1, 0xea, 0x92, 0x8f],
  ]);
  assert.equal(parseSeekTableFooter(bytes.subarray(-9)).tableBytes, bytes.length);
  assert.deepEqual(decodeSeekTable(bytes), [
    { compressedSize: 4, decompressedSize: 5 },
    { compressedSize: 6, decompressedSize: 7 },
  ]);
});

Deno.test("seek tables cut short, lengthened or with a changed frame are refused", () => {
  const bytes = encodeSeekTable([{ compressedSize: 1, decompressedSize: 2 }]);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSeekTable(bytes.subarray(0, length)), isFormatError);
    assert.throws(() => decodeSeekTable(bytes.subarray(bytes.length - length)), isFormatError);
  }
  assert.throws(() => decodeSeekTable(new Uint8Array([0, ...bytes])), isFormatError);
  const structural = [...Array(8).keys(), ...Array.from({ length: 9 }, (_, i) => 16 + i)];
  for (const index of structural) {
    const bad = Uint8Array.from(bytes);
    bad[index] ^= index === 20 ? 0x40 : 0xff;
    assert.throws(() => decodeSeekTable(bad), isFormatError, `byte ${index}`);
  }
});

Deno.test("a footer that claims absurdly many frames is refused before anything is read", () => {
  const footer = new Uint8Array(SEEK_TABLE_FOOTER_BYTES);
  footer.set([0xff, 0xff, 0xff, 0xff, 0, 0xb1, 0xea, 0x92, 0x8f]);
  assert.throws(() => parseSeekTableFooter(footer), isFormatError);
  new DataView(footer.buffer).setUint32(0, MAX_SEEK_ENTRIES, true);
  assert.equal(parseSeekTableFooter(footer).entries, MAX_SEEK_ENTRIES);
});

Deno.test("frame sizes over 32 bits are refused", () => {
  for (const size of [2 ** 32, -1, 0.5, NaN]) {
    assert.throws(
      () => encodeSeekTable([{ compressedSize: size, decompressedSize: 0 }]),
      isFormatError,
    );
    assert.throws(
      () => encodeSeekTable([{ compressedSize: 0, decompressedSize: size }]),
      isFormatError,
    );
  }
});

Deno.test("skippable headers of all sixteen magic numbers are read, others are not", () => {
  for (let magic = 0x184d2a4f; magic <= 0x184d2a60; magic++) {
    const header = parseSkippableHeader(skippableHeader(magic, 0xffff_ffff));
    const known = magic >= 0x184d2a50 && magic <= 0x184d2a5f;
    assert.deepEqual(header, known ? { magic, contentBytes: 0xffff_ffff } : undefined);
  }
  assert.equal(parseSkippableHeader(new Uint8Array(7)), undefined);
  assert.throws(() => skippableHeader(0x184d2a5a, 2 ** 32), RangeError);
});
