/** Worlds of shard files: an archive in memory, harmed as shard files come to harm, read back. */

import assert from "node:assert/strict";
import { TRAILER_PIECE_BYTES, trailerPieceCount } from "../../src/chunk/layout.ts";
import { MAX_SUBSETS } from "../../src/chunk/recover_subsets.ts";
import { binomial } from "../../src/erasure/subsets.ts";
import { zfecHeaderLength } from "../../src/shard/zfec_header.ts";
import { Pile } from "../unit/recovery/memory_shards.ts";
import type { Random } from "./random.ts";
import {
  checkExtract,
  checkList,
  checkSelection,
  checkVerify,
  type Expectation,
  type Opener,
  typableNames,
} from "./read_checks.ts";
import type { VerifySummary } from "../../src/archive/verify.ts";
import { sameBytes } from "../bytes.ts";
import { indexHandle, type KnownArchive, knownArchive, randomShape } from "./shard_set.ts";
import { checkRebuild } from "./repair_checks.ts";
import { ShardHarm } from "./shard_harm.ts";
import { randomTree } from "./trees.ts";

/** Bytes of a shard's payload that one checksum of a trailer covers, in archives this small. */
const PIECE_BYTES = TRAILER_PIECE_BYTES;

/** Makes, harms and reads one archive. */
export async function runFilesWorld(random: Random, tell: (line: string) => void): Promise<void> {
  const shape = randomShape(random);
  const known = await knownArchive(randomTree(random), shape);
  const stranger = await knownArchive(
    randomTree(random),
    { ...shape, uuid: random.uuid(), name: random.pick([shape.name, "other"]) },
  );
  const { k, m } = shape;
  tell(
    `files: k=${k} m=${m} block=${shape.blockSize} chunk=${shape.chunkSize} ` +
      `frame=${shape.frameSize} level=${shape.level}: ${known.shares.length} chunks, ` +
      `${known.index.files.length} members`,
  );
  const pile = new Pile(shape.name);
  known.shares.forEach((shares, chunk) => {
    shares.forEach((bytes, shard) => pile.add(chunk + 1, shard, bytes));
  });
  pile.sizesKnown = random.chance(0.7);
  const index = harmIndex(random, pile, known, stranger);
  const harm = new ShardHarm(random, pile, stranger);
  const readable = new Set<number>();
  const beyond = random.chance(0.35);
  known.shares.forEach((_, i) => {
    const tooMuch = beyond && random.chance(0.5);
    if (tooMuch) harmBeyond(random, harm, known, i + 1);
    else {
      harmWithin(random, harm, known, i + 1);
      readable.add(i + 1);
    }
  });
  for (const line of [`index ${index}`, ...harm.log]) tell(line);
  const expectation: Expectation = {
    readable,
    survives: readable.size === known.shares.length,
    indexed: index === "good",
  };
  const open: Opener = () => Promise.resolve(pile);
  await checkExtract(known, open, expectation, false);
  await checkExtract(known, open, expectation, true);
  // Where nothing of the archive can be proven, whatever index lies first is listed.
  if (readable.size > 0 || !index.startsWith("foreign")) await checkList(known, open, expectation);
  await checkSelection(
    known,
    open,
    expectation,
    random.sample(typableNames(known), random.int(1, 3)),
  );
  const depth = random.pick(["quick", "checksums", "full"] as const);
  const verified = await checkVerify(open, expectation, depth);
  if (verified !== undefined && depth !== "quick") checkBlame(known, pile, verified);
  if (expectation.survives && random.chance(0.6)) {
    await checkRebuild(known, pile);
    const hasForeign = harm.log.some((line) => line.includes("foreign"));
    if (!hasForeign && !index.startsWith("foreign")) {
      tell(mixIn(random, pile, stranger));
      await checkExtract(known, open, expectation, false);
    }
  }
  assert.equal(pile.open, 0, "shards left open");
}

/** Adds shards of another archive, fewer in each chunk than restore anything, in any place. */
function mixIn(random: Random, pile: Pile, stranger: KnownArchive): string {
  const { k, m } = stranger.shape;
  let mixed = 0;
  stranger.shares.forEach((shares, i) => {
    const all = Array.from({ length: m }, (_, shard) => shard);
    // With a candidate more for each number, all choices must still be few enough to be tried.
    const most = binomial(m + 3 * (m - k), k) <= MAX_SUBSETS ? Math.min(k - 1, m - k) : 0;
    for (const shard of random.sample(all, random.int(0, most))) {
      const added = pile.add(i + 1, shard, shares[shard]);
      added.origin = `elsewhere/${added.origin}`;
      mixed++;
    }
  });
  if (random.chance(0.5)) pile.shards.reverse();
  return `${mixed} shards of another archive mixed in`;
}

