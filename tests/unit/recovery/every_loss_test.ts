/**
 * Every pattern of loss there is, for small k, m and few chunks: with at most m-k shards lost at any
 * place every byte comes back; with more, what cannot come is named, and all the rest still comes.
 */

import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import { zfecHeaderLength } from "../../../src/shard/zfec_header.ts";
import { noise } from "../../bytes.ts";
import { Random } from "../../sim/random.ts";
import { indexOf, Pile, type SampleArchive, sampleArchive } from "./memory_shards.ts";
import { type ArchiveOutcome, indexCandidate, readArchive } from "./read_whole_archive.ts";
import { readChunk } from "./read_whole_chunk.ts";

const CHUNK = 9000;
const CELL = 4096;
const SHAPES = [[1, 2], [1, 3], [1, 4], [1, 5], [2, 3], [2, 4], [2, 5], [3, 4], [3, 5], [4, 5]];

/** Numbers of the bits that are set. */
function bits(mask: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => mask >>> bit & 1);
}

/** The tar ranges of the chunks for which `isReadable` holds, neighbours joined. */
function ranges(sample: SampleArchive, isReadable: (chunk: number) => boolean) {
  const joined: { start: number; end: number }[] = [];
  sample.shares.forEach((_, i) => {
    if (!isReadable(i + 1)) return;
    const start = i * CHUNK;
    const end = Math.min(start + CHUNK, sample.tar.length);
    const last = joined.at(-1);
    if (last?.end === start) last.end = end;
    else joined.push({ start, end });
  });
  return joined;
}

/** Takes away shards, reads, and compares with what must come. `masks` tells the lost ones by chunk. */
async function checkLoss(sample: SampleArchive, masks: number[], indexed: boolean) {
  const { k, m } = sample;
  const context = `${k} of ${m}, lost ${masks.map((mask) => `{${bits(mask)}}`).join(" ")}` +
    (indexed ? ", with index" : ", no index");
  const pile = Pile.of(sample);
  pile.remove(({ chunk, shard }) => (masks[chunk - 1] >>> shard & 1) === 1);
  const isReadable = (chunk: number) => bits(masks[chunk - 1]).length <= m - k;
  let outcome: ArchiveOutcome;
  try {
    outcome = await readArchive(sample, pile, indexed ? [indexCandidate(sample)] : []);
  } catch (error) {
    assert.ok(error instanceof EctarError && error.code === "not-found", `${context}: ${error}`);
    assert.equal(pile.shards.length, 0, context);
    return;
  }
  assert.deepEqual(outcome.data, ranges(sample, isReadable), context);
  const isNamed = (chunk: number) =>
    outcome.lost.some(({ chunks: { first, last = Infinity }, reason }) =>
      first <= chunk && chunk <= last && reason !== ""
    );
  masks.forEach((_, i) => {
    assert.equal(isNamed(i + 1), !isReadable(i + 1), `${context}: chunk ${i + 1} is told wrongly`);
  });
}

for (const chunks of [1, 2, 3]) {
  for (const [k, m] of SHAPES) {
    const patterns = 2 ** (m * chunks);
    const sampled = patterns <= 256 ? patterns : 80;
    const which = sampled === patterns
      ? `each of ${patterns} patterns`
      : `${sampled} of ${patterns} patterns, drawn from a seed,`;
    Deno.test(`${k} of ${m}, ${chunks} chunks: ${which} of lost shards: all that can come is exact`, async () => {
      const tar = noise(CHUNK * (chunks - 1) + 5000, 7);
      const shape = { chunkSize: CHUNK, frameSize: 2000, compressionLevel: 0 };
      const sample = await sampleArchive(k, m, tar, shape);
      const random = new Random(chunks * 100 + k * 10 + m);
      for (let i = 0; i < sampled; i++) {
        const pattern = sampled === patterns ? i : random.int(0, patterns - 1);
        const masks = Array.from(
          { length: chunks },
          (_, chunk) => Math.floor(pattern / 2 ** (m * chunk)) % 2 ** m,
        );
        // With the index at hand and without: each pattern where all are tried, else by turns.
        if (sampled === patterns || i % 2 === 0) await checkLoss(sample, masks, true);
        if (sampled === patterns || i % 2 === 1) await checkLoss(sample, masks, false);
      }
    });
  }
}

