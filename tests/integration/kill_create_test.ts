/**
 * A create that is killed at any moment leaves nothing that looks whole and is not, and the next run
 * works. A replaced archive is either the old one or the new one.
 */

import assert from "node:assert/strict";
import { ectar, ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { withScratch } from "./scratch.ts";
import { after, runAndSignal, seen } from "./signals.ts";

const SHAPE = ["--data-shards", "3", "--parity-shards", "2"];
const OLD = ["create", "-o", "b", ...SHAPE, "--chunk-size", "500K", "old"];
/** Fewer chunks and shards than before. */
const NEW = ["create", "-o", "b", "--data-shards", "2", "--parity-shards", "1", "-q", "new"];

const isFinal = (name: string) => name.startsWith("b.");
const isHidden = (name: string) => name.startsWith(".");

/** Either nothing is to be seen, or extraction gives exactly one of the trees; which. */
async function whatIsThere(directory: string, ...trees: string[]): Promise<string | undefined> {
  const run = await ectar(directory, "extract", "-i", "b", "-o", "out");
  if (run.code === 1) {
    assert.match(run.stderr, /no shards and no index found/);
    assert.deepEqual(namesIn(directory).filter(isFinal), []);
    return undefined;
  }
  assert.equal(run.code, 0, run.stderr);
  const [tree] = namesIn(`${directory}/out`);
  assert.deepEqual(namesIn(`${directory}/out`), [tree]);
  assert.ok(trees.includes(tree));
  await assertSameTree(`${directory}/${tree}`, `${directory}/out/${tree}`);
  await Deno.remove(`${directory}/out`, { recursive: true });
  return tree;
}

/** Moments from before anything is written to after the end, at random like crashes are. */
const MOMENTS = Array.from({ length: 5 }, (_, i) => 150 + (i + Math.random()) * 140);

for (const moment of MOMENTS) {
  Deno.test(`kill -9 a create after about ${Math.round(moment)} ms`, () =>
    withScratch(async (directory) => {
      await makeSampleTree(`${directory}/new`, 6);
      const run = await runAndSignal(directory, NEW, "SIGKILL", after(moment));
      const tree = await whatIsThere(directory, "new");
      if (!run.killed) assert.equal(tree, "new");
      // Whatever is left does not stand in the way of another try, and goes.
      await ectarExits(0, directory, ...NEW, "--force");
      assert.equal(await whatIsThere(directory, "new"), "new");
      assert.equal(namesIn(directory).filter(isFinal).length, 4);
    }));
}

Deno.test("kill -9 while an archive is replaced leaves the old or the new one", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/old`, 1);
    await makeSampleTree(`${directory}/new`, 2);
    const found = new Set<string | undefined>();
    // The marker appears, the first file is renamed, the last is: all within milliseconds.
    const moments = [
      after(250),
      seen(directory, /^\.b\.c001.*ectar-/),
      seen(directory, /^\.b\.index/),
      seen(directory, /^\.b\.ectar-commit$/),
      seen(directory, /^\.b\.ectar-commit$/),
      seen(directory, /^\.b\.ectar-commit$/),
    ];
    for (const moment of moments) {
      await ectarExits(0, directory, ...OLD, "--force", "-q");
      const before = namesIn(directory).filter(isFinal).length;
      const run = await runAndSignal(directory, [...NEW, "--force"], "SIGKILL", moment);
      const tree = await whatIsThere(directory, "old", "new");
      found.add(tree);
      assert.notEqual(tree, undefined);
      if (!run.killed) assert.equal(tree, "new");
      if (tree === "old") assert.equal(namesIn(directory).filter(isFinal).length, before);
      // Reading changes nothing; the next create tidies up, whether it may replace or not.
      await ectarRefuses(1, /exists already/, directory, ...NEW);
      assert.equal(await whatIsThere(directory, "old", "new"), tree);
      const marker = namesIn(directory).filter((name) => name.endsWith(".ectar-commit"));
      assert.deepEqual(marker, []);
    }
    assert.ok(found.size >= 1);
  }));

Deno.test("after a forced success none of the old files remain", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/old`, 2);
    await makeSampleTree(`${directory}/new`, 1);
    await ectarExits(0, directory, ...OLD, "-q");
    assert.ok(namesIn(directory).includes("b.c005.s04"));
    const refused = await ectarRefuses(1, /exists already.*--force/, directory, ...NEW);
    assert.equal(refused.stdout, "");
    assert.equal(await whatIsThere(directory, "old"), "old");
    await ectarExits(0, directory, ...NEW, "--force", "--no-index");
    const names = namesIn(directory).filter((name) => name !== "new" && name !== "old");
    assert.deepEqual(names, ["b.c001.s00", "b.c001.s01", "b.c001.s02"]);
    assert.equal(await whatIsThere(directory, "new"), "new");
  }));

Deno.test("archives of similar names are left alone", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/new`, 1);
    for (
      const name of ["b.c001.s00.bak", "bb.c001.s00", "b.x.c001.s00", "a.b.c001.s00", "b.c1.s0"]
    ) {
      await Deno.writeTextFile(`${directory}/${name}`, "mine");
    }
    await ectarExits(0, directory, ...NEW, "--force");
    await ectarExits(0, directory, ...NEW, "--force");
    for (
      const name of ["b.c001.s00.bak", "bb.c001.s00", "b.x.c001.s00", "a.b.c001.s00", "b.c1.s0"]
    ) {
      assert.equal(await Deno.readTextFile(`${directory}/${name}`), "mine");
    }
  }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a create with exit code 130 and leaves nothing behind`, () =>
    withScratch(async (directory) => {
      await makeSampleTree(`${directory}/old`, 1);
      await makeSampleTree(`${directory}/new`, 24);
      // Its zeros are hashed for minutes.
      await Deno.writeFile(`${directory}/new/zz-sparse`, new Uint8Array(1));
      await Deno.truncate(`${directory}/new/zz-sparse`, 500 * 2 ** 30);
      const slow = [...NEW, "--chunk-size", "4M"];
      const run = await runAndSignal(directory, slow, signal, seen(directory, /^\.b\.c001/));
      assert.equal(run.code, 130, run.stderr);
      assert.match(run.stderr, /^ectar: interrupted[^\n]*\n$/);
      assert.deepEqual(namesIn(directory), ["new", "old"]);
      // An archive that was to be replaced is as it was.
      await ectarExits(0, directory, ...OLD, "-q");
      const before = namesIn(directory);
      const begun = seen(directory, /^\.b\.c001/);
      const again = await runAndSignal(directory, [...slow, "--force"], signal, begun);
      assert.equal(again.code, 130, again.stderr);
      assert.deepEqual(namesIn(directory), before);
      assert.equal(await whatIsThere(directory, "old"), "old");
      assert.ok(!namesIn(directory).some(isHidden));
    }));
}
