/** A lost tape of a set is written anew: the same bytes, a new volume, and the set is whole again. */

import assert from "node:assert/strict";
import { concat } from "../bytes.ts";
import { ectarExits, ectarRefuses, type EctarRun } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { withScratch } from "./scratch.ts";
import { imageNames, tapeFiles } from "./tape_images.ts";

const on = (tapes: readonly string[]) => ["--tape-devices", tapes.join(",")];
const TAPES = imageNames(4);
const without = (shard: number) => TAPES.filter((_, i) => i !== shard);

/** A directory with `tree` and its archive `backup` on four tapes, any three of which restore. */
async function withTapes(test: (work: string) => Promise<void>): Promise<void> {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 2);
    const shape = ["--chunk-size", "1MB", "--block-size", "64KB"];
    await ectarExits(0, work, "create", ...on(TAPES), ...shape, "-o", "backup", "tree");
    await test(work);
  });
}

function replace(
  code: number,
  work: string,
  shard: number,
  drives: readonly string[],
  ...more: string[]
): Promise<EctarRun> {
  return ectarExits(code, work, "repair", ...on(drives), "--replace", `${shard}=new.tap`, ...more);
}

async function assertWhole(work: string, tapes: readonly string[]): Promise<void> {
  const run = await ectarExits(0, work, "verify", "--full", ...on(tapes));
  assert.match(run.stdout, /^backup: whole/m);
}

/** Cuts off the last tape file, which is the index. */
async function dropIndex(tape: string): Promise<void> {
  const files = tapeFiles(tape);
  const blocks = files.slice(0, -1).flat().map(({ length }) => 8 + length + (length & 1));
  const end = blocks.reduce((sum, size) => sum + size, 0) + 4 * (files.length - 1);
  await Deno.truncate(tape, end);
}

/** Both hold the same but for label and index. */
function assertSameShards(one: string, other: string): void {
  const [ours, theirs] = [tapeFiles(one), tapeFiles(other)];
  assert.equal(ours.length, theirs.length);
  for (let file = 1; file < ours.length - 1; file++) {
    assert.deepEqual(ours[file].map(({ length }) => length), theirs[file].map((b) => b.length));
    assert.deepEqual(concat(ours[file]), concat(theirs[file]));
  }
}

Deno.test("any tape of the set can be replaced, and the set is whole, with the old tape or without", () =>
  withTapes(async (work) => {
    for (const shard of [0, 3]) {
      await replace(0, work, shard, without(shard));
      assertSameShards(`${work}/${TAPES[shard]}`, `${work}/new.tap`);
      await assertWhole(work, [...without(shard), "new.tap"]);
      await assertWhole(work, ["new.tap", ...TAPES]);
      const others = without(shard).slice(1);
      await ectarExits(3, work, "extract", ...on(["new.tap", ...others]), "-o", "out");
      await assertSameTree(`${work}/tree`, `${work}/out/tree`);
      await Deno.remove(`${work}/out`, { recursive: true });
      await Deno.remove(`${work}/new.tap`);
    }
  }));

Deno.test("a damaged tape helps to replace itself, and the new one has an index of its own", () =>
  withTapes(async (work) => {
    const spoil = async (tape: string, at: number) => {
      using file = await Deno.open(`${work}/${tape}`, { write: true });
      await file.seek(at, Deno.SeekMode.Start);
      await file.write(new Uint8Array(500).fill(0x55));
    };
    const original = tapeFiles(`${work}/t1.tap`);
    await spoil("t1.tap", 100_000);
    await spoil("t2.tap", 400_000);
    await replace(0, work, 1, TAPES);
    const renewed = tapeFiles(`${work}/new.tap`);
    for (let file = 1; file < original.length - 1; file++) {
      assert.deepEqual(concat(renewed[file]), concat(original[file]));
    }
    await Deno.remove(`${work}/backup.index.zst`);
    const { stdout } = await ectarExits(0, work, "list", ...on(["new.tap"]));
    assert.match(stdout, /^tree\/large1$/m);
  }));

