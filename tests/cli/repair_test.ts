/** `ectar repair` and what `ectar verify` says of damage, as users run them. */

import assert from "node:assert/strict";
import { flipBits, shardPath } from "../integration/damage_shards.ts";
import { assertSameFiles, copyFiles } from "../integration/repair_sample.ts";
import { withScratch } from "../integration/scratch.ts";
import { ectarExits, ectarRefuses } from "./run_ectar.ts";
import { makeSampleTree, namesIn } from "./sample_tree.ts";

async function withArchive(
  test: (directory: string, reference: string) => Promise<void>,
): Promise<void> {
  await withScratch(async (scratch) => {
    await makeSampleTree(`${scratch}/in`, 1);
    await Deno.mkdir(`${scratch}/reference`);
    await Deno.mkdir(`${scratch}/a`);
    const shape = ["--data-shards", "3", "--parity-shards", "2", "--chunk-size", "500K"];
    await ectarExits(0, scratch, "create", "-q", "-o", "reference/b", ...shape, "-C", "in", ".");
    await copyFiles(`${scratch}/reference`, `${scratch}/a`);
    await test(`${scratch}/a`, `${scratch}/reference`);
  });
}

Deno.test("repair: what is broken is told, mended, and whole afterwards", () =>
  withArchive(async (directory, reference) => {
    const shards = { directory, name: "b" };
    await Deno.remove(shardPath(shards, 1, 0));
    await flipBits(shardPath(shards, 2, 4), 4000);
    await Deno.remove(`${directory}/b.index.zst`);
    const map = await ectarExits(4, directory, "verify", "-i", "b");
    assert.match(map.stdout, /c001 -\.\.\.\.\n {2}c002 \.\.\.\.D\n {2}c003 \.\.\.\.\.\n/);
    assert.match(
      map.stdout,
      /may still be lost: any 2 more shards of chunk 3; any 1 more shard of every other chunk/,
    );
    const plan = await ectarExits(4, directory, "repair", "--dry-run", "-i", "b");
    assert.match(plan.stderr, /would repair \.\/b\.c001\.s00: missing\n/);
    assert.equal(namesIn(directory).length, namesIn(reference).length - 2);
    const done = await ectarExits(0, directory, "repair", "-i", "b");
    assert.match(done.stderr, /b: 3 files repaired, 3 chunks looked at/);
    assertSameFiles(reference, directory);
    const again = await ectarExits(0, directory, "repair", "-i", "b", "--json");
    const { report, repaired, index } = JSON.parse(again.stdout);
    assert.deepEqual([report, repaired, index], ["ectar-repair", [], "whole"]);
    await ectarExits(0, directory, "verify", "--full", "-i", "b");
  }));

Deno.test("repair: what cannot be repaired is exit code 5, to another directory 0", () =>
  withArchive(async (directory) => {
    const shards = { directory, name: "b" };
    await Deno.remove(shardPath(shards, 1, 4));
    await ectarExits(0, directory, "repair", "-i", "b", "-o", "rebuilt");
    assert.deepEqual(namesIn(`${directory}/rebuilt`), ["b.c001.s04"]);
    for (const shard of [0, 1, 2]) await Deno.remove(shardPath(shards, 2, shard));
    for (const quiet of [[], ["-q"], ["-q", "-n"]]) {
      const run = await ectarExits(5, directory, "repair", "-i", "b", ...quiet);
      assert.match(run.stderr, /cannot be repaired: chunk 2 of b: 2 of its 5 shards were found/);
    }
    await ectarExits(5, directory, "verify", "-i", "b");
  }));

Deno.test("repair: wrong use is told in one line", () =>
  withArchive(async (directory) => {
    await ectarRefuses(2, /no archive was named; give -i NAME/, directory, "repair");
    const ontoFile = ["repair", "-i", "b", "-o", "b.index.zst"];
    await ectarRefuses(1, /cannot make directory b\.index\.zst: a file/, directory, ...ontoFile);
    await ectarRefuses(
      1,
      /no shards and no index found for nothing/,
      directory,
      "repair",
      "-i",
      "nothing",
    );
  }));

Deno.test("verify: an interrupted round is resumed, and its file is gone at the end", () =>
  withArchive(async (directory) => {
    const args = ["verify", "-i", "b", "--max-duration", "0s", "--resume", "round.json"];
    const first = await ectarExits(0, directory, ...args);
    assert.match(
      first.stdout,
      /b: whole, 1 chunk checked \(checksums\), time was up before the end/,
    );
    await flipBits(shardPath({ directory, name: "b" }, 3, 1), 900);
    await ectarExits(0, directory, ...args);
    const last = await ectarExits(4, directory, ...args, "--report", "report.json");
    assert.match(last.stdout, /DAMAGED but everything restores, 3 chunks checked \(checksums\)$/m);
    assert.ok(!namesIn(directory).includes("round.json"));
    const report = JSON.parse(await Deno.readTextFile(`${directory}/report.json`));
    assert.deepEqual([report.finished, report.verdict, report.reserve], [true, "repairable", 1]);
    assert.deepEqual(report.chunks.map((chunk: { reserve: number }) => chunk.reserve), [2, 2, 1]);
    await Deno.writeTextFile(`${directory}/round.json`, "{}");
    await ectarRefuses(1, /round\.json: it is no state of/, directory, ...args);
  }));