/** Gives the pile an index: good, damaged, somebody else's, or none. */
function harmIndex(
  random: Random,
  pile: Pile,
  known: KnownArchive,
  stranger: KnownArchive,
): string {
  const state = random.pick(["good", "good", "none", "damaged", "cut", "foreign", "foreign first"]);
  const own = known.indexBytes.slice();
  if (state === "damaged") own[random.int(0, own.length - 1)] ^= 1 << random.int(0, 7);
  const cut = state === "cut" ? own.subarray(0, random.int(0, own.length - 1)) : own;
  const ownHandle = indexHandle(cut, "backup.index.zst");
  const foreign = indexHandle(stranger.indexBytes, "elsewhere/backup.index.zst");
  if (state === "none") pile.indexHandles = [];
  else if (state === "foreign") pile.indexHandles = [foreign];
  else pile.indexHandles = state === "foreign first" ? [foreign, ownHandle] : [ownHandle];
  return state;
}

/** Harm that must be survived: at most m-k shards bad at any place. */
function harmWithin(random: Random, harm: ShardHarm, known: KnownArchive, chunk: number): void {
  const { k, m } = known.shape;
  if (random.chance(0.2)) harm.misname(chunk);
  if (random.chance(0.25)) return;
  const shards = Array.from({ length: m }, (_, shard) => shard);
  if (random.chance(0.3) && harmPieces(random, harm, known, chunk)) return;
  const victims = random.sample(shards, random.int(1, m - k));
  // Of as many foreign shards as restore something, nothing would tell which archive is meant.
  let foreign = k - 1;
  for (const victim of victims) harm.anything(chunk, victim, foreign-- > 0);
}

/** Other victims at every piece that the chunk's own trailer covers. */
function harmPieces(
  random: Random,
  harm: ShardHarm,
  known: KnownArchive,
  chunk: number,
): boolean {
  const { k, m } = known.shape;
  const record = known.index.chunks[chunk - 1];
  const trailer = record.frame_sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
  const pieces = trailerPieceCount(trailer, k, PIECE_BYTES);
  const shards = Array.from({ length: m }, (_, shard) => shard);
  for (let piece = 0; piece < pieces; piece++) {
    for (const shard of random.sample(shards, random.int(0, m - k))) {
      const start = piece * PIECE_BYTES + random.int(0, PIECE_BYTES / 2);
      const end = random.int(start + 1, (piece + 1) * PIECE_BYTES);
      harm.range(chunk, shard, zfecHeaderLength(k, m), start, end);
    }
  }
  return pieces > 0;
}

/** Harm to more shards than can be spared; some of it may still be survived. */
function harmBeyond(random: Random, harm: ShardHarm, known: KnownArchive, chunk: number): void {
  const { k, m } = known.shape;
  const shards = Array.from({ length: m }, (_, shard) => shard);
  for (const victim of random.sample(shards, random.int(m - k + 1, m))) {
    harm.anything(chunk, victim, k > 1 && m < 2 * k);
  }
}

/** The books on damage: every shard that differs is named, and none that does not. */
function checkBlame(
  known: KnownArchive,
  pile: Pile,
  verified: VerifySummary,
): void {
  if (verified.lost.length > 0) return;
  const blamed = new Set(verified.damage.map(({ chunk, shard }) => `${chunk}/${shard}`));
  known.shares.forEach((shares, i) => {
    shares.forEach((bytes, shard) => {
      const name = `${i + 1}/${shard}`;
      const good = pile.shards.some((found) =>
        // Bytes behind the end are ignored, with a remark.
        found.chunk === i + 1 && !found.gone && found.holes.length === 0 &&
        sameBytes(found.bytes.subarray(0, bytes.length), bytes)
      );
      if (!good) assert.ok(blamed.has(name), `shard ${name} is bad and verify does not say so`);
    });
  });
  for (const { chunk, shard, origin, detail } of verified.damage) {
    if (detail.startsWith("this shard or another")) continue;
    const found = pile.shards.find((each) => each.origin === origin);
    const truth = known.shares[chunk - 1]?.[shard];
    const isGood = found !== undefined && truth !== undefined && found.chunk === chunk &&
      found.shard === shard && !found.gone && found.holes.length === 0 &&
      sameBytes(found.bytes, truth);
    assert.ok(!isGood, `${origin} is good and verify blames it: ${detail}`);
  }
}
