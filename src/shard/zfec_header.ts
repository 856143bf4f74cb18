/**
 * The header in front of every zfec share: 2 to 4 bytes, most significant bit first, that say m, k,
 * padlen and the share's own number. Fields are as narrow as their ranges allow, so their place
 * depends on m and k.
 *
 * @module
 */
import { EctarError } from "../errors.ts";

/** What a zfec header says. */
export interface ZfecHeader {
  /** Data shards, 1 to 255. */
  k: number;
  /** Total shards, k + 1 to 256. */
  m: number;
  /** Bytes that pad the last stripe, 0 to k - 1. ectar writes 0 only. */
  padlen: number;
  /** Number of this shard, 0 to m - 1. */
  sharenum: number;
}

/** Longest header in bytes: reading this many always suffices to decode. */
export const ZFEC_HEADER_MAX_BYTES = 4;

const MIN_BYTES = 2;
const M_BITS = 8;

/** Bits that hold `count` different values: ceil(log2(count)). */
function bitsFor(count: number): number {
  return 32 - Math.clz32(count - 1);
}

/**
 * Length of the zfec header in bytes, 2 to 4.
 *
 * @param k data shards
 * @param m total shards
 */
export function zfecHeaderLength(k: number, m: number): number {
  const bits = M_BITS + 2 * bitsFor(m) + bitsFor(k);
  return Math.max(MIN_BYTES, Math.ceil(bits / 8));
}

function inRange(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/**
 * The header's bytes, 2 to 4 of them.
 *
 * @throws {EctarError} `usage` when a field is out of its range
 */
export function encodeZfecHeader(header: ZfecHeader): Uint8Array<ArrayBuffer> {
  const { k, m, padlen, sharenum } = header;
  if (
    !inRange(k, 1, 255) || !inRange(m, k + 1, 256) || !inRange(padlen, 0, k - 1) ||
    !inRange(sharenum, 0, m - 1)
  ) {
    throw new EctarError(
      "usage",
      `no zfec header can say k=${k}, m=${m}, padlen=${padlen}, share ${sharenum}`,
    );
  }
  const mBits = bitsFor(m);
  const kBits = bitsFor(k);
  const length = zfecHeaderLength(k, m);
  let value = m - 1;
  value = (value << mBits) | (k - 1);
  value = (value << kBits) | padlen;
  value = (value << mBits) | sharenum;
  // At most 8 + 8 + 8 + 8 bits: the shift to the left may reach the sign bit, hence bytes by >>>.
  value <<= length * 8 - (M_BITS + 2 * mBits + kBits);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = value >>> (8 * (length - 1 - i));
  return bytes;
}

/**
 * Decodes the header at the start of `bytes`; what follows it is ignored. Its length is
 * `zfecHeaderLength(k, m)` of the result.
 *
 * @throws {EctarError} `format` when `bytes` end too early, or when no zfec share begins like this
 */
export function decodeZfecHeader(bytes: Uint8Array): ZfecHeader {
  if (bytes.length < MIN_BYTES) throw tooShort(bytes.length);
  const m = bytes[0] + 1;
  const mBits = bitsFor(m);
  const firstTwo = (bytes[0] << 8) | bytes[1];
  const k = ((firstTwo >>> (8 - mBits)) & ((1 << mBits) - 1)) + 1;
  // k = m is possible for zfec, but it is no erasure code and ectar never writes it.
  if (k >= m) throw new EctarError("format", `not a zfec share: its header says k=${k} of m=${m}`);

  const kBits = bitsFor(k);
  const length = zfecHeaderLength(k, m);
  if (bytes.length < length) throw tooShort(bytes.length);
  let value = 0;
  for (let i = 0; i < length; i++) value = (value << 8) | bytes[i];
  const unusedBits = length * 8 - (M_BITS + 2 * mBits + kBits);
  const unused = value & ((1 << unusedBits) - 1);
  const sharenum = (value >>> unusedBits) & ((1 << mBits) - 1);
  const padlen = (value >>> (unusedBits + mBits)) & ((1 << kBits) - 1);
  if (sharenum >= m || padlen >= k || unused !== 0) {
    throw new EctarError(
      "format",
      `not a zfec share: its header says share ${sharenum} of m=${m}, k=${k}, padlen ${padlen}` +
        (unused !== 0 ? ", and has bits set that no field uses" : ""),
    );
  }
  return { k, m, padlen, sharenum };
}

function tooShort(length: number): EctarError {
  return new EctarError("format", `not a zfec share: it ends after ${length} bytes of its header`);
}