Deno.test("without any index the tapes alone give the lost one back, with an index", () =>
  withTapes(async (work) => {
    for (const tape of TAPES) await dropIndex(`${work}/${tape}`);
    await replace(0, work, 2, without(2));
    const [renewed, lost] = ["new.tap", "t2.tap"].map((tape) => tapeFiles(`${work}/${tape}`));
    assert.equal(renewed.length, lost.length + 1);
    for (let file = 1; file < lost.length; file++) {
      assert.deepEqual(concat(renewed[file]), concat(lost[file]));
    }
    await assertWhole(work, [...without(2), "new.tap"]);
  }));

Deno.test("without any index, some tapes in drives and some on disk give the lost one back", () =>
  withTapes(async (work) => {
    await Deno.mkdir(`${work}/dumped`);
    await Deno.remove(`${work}/backup.index.zst`);
    for (const tape of TAPES) await dropIndex(`${work}/${tape}`);
    for (const tape of ["t0.tap", "t1.tap"]) {
      await ectarExits(0, work, "tape", "dump", "-q", tape, "-o", "dumped");
    }
    await replace(0, work, 2, ["t3.tap"], "-i", "dumped");
    await assertWhole(work, [...without(2), "new.tap"]);
  }));

/** Leaves the label and so many tape files, and some bytes of the next one. */
async function cutBehind(tape: string, chunks: number, bytes = 0): Promise<void> {
  const blocks = tapeFiles(tape).slice(0, 1 + chunks).flat();
  const end = blocks.reduce((sum, { length }) => sum + 8 + length + (length & 1), 0);
  await Deno.truncate(tape, end + 4 * (1 + chunks) + bytes);
}

Deno.test("a set that was never finished, without any index: what is proven is written, and no index", () =>
  withTapes(async (work) => {
    await Deno.remove(`${work}/backup.index.zst`);
    const before = tapeFiles(`${work}/t2.tap`);
    for (const tape of TAPES) await cutBehind(`${work}/${tape}`, 2);
    const run = await replace(3, work, 2, without(2), "--verify");
    assert.match(run.stderr, /the end of backup was not found, .* chunks 1 to 2 and no index/);
    assert.match(run.stderr, /^backup: shard 2 is on the new tape, 2 chunks/m);
    assert.match(run.stderr, /the new tape was read back, all as it was written/);
    const renewed = tapeFiles(`${work}/new.tap`);
    for (const file of [1, 2]) assert.deepEqual(concat(renewed[file]), concat(before[file]));
    const tapes = ["new.tap", ...without(2).slice(1)];
    await ectarExits(3, work, "extract", "--partial", ...on(tapes), "-o", "out");
    await Deno.remove(`${work}/out`, { recursive: true });

    // The old tape is no more than the others: it may be given up; torn, it may be more.
    const old = ["repair", ...on(without(2)), "--replace", "2=t2.tap", "--overwrite"];
    await ectarExits(3, work, ...old);
    for (const tape of without(2)) await cutBehind(`${work}/${tape}`, 1, 100_000);
    const kept = await ectarExits(1, work, ...old);
    assert.match(kept.stderr, /nothing was written: .* which prove its chunks up to 1 and not its/);
    const last = ["repair", ...on(without(2)), "--replace", "2=newer.tap", "--json"];
    const { stdout } = await ectarExits(5, work, ...last);
    const { chunks, index_written, lost } = JSON.parse(stdout);
    assert.deepEqual([chunks, index_written, lost[0].chunk_number], [1, false, 2]);
  }));

