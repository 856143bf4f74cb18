// @ts-nocheck: AssemblyScript, compiled by scripts/build_kernels.ts once for each kernel
/**
 * targets = matrix · sources over GF(2^8), the inner loop of all erasure coding here.
 *
 * A product by a constant c is linear, so c·x = low[x & 15] ^ high[x >> 4] with two tables of 16
 * bytes: one byte shuffle each does 16 lookups at once. The tables of `g` matrix rows lie together
 * (32·g bytes a source), so that each source byte is loaded once for g target bytes.
 *
 * Engines that check the bounds of each load spend more on the checks than on the loads, and put
 * constants together anew wherever they are used. Hence the mask of the low four bits is loaded, once.
 *
 * The compiler's feature flags choose the shuffle: relaxed SIMD, plain SIMD, or bytes one by one.
 */

/** Bytes of each source and target worked on at a time: they stay in the first-level cache. */
const TILE_BYTES: usize = 4096;
/** Sources read side by side: few enough for the hardware's prefetching and cache ways. */
const SOURCES_AT_ONCE: usize = 16;
const TABLE_BYTES: usize = 32;
const MASK_BYTES: usize = 16;
const POINTER_BYTES: usize = 4;

/**
 * @param sources addresses of `sourceCount` sources
 * @param targets addresses of `targetCount` targets, none of which overlaps a source
 * @param tables 16 bytes of 15, then multiplication tables: rows in groups of 4, 4, ..., then 2, then 1
 * @param length bytes of each source and target
 */
export function combine(
  sources: usize,
  sourceCount: usize,
  targets: usize,
  targetCount: usize,
  tables: usize,
  length: usize,
): void {
  for (let start: usize = 0; start < length; start += TILE_BYTES) {
    const end = min(start + TILE_BYTES, length);
    let table = tables + MASK_BYTES;
    let row: usize = 0;
    while (row < targetCount) {
      const left = targetCount - row;
      const rows: usize = left >= 4 ? 4 : left >= 2 ? 2 : 1;
      for (let first: usize = 0; first < sourceCount; first += SOURCES_AT_ONCE) {
        const count = min(SOURCES_AT_ONCE, sourceCount - first);
        combineTile(
          sources + first * POINTER_BYTES,
          count,
          targets + row * POINTER_BYTES,
          rows,
          tables,
          table,
          start,
          end,
          first > 0,
        );
        table += count * rows * TABLE_BYTES;
      }
      row += rows;
    }
  }
}

function combineTile(
  sources: usize,
  count: usize,
  targets: usize,
  rows: usize,
  mask: usize,
  tables: usize,
  start: usize,
  end: usize,
  accumulate: bool,
): void {
  let at = start;
  if (ASC_FEATURE_SIMD) {
    const nibble = v128.load(mask);
    if (rows == 4) at = fourRows(sources, count, targets, nibble, tables, start, end, accumulate);
    else if (rows == 2) {
      at = twoRows(sources, count, targets, nibble, tables, start, end, accumulate);
    } else at = oneRow(sources, count, targets, nibble, tables, start, end, accumulate);
  }
  for (; at < end; at++) {
    for (let row: usize = 0; row < rows; row++) {
      const target = addressAt(targets, row) + at;
      let sum: u32 = accumulate ? load<u8>(target) : 0;
      let table = tables + row * TABLE_BYTES;
      for (let i: usize = 0; i < count; i++) {
        const x: u32 = load<u8>(addressAt(sources, i) + at);
        sum ^= load<u8>(table + (x & 15)) ^ load<u8>(table + 16 + (x >> 4));
        table += rows * TABLE_BYTES;
      }
      store<u8>(target, sum);
    }
  }
}

function addressAt(pointers: usize, index: usize): usize {
  return load<u32>(pointers + index * POINTER_BYTES);
}

function lookup(table: v128, indexes: v128): v128 {
  // Indexes are below 16 always, where the relaxed shuffle is fully specified.
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, indexes);
  return i8x16.swizzle(table, indexes);
}

