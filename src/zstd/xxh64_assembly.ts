// @ts-nocheck: AssemblyScript, compiled by scripts/build_kernels.ts
/**
 * XXH64 in AssemblyScript: JavaScript has no fast 64-bit multiplication. The host copies the data
 * piece by piece into the input buffer; whole stripes of 32 bytes first, the rest last.
 */

const PRIME_1: u64 = 0x9E3779B185EBCA87;
const PRIME_2: u64 = 0xC2B2AE3D27D4EB4F;
const PRIME_3: u64 = 0x165667B19E3779F9;
const PRIME_4: u64 = 0x85EBCA77C2B2AE63;
const PRIME_5: u64 = 0x27D4EB2F165667C5;

const STRIPE_BYTES: usize = 32;

/** Where the host puts the data, and how much fits: a multiple of a stripe. */
export const INPUT: usize = memory.data(32768);
export const INPUT_BYTES: usize = 32768;

let seed: u64 = 0;
let lane1: u64 = 0;
let lane2: u64 = 0;
let lane3: u64 = 0;
let lane4: u64 = 0;

export function begin(newSeed: u64): void {
  seed = newSeed;
  lane1 = seed + PRIME_1 + PRIME_2;
  lane2 = seed + PRIME_2;
  lane3 = seed;
  lane4 = seed - PRIME_1;
}

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

/** Takes `length` bytes of input, a multiple of 32. */
export function addStripes(length: usize): void {
  let a = lane1, b = lane2, c = lane3, d = lane4;
  const end = INPUT + length;
  for (let at = INPUT; at < end; at += STRIPE_BYTES) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  lane1 = a;
  lane2 = b;
  lane3 = c;
  lane4 = d;
}

function mergeLane(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

/** Takes the last `length` bytes of input, less than 32, of `total` bytes; returns the hash. */
export function finish(length: usize, total: u64): u64 {
  let hash: u64 = seed + PRIME_5;
  if (total >= STRIPE_BYTES) {
    hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18);
    hash = mergeLane(hash, lane1);
    hash = mergeLane(hash, lane2);
    hash = mergeLane(hash, lane3);
    hash = mergeLane(hash, lane4);
  }
  hash += total;
  let at = INPUT;
  const end = INPUT + length;
  for (; at + 8 <= end; at += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * PRIME_1 + PRIME_4;
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64> load<u32>(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64> load<u8>(at) * PRIME_5), 11) * PRIME_1;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}