/** Each pattern of one cell per stripe, of up to `most` shards at each of `stripes` stripes. */
function stripePatterns(m: number, stripes: number): number[][] {
  const masks = Array.from({ length: 2 ** m }, (_, mask) => mask);
  let patterns: number[][] = [[]];
  for (let i = 0; i < stripes; i++) {
    patterns = patterns.flatMap((pattern) => masks.map((mask) => [...pattern, mask]));
  }
  return patterns;
}

for (const [k, m, stripes] of [[1, 2, 4], [1, 3, 3], [2, 3, 3], [2, 4, 2], [3, 5, 2]]) {
  const patterns = stripePatterns(m, stripes);
  Deno.test(`${k} of ${m}: each of ${patterns.length} patterns of unreadable cells in ${stripes} stripes`, async () => {
    const shape = { chunkSize: 1 << 20, frameSize: 1500, compressionLevel: 0 };
    // The stripes enumerated are in the middle: neither the chunk's header nor its trailer lies there.
    const sample = await sampleArchive(k, m, noise((stripes + 2) * k * CELL, 9), shape);
    const header = zfecHeaderLength(k, m);
    for (const [i, pattern] of patterns.entries()) {
      const pile = Pile.of(sample);
      pattern.forEach((mask, stripe) => {
        const start = header + (stripe + 1) * CELL;
        for (const shard of bits(mask)) pile.at(1, shard).holes.push({ start, end: start + CELL });
      });
      const { lostBytes, reasons } = await readChunk(sample, pile, 1, {
        indexes: i % 2 === 0 ? [] : [indexOf(sample, 1)],
      });
      const context = `${pattern.map((mask) => `{${bits(mask)}}`).join(" ")}`;
      const beyond = pattern.filter((mask) => bits(mask).length > m - k).length;
      if (beyond === 0) assert.equal(lostBytes, 0, context);
      // A frame that lies in cells of data shards that can be read needs no parity.
      assert.ok(lostBytes <= beyond * (k * CELL + 2 * 1500), `${context}: ${lostBytes} bytes lost`);
      if (beyond > 0 && k === 1) assert.ok(lostBytes >= beyond * (CELL - 1500), context);
      assert.equal(lostBytes > 0, reasons.length > 0, context);
      for (const reason of reasons) assert.match(reason, /shard/, `${context}: ${reason}`);
    }
  });
}

/** All sets of at most `most` of `m` shards. */
function smallSets(m: number, most: number): number[] {
  return Array.from({ length: 2 ** m }, (_, mask) => mask)
    .filter((mask) => bits(mask).length <= most);
}

for (const [k, m] of [[1, 2], [1, 3], [2, 3], [2, 4], [3, 5]]) {
  const sets = smallSets(m, m - k);
  const patterns = sets.flatMap((first) => sets.map((second) => [first, second]));
  Deno.test(`${k} of ${m}: each of ${patterns.length} pairs of sets of up to m-k shards, wrong in one piece and in the next`, async () => {
    const pieceBytes = 64 * 1024;
    const shape = { chunkSize: 1 << 20, frameSize: 50_000, compressionLevel: 0 };
    const sample = await sampleArchive(k, m, noise(2.4 * k * pieceBytes, 9), shape);
    const header = zfecHeaderLength(k, m);
    for (const [i, pattern] of patterns.entries()) {
      const pile = Pile.of(sample);
      pattern.forEach((mask, piece) => {
        for (const shard of bits(mask)) {
          const at = header + piece * pieceBytes + 9000 + 13 * shard;
          pile.at(1, shard).bytes.fill(i, at, at + 30_000);
        }
      });
      const outcome = await readChunk(sample, pile, 1, { frames: { audit: "pieces" } });
      const context = pattern.map((mask) => `{${bits(mask)}}`).join(" ");
      assert.equal(outcome.lostBytes, 0, `${context}: ${outcome.reasons[0]}`);
      const blamed = [...new Set(outcome.damage.map(({ shard }) => shard))].sort();
      assert.deepEqual(blamed, bits(pattern[0] | pattern[1]), context);
    }
  });
}