/** Four targets, 32 bytes at a time; returns where it stopped. */
function fourRows(
  sources: usize,
  count: usize,
  targets: usize,
  nibble: v128,
  tables: usize,
  start: usize,
  end: usize,
  accumulate: bool,
): usize {
  const t0 = addressAt(targets, 0);
  const t1 = addressAt(targets, 1);
  const t2 = addressAt(targets, 2);
  const t3 = addressAt(targets, 3);
  const sourcesEnd = sources + count * POINTER_BYTES;
  let at = start;
  for (; at + 32 <= end; at += 32) {
    let a0 = i64x2.splat(0), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
    if (accumulate) {
      a0 = v128.load(t0 + at);
      b0 = v128.load(t0 + at, 16);
      a1 = v128.load(t1 + at);
      b1 = v128.load(t1 + at, 16);
      a2 = v128.load(t2 + at);
      b2 = v128.load(t2 + at, 16);
      a3 = v128.load(t3 + at);
      b3 = v128.load(t3 + at, 16);
    }
    let table = tables;
    for (let s = sources; s < sourcesEnd; s += POINTER_BYTES) {
      const source = <usize> load<u32>(s) + at;
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const al = v128.and(a, nibble), ah = v128.and(i16x8.shr_u(a, 4), nibble);
      const bl = v128.and(b, nibble), bh = v128.and(i16x8.shr_u(b, 4), nibble);
      let l = v128.load(table);
      let h = v128.load(table, 16);
      a0 = v128.xor(a0, v128.xor(lookup(l, al), lookup(h, ah)));
      b0 = v128.xor(b0, v128.xor(lookup(l, bl), lookup(h, bh)));
      l = v128.load(table, 32);
      h = v128.load(table, 48);
      a1 = v128.xor(a1, v128.xor(lookup(l, al), lookup(h, ah)));
      b1 = v128.xor(b1, v128.xor(lookup(l, bl), lookup(h, bh)));
      l = v128.load(table, 64);
      h = v128.load(table, 80);
      a2 = v128.xor(a2, v128.xor(lookup(l, al), lookup(h, ah)));
      b2 = v128.xor(b2, v128.xor(lookup(l, bl), lookup(h, bh)));
      l = v128.load(table, 96);
      h = v128.load(table, 112);
      a3 = v128.xor(a3, v128.xor(lookup(l, al), lookup(h, ah)));
      b3 = v128.xor(b3, v128.xor(lookup(l, bl), lookup(h, bh)));
      table += 4 * TABLE_BYTES;
    }
    v128.store(t0 + at, a0);
    v128.store(t0 + at, b0, 16);
    v128.store(t1 + at, a1);
    v128.store(t1 + at, b1, 16);
    v128.store(t2 + at, a2);
    v128.store(t2 + at, b2, 16);
    v128.store(t3 + at, a3);
    v128.store(t3 + at, b3, 16);
  }
  return at;
}

/** Two targets, 32 bytes at a time; returns where it stopped. */
function twoRows(
  sources: usize,
  count: usize,
  targets: usize,
  nibble: v128,
  tables: usize,
  start: usize,
  end: usize,
  accumulate: bool,
): usize {
  const t0 = addressAt(targets, 0);
  const t1 = addressAt(targets, 1);
  const sourcesEnd = sources + count * POINTER_BYTES;
  let at = start;
  for (; at + 32 <= end; at += 32) {
    let a0 = i64x2.splat(0), b0 = a0, a1 = a0, b1 = a0;
    if (accumulate) {
      a0 = v128.load(t0 + at);
      b0 = v128.load(t0 + at, 16);
      a1 = v128.load(t1 + at);
      b1 = v128.load(t1 + at, 16);
    }
    let table = tables;
    for (let s = sources; s < sourcesEnd; s += POINTER_BYTES) {
      const source = <usize> load<u32>(s) + at;
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const al = v128.and(a, nibble), ah = v128.and(i16x8.shr_u(a, 4), nibble);
      const bl = v128.and(b, nibble), bh = v128.and(i16x8.shr_u(b, 4), nibble);
      let l = v128.load(table);
      let h = v128.load(table, 16);
      a0 = v128.xor(a0, v128.xor(lookup(l, al), lookup(h, ah)));
      b0 = v128.xor(b0, v128.xor(lookup(l, bl), lookup(h, bh)));
      l = v128.load(table, 32);
      h = v128.load(table, 48);
      a1 = v128.xor(a1, v128.xor(lookup(l, al), lookup(h, ah)));
      b1 = v128.xor(b1, v128.xor(lookup(l, bl), lookup(h, bh)));
      table += 2 * TABLE_BYTES;
    }
    v128.store(t0 + at, a0);
    v128.store(t0 + at, b0, 16);
    v128.store(t1 + at, a1);
    v128.store(t1 + at, b1, 16);
  }
  return at;
}

/** One target, 32 bytes at a time; returns where it stopped. */
function oneRow(
  sources: usize,
  count: usize,
  targets: usize,
  nibble: v128,
  tables: usize,
  start: usize,
  end: usize,
  accumulate: bool,
): usize {
  const t0 = addressAt(targets, 0);
  const sourcesEnd = sources + count * POINTER_BYTES;
  let at = start;
  for (; at + 32 <= end; at += 32) {
    let a0 = i64x2.splat(0), b0 = a0;
    if (accumulate) {
      a0 = v128.load(t0 + at);
      b0 = v128.load(t0 + at, 16);
    }
    let table = tables;
    for (let s = sources; s < sourcesEnd; s += POINTER_BYTES) {
      const source = <usize> load<u32>(s) + at;
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const al = v128.and(a, nibble), ah = v128.and(i16x8.shr_u(a, 4), nibble);
      const bl = v128.and(b, nibble), bh = v128.and(i16x8.shr_u(b, 4), nibble);
      const l = v128.load(table);
      const h = v128.load(table, 16);
      a0 = v128.xor(a0, v128.xor(lookup(l, al), lookup(h, ah)));
      b0 = v128.xor(b0, v128.xor(lookup(l, bl), lookup(h, bh)));
      table += TABLE_BYTES;
    }
    v128.store(t0 + at, a0);
    v128.store(t0 + at, b0, 16);
  }
  return at;
}

/** Offset of the first byte in which two stretches differ, or `length`. */
export function firstDifference(left: usize, right: usize, length: usize): usize {
  let at: usize = 0;
  while (at + 8 <= length && load<u64>(left + at) == load<u64>(right + at)) at += 8;
  while (at < length && load<u8>(left + at) == load<u8>(right + at)) at++;
  return at;
}
