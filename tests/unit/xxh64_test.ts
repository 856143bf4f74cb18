import assert from "node:assert/strict";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { xxh64 } from "../../src/zstd/xxh64.ts";
import { noise } from "../bytes.ts";

/** The seed of the reference implementation's sanity check. */
const PRIME32 = 2654435761n;

/** The bytes of the reference implementation's sanity check. */
function sanityBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let generator = PRIME32;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(generator >> 56n);
    generator = BigInt.asUintN(64, generator * 11400714785074694797n);
  }
  return bytes;
}

/** XXH64 as the specification says it, in big integers. */
function reference(data: Uint8Array, seed: bigint): bigint {
  const P1 = 11400714785074694791n, P2 = 14029467366897019727n, P3 = 1609587929392839161n;
  const P4 = 9650029242287828579n, P5 = 2870177450012600261n;
  const u64 = (x: bigint) => BigInt.asUintN(64, x);
  const rotate = (x: bigint, by: bigint) => u64(x << by) | (x >> (64n - by));
  const round = (lane: bigint, x: bigint) => u64(rotate(u64(lane + x * P2), 31n) * P1);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  let hash = u64(seed + P5);
  if (data.length >= 32) {
    const lanes = [u64(seed + P1 + P2), u64(seed + P2), seed, u64(seed - P1)];
    for (; at + 32 <= data.length; at += 32) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i], view.getBigUint64(at + 8 * i, true));
    }
    hash = u64([1n, 7n, 12n, 18n].reduce((sum, by, i) => sum + rotate(lanes[i], by), 0n));
    for (const lane of lanes) hash = u64((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = u64(hash + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) {
    hash = u64(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  }
  for (; at + 4 <= data.length; at += 4) {
    hash = u64(rotate(hash ^ u64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
  }
  for (; at < data.length; at++) hash = u64(rotate(hash ^ u64(BigInt(data[at]) * P5), 11n) * P1);
  hash = u64((hash ^ (hash >> 33n)) * P2);
  hash = u64((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

Deno.test("xxh64 gives the published values", () => {
  const published: [number, bigint, bigint][] = [
    [0, 0n, 0xEF46DB3751D8E999n],
    [0, PRIME32, 0xAC75FDA2929B17EFn],
    [1, 0n, 0xE934A84ADB052768n],
    [1, PRIME32, 0x5014607643A9B4C3n],
    [4, 0n, 0x9136A0DCA57457EEn],
    [14, 0n, 0x8282DCC4994E35C8n],
    [14, PRIME32, 0xC3BD6BF63DEB6DF0n],
    [222, 0n, 0xB641AE8CB691C174n],
    [222, PRIME32, 0x20CB8AB7AE10C14An],
  ];
  for (const [length, seed, expected] of published) {
    assert.equal(xxh64(sanityBytes(length), seed), expected, `${length} bytes, seed ${seed}`);
  }
  assert.equal(xxh64(new TextEncoder().encode("abc")), 0x44bc2cf5ad770999n);
});

Deno.test("xxh64 is zstd's content checksum, also across the input buffer's end", () => {
  const all = noise(5_000_001, 11);
  for (const length of [0, 1, 3, 4, 7, 8, 31, 32, 33, 32767, 32768, 32769, 65536, 5_000_001]) {
    const data = all.subarray(0, length);
    // Where the output fills its first buffer, Deno appends an empty frame with its own checksum.
    const options = {
      params: { [constants.ZSTD_c_checksumFlag]: 1 },
      chunkSize: 2 * length + 1024,
    };
    const frame = zstdCompressSync(data, options);
    const checksum = frame.readUInt32LE(frame.length - 4);
    assert.equal(Number(xxh64(data) & 0xffffffffn), checksum, `${length} bytes`);
  }
});

Deno.test("xxh64 equals the specification for any bytes, any seed, at odd addresses", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
    fc.nat(7),
    (data, seed, shift) => {
      const shared = new Uint8Array(new SharedArrayBuffer(data.length + shift)).subarray(shift);
      shared.set(data);
      assert.equal(xxh64(data, seed), reference(data, seed));
      assert.equal(xxh64(shared, seed), xxh64(data, seed));
    },
  ));
});
