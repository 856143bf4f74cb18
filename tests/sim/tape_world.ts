/** Worlds of tapes: an archive on mock drives, written past failures, read back past damage. */

import assert from "node:assert/strict";
import type { Random } from "./random.ts";
import {
  checkExtract,
  checkList,
  checkSelection,
  checkVerify,
  type Expectation,
  typableNames,
} from "./read_checks.ts";
import { checkReplace } from "./repair_checks.ts";
import { type KnownArchive, knownArchive, randomShape, type Shape } from "./shard_set.ts";
import { Shelf } from "./tape_reading.ts";
import { checkBooks, type WriteFaults, writeTapes, type WrittenSet } from "./tape_writing.ts";
import { randomTree } from "./trees.ts";

/** Writes, harms and reads one tape set. */
export async function runTapeWorld(random: Random, tell: (line: string) => void): Promise<void> {
  const shape = tapeShape(random, "backup");
  const { k, m } = shape;
  const known = await knownArchive(randomTree(random), shape);
  tell(
    `tapes: k=${k} m=${m} block=${shape.blockSize} chunk=${shape.chunkSize} ` +
      `frame=${shape.frameSize}: ${known.shares.length} chunks, ${known.index.files.length} members`,
  );
  const faults = writeFaults(random, shape);
  const written = await writeTapes(random, known, faults, tell);
  const mustSucceed = faults.faulty.size <= m - k && !faults.mayEnd;
  if (mustSucceed && written.error !== undefined) throw written.error;
  // Tapes that only end keep what fitted on enough of them.
  if (faults.faulty.size === 0 && written.error !== undefined) {
    assert.match(written.error.message, /^no room to keep chunk 1: /);
  }
  await checkBooks(known, written);
  if (mustSucceed) assert.equal(written.summary!.stopped, undefined, "stopped early");
  await readBack(random, known, written, tell);
}

/** Which drives may fail: as many as may, or more. */
function writeFaults(random: Random, { k, m }: Shape): WriteFaults {
  const count = random.chance(0.3)
    ? 0
    : random.chance(0.75)
    ? random.int(1, m - k)
    : random.int(m - k + 1, m);
  const all = Array.from({ length: m }, (_, shard) => shard);
  return { faulty: new Set(random.sample(all, count)), mayEnd: random.chance(0.25) };
}

async function readBack(
  random: Random,
  known: KnownArchive,
  written: WrittenSet,
  tell: (line: string) => void,
): Promise<void> {
  const { shape, shape: { k, m } } = known;
  const quiet = () => {};
  const other = { ...tapeShape(random, "other"), k, m, blockSize: shape.blockSize };
  const strangerKnown = await knownArchive(randomTree(random), other);
  const noFaults = { faulty: new Set<number>(), mayEnd: false };
  const stranger = await writeTapes(random, strangerKnown, noFaults, quiet);
  const shelf = new Shelf(random, known, tell);
  const all = Array.from({ length: m }, (_, shard) => shard);
  const harmCount = random.chance(0.7) ? random.int(0, m - k) : random.int(0, m);
  shelf.bring(written, new Set(random.sample(all, harmCount)), stranger);
  shelf.choice = random.pick([{ uuid: shape.uuid }, { name: shape.name }]);

  const isComplete = written.summary?.stopped === undefined && written.error === undefined;
  const readable = new Set<number>();
  let spare = m;
  known.shares.forEach((_, i) => {
    const sound = shelf.soundShards(i + 1);
    if (sound >= k) readable.add(i + 1);
    spare = Math.min(spare, sound - k);
  });
  const survives = isComplete && readable.size === known.shares.length;
  if (survives) { for (let count = random.int(0, 3); count > 0; count--) shelf.scatter(spare); }
  const expectation: Expectation = { readable, survives, indexed: false, isComplete };
  tell(
    survives ? "must be restored" : `readable: ${readable.size} of ${known.shares.length} chunks`,
  );
  const open = shelf.opener;
  const partialFirst = random.chance(0.5);
  await checkExtract(known, open, expectation, partialFirst);
  await checkExtract(known, open, expectation, !partialFirst);
  await checkList(known, open, expectation);
  await checkSelection(
    known,
    open,
    expectation,
    random.sample(typableNames(known), random.int(1, 3)),
  );
  await checkVerify(open, expectation, random.pick(["quick", "checksums", "full"] as const));
  if (survives && random.chance(0.6)) {
    const shard = random.int(0, m - 1);
    tell(`volume ${shard} written anew`);
    await checkReplace(known, open, shard, shelf.volumesBeside(shard));
  }
}

/** Like any shape, with few drives and blocks that tapes take. */
function tapeShape(random: Random, name: string): Shape {
  const shape = randomShape(random, name);
  const k = random.int(1, 4);
  const blockSize = random.pick([512, 1000, 4096, 32768]);
  return { ...shape, k, m: k + random.int(1, 3), blockSize };
}
