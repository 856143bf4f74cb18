/**
 * What verify says to an operator and to cron.
 */

import assert from "node:assert/strict";
import { withScratch } from "../integration/scratch.ts";
import { ectarExits, ectarRefuses } from "./run_ectar.ts";
import { makeSampleTree, namesIn } from "./sample_tree.ts";

const SHAPE = ["--data-shards", "2", "--parity-shards", "1", "--chunk-size", "512K"];

Deno.test("verify -q says nothing of a whole archive, and everything of a damaged one", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 2);
    await ectarExits(0, directory, "create", "-q", ...SHAPE, "-o", "b", "in");
    const whole = await ectarExits(0, directory, "verify", "-q", "-i", "b", "--report", "r.json");
    assert.deepEqual([whole.stdout, whole.stderr], ["", ""]);
    assert.equal(JSON.parse(await Deno.readTextFile(`${directory}/r.json`)).verdict, "whole");

    for (const name of namesIn(directory).filter((name) => name.endsWith(".s01"))) {
      await Deno.remove(`${directory}/${name}`);
    }
    const damaged = await ectarExits(4, directory, "verify", "-q", "-i", "b");
    assert.match(damaged.stdout, /^chunks 1 to \d, shard 1: not found$/m);
    assert.match(damaged.stdout, /^may still be lost: nothing; every good shard is needed$/m);
    assert.match(damaged.stdout, /^b: DAMAGED but everything restores/m);
  }));

Deno.test("a report that cannot be written is refused before anything is read", () =>
  withScratch(async (directory) => {
    const verify = ["verify", "-i", "nothing"];
    for (const option of ["--report", "--resume"]) {
      const message = /^ectar: cannot write no\/file: no such file or directory$/m;
      await ectarRefuses(1, message, directory, ...verify, option, "no/file");
      await ectarRefuses(1, /no shards and no index found/, directory, ...verify, option, "file");
      assert.deepEqual(namesIn(directory), []);
    }
    await Deno.mkdir(`${directory}/there`);
    const message = /cannot write there: it is a directory/;
    await ectarRefuses(1, message, directory, ...verify, "--report", "there");
  }));