Deno.test("a tape that holds something is refused; one that is needed is, whatever is said", () =>
  withTapes(async (work) => {
    const before = await Deno.readFile(`${work}/t3.tap`);
    const args = ["repair", ...on(["t0.tap", "t1.tap", "t2.tap"]), "--replace", "3=t3.tap"];
    await ectarRefuses(1, /nothing was written: t3\.tap: the tape is not blank/, work, ...args);
    assert.deepEqual(await Deno.readFile(`${work}/t3.tap`), before);

    const needed = ["repair", ...on(["t0.tap", "t1.tap", "t2.tap"]), "--overwrite"];
    await ectarRefuses(
      1,
      /t3\.tap holds shard 3 of 4 .*; load another tape: this one is needed to restore/,
      work,
      ...needed,
      "--replace",
      "0=t3.tap",
    );
    assert.deepEqual(await Deno.readFile(`${work}/t3.tap`), before);
    await ectarExits(0, work, ...needed, "--replace", "3=t3.tap");
    await assertWhole(work, TAPES);
  }));

Deno.test("the old tape of the shard itself is kept where the others need it", () =>
  withTapes(async (work) => {
    using file = await Deno.open(`${work}/t1.tap`, { write: true });
    await file.seek(400_000, Deno.SeekMode.Start);
    await file.write(new Uint8Array(500).fill(0x55));
    const before = await Deno.readFile(`${work}/t3.tap`);
    const args = ["repair", ...on(without(3)), "--replace", "3=t3.tap", "--overwrite"];
    const run = await ectarExits(1, work, ...args);
    assert.match(
      run.stderr,
      /nothing was written: the tape in drive t3\.tap is, .* shard 3 of .* chunk \d without/,
    );
    assert.match(run.stderr, /; load a blank tape to write on, and name this one with the others/);
    assert.deepEqual(await Deno.readFile(`${work}/t3.tap`), before);
    await replace(0, work, 3, TAPES);
  }));

Deno.test("--verify reads the new tape back; files are read back in any case", () =>
  withTapes(async (work) => {
    const run = await replace(0, work, 3, without(3), "--verify");
    assert.match(run.stderr, /backup: the new tape was read back, all as it was written/);
    const again = await replace(0, work, 3, without(3), "--verify", "--overwrite", "--json");
    assert.match(
      again.stderr,
      /new\.tap is, or may be, shard 3 of backup: before it is overwritten/,
    );
    assert.deepEqual(JSON.parse(again.stdout).read_back, []);
    await ectarRefuses(2, /--verify is for --replace/, work, "repair", "-i", "x", "--verify");
  }));

Deno.test("too few tapes, a wrong shard, a drive named twice: refused, nothing is written", () =>
  withTapes(async (work) => {
    await replace(5, work, 3, ["t0.tap", "t1.tap"]);
    await replace(2, work, 4, TAPES);
    const twice = ["repair", ...on(TAPES), "--replace", "0=t0.tap"];
    await ectarRefuses(2, /cannot be read and replaced at the same time/, work, ...twice);
    const otherwise = ["repair", ...on(TAPES), "--replace", "0=./t0.tap"];
    await ectarRefuses(1, /t0\.tap is in use by .*, or is named twice/, work, ...otherwise);
    await ectarRefuses(2, /It must be such as 2=\/dev\/nst3/, work, "repair", "--replace", "x");
    await ectarRefuses(2, /tapes are not repaired in place/, work, "repair", ...on(TAPES));
    const both = ["repair", ...on(TAPES.slice(2)), "--replace", "0=a.tap", "--replace", "1=b.tap"];
    await ectarRefuses(2, /One tape is replaced at a time/, work, ...both);
    assert.ok(!namesIn(work).includes("new.tap") || Deno.statSync(`${work}/new.tap`).size === 0);
  }));

Deno.test("a chunk that cannot be recovered: the new tape says that it is incomplete", () =>
  withTapes(async (work) => {
    for (const tape of ["t0.tap", "t1.tap"]) {
      const bytes = await Deno.readFile(`${work}/${tape}`);
      bytes.fill(0xaa, 500_000, 560_000);
      await Deno.writeFile(`${work}/${tape}`, bytes);
    }
    const run = await replace(5, work, 3, without(3));
    assert.match(run.stderr, /new\.tap is incomplete: it holds \d+ chunks and no index/);
  }));
