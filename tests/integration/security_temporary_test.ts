/** Links and FIFOs that somebody planted where ectar is going to write lead nowhere. */

import assert from "node:assert/strict";
import { Commit } from "../../src/shard/commit.ts";
import { ectar, ectarExits } from "../cli/run_ectar.ts";
import { namesIn, noise } from "../cli/sample_tree.ts";
import { ectarBatch } from "./command_batch.ts";
import { archiveOf, padded, rawHeader } from "../unit/tar/raw_header.ts";
import { writeHostile } from "./hostile_archive.ts";
import { withScratch } from "./scratch.ts";

const SHAPE = ["--data-shards", "1", "--parity-shards", "1"];

/** A directory with `file`, and `victim`, to which every name of `planted` is a link. */
async function withVictim(
  test: (directory: string, plant: (...names: string[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  await withScratch(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "content");
    await Deno.writeTextFile(`${directory}/victim`, "untouched");
    await Deno.chmod(`${directory}/victim`, 0o640);
    const victim = () => {
      const { mode, mtime, ctime } = Deno.lstatSync(`${directory}/victim`);
      return [Deno.readTextFileSync(`${directory}/victim`), mode, mtime, ctime];
    };
    const before = victim();
    await test(directory, async (...names) => {
      for (const name of names) await Deno.symlink("victim", `${directory}/${name}`);
    });
    assert.deepEqual(victim(), before);
  });
}

Deno.test("a link under the very name of a temporary file is not followed", () =>
  withVictim(async (directory, plant) => {
    await plant(".b.c001.s00.ectar-01234567");
    const commit = new Commit(directory, "b", "01234567");
    await assert.rejects(commit.createTemporary("b.c001.s00"), Deno.errors.AlreadyExists);
    assert.deepEqual(await commit.rollBack(), []);
    assert.ok(namesIn(directory).includes(".b.c001.s00.ectar-01234567"), "it was not ours");
  }));

Deno.test("no two runs use the same temporary names", () => {
  const paths = Array.from({ length: 1000 }, () => new Commit(".", "b").temporaryPath("x"));
  assert.equal(new Set(paths).size, paths.length);
});

Deno.test("what a killed run left is told and not touched: it may be another run's", () =>
  withVictim(async (directory) => {
    const left = ".b.c001.s00.ectar-01234567";
    await Deno.writeTextFile(`${directory}/${left}`, "half");
    const run = await ectar(directory, "create", "-o", "b", ...SHAPE, "file");
    assert.match(
      run.stderr,
      /temporary files of a run that was killed \(1, such as \.b\.c001\.s00/,
    );
    assert.match(run.stderr, /remove them unless another ectar is writing b now/);
    assert.equal(await Deno.readTextFile(`${directory}/${left}`), "half");
    // As docs/security.md says.
    const find = [".", "-name", ".*.ectar-????????", "-type", "f", "-delete"];
    await new Deno.Command("find", { args: find, cwd: directory }).output();
    assert.ok(!namesIn(directory).includes(left));
    await ectarExits(0, directory, "verify", "-q", "-i", "b");
  }));

Deno.test("create --force replaces links under the archive's names, and only the links", () =>
  withVictim(async (directory, plant) => {
    await plant("b.c001.s00", "b.c001.s01", "b.index.zst");
    await ectarExits(1, directory, "create", "-q", "-o", "b", ...SHAPE, "file");
    await ectarExits(0, directory, "create", "-q", "--force", "-o", "b", ...SHAPE, "file");
    for (const name of ["b.c001.s00", "b.c001.s01", "b.index.zst"]) {
      assert.ok((await Deno.lstat(`${directory}/${name}`)).isFile, name);
    }
  }));

Deno.test("repair writes through no link under the name of a shard or an index", () =>
  withVictim(async (directory, plant) => {
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SHAPE, "file");
    for (const name of ["b.c001.s01", "b.index.zst"]) {
      const right = await Deno.readFile(`${directory}/${name}`);
      await Deno.remove(`${directory}/${name}`);
      await plant(name);
      await ectar(directory, "repair", "-q", "-i", "b");
      await ectar(directory, "repair", "-q", "-i", "b");
      assert.ok((await Deno.lstat(`${directory}/${name}`)).isFile, name);
      assert.deepEqual(await Deno.readFile(`${directory}/${name}`), right, name);
    }
  }));

Deno.test("verify follows no link for its report and its state, and says so before it begins", () =>
  withVictim(async (directory, plant) => {
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SHAPE, "file");
    await plant("report.json", "state.json");
    await Deno.writeTextFile(`${directory}/old.json`, "old");
    const verify = ["verify", "-q", "-i", "b"];
    const [refused, made, replaced, resumed] = await ectarBatch(directory, [
      [...verify, "--report", "report.json"],
      [...verify, "--report", "new.json"],
      [...verify, "--report", "old.json"],
      [...verify, "--resume", "state.json", "--max-duration", "0"],
    ]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /report\.json is a symbolic link, which is not followed/);
    assert.equal(refused.stdout, "", "before it begins");
    assert.deepEqual([made.code, replaced.code], [0, 0]);
    for (const name of ["new.json", "old.json"]) {
      const report = JSON.parse(await Deno.readTextFile(`${directory}/${name}`));
      assert.equal(report.verdict, "whole");
    }
    assert.notEqual(resumed.code, 0, "the link's goal is no state of a run");
  }));

Deno.test("the copy of a tape's index and a tape's dump write through no link", () =>
  withVictim(async (directory, plant) => {
    await plant("b.index.zst");
    const drives = ["--tape-devices", "t0.tap,t1.tap", "-o", "b"];
    await ectarExits(1, directory, "create", "-q", ...drives, "file");
    await ectarExits(0, directory, "create", "-q", "--force", ...drives, "file");
    assert.ok((await Deno.lstat(`${directory}/b.index.zst`)).isFile);

    const dump = ["tape", "dump", "t0.tap", "-o"];
    await ectarExits(0, directory, ...dump, "dump");
    await Deno.mkdir(`${directory}/planted`);
    for (const name of namesIn(`${directory}/dump`)) {
      await Deno.symlink("../victim", `${directory}/planted/${name}`);
    }
    const run = await ectarExits(1, directory, ...dump, "planted");
    assert.match(run.stderr, /is there and differs/);
    const [fifo] = namesIn(`${directory}/dump`);
    await Deno.mkdir(`${directory}/waiting`);
    await new Deno.Command("mkfifo", { args: [`${directory}/waiting/${fifo}`] }).output();
    await ectarExits(1, directory, ...dump, "waiting");
  }));

Deno.test("an incomplete file takes no name that is there, whatever stands under it", () =>
  withVictim(async (directory, plant) => {
    const content = noise(200_000, 1);
    const tar = archiveOf(rawHeader({ name: "a", size: content.length }), padded(content));
    await writeHostile(directory, "b", { tar });
    // The middle frame of three, in two of three shards.
    for (const shard of ["b.c001.s00", "b.c001.s01", "b.c001.s02"]) {
      const bytes = await Deno.readFile(`${directory}/${shard}`);
      bytes.fill(0, bytes.length / 2 - 100, bytes.length / 2 + 100);
      await Deno.writeFile(`${directory}/${shard}`, bytes);
    }
    await plant("a.ectar-partial", "a.ectar-partial.2");
    await ectarExits(3, directory, "extract", "-i", "b", "--partial", "--force");
    assert.ok((await Deno.lstat(`${directory}/a.ectar-partial.3`)).isFile);
    assert.ok((await Deno.lstat(`${directory}/a.ectar-partial`)).isSymlink);
  }));
