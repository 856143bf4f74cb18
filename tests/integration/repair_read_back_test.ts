/** `create --verify` reads back what was written, from files and from tapes. */

import assert from "node:assert/strict";
import { createFiles } from "../../src/archive/create_local.ts";
import { readBack } from "../../src/archive/read_back.ts";
import { ectarExits } from "../cli/run_ectar.ts";
import { makeSampleTree } from "../cli/sample_tree.ts";
import { flipBits } from "./damage_shards.ts";
import { withScratch } from "./scratch.ts";

Deno.test("create --verify: files and tapes are read back and found as written", () =>
  withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const shape = ["--verify", "--chunk-size", "500K", "tree"];
    const files = ["--data-shards", "2", "--parity-shards", "1", "-o", "f"];
    const onFiles = await ectarExits(0, work, "create", ...files, ...shape);
    assert.match(onFiles.stderr, /f: read back, all as it was written/);
    const tapes = ["--tape-devices", "t0.tap,t1.tap,t2.tap", "-o", "t"];
    const onTapes = await ectarExits(0, work, "create", ...tapes, ...shape);
    assert.match(onTapes.stderr, /t: read back, all as it was written/);
  }));

Deno.test("create --verify finds its archive beside a directory of its name that holds others", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 1);
    await ectarExits(0, directory, "create", "-q", "-o", "in/inner", "in");
    const run = await ectarExits(0, directory, "create", "--verify", "-o", "in", "in");
    assert.match(run.stderr, /^in: read back, all as it was written$/m);
  }));

Deno.test("what is not as it was written is found; what was known to be missing is no news", () =>
  withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const { missing } = await createFiles(
      { paths: ["tree"], directory: work },
      { name: "f", chunkSize: 500_000, compressionLevel: 3 },
      { directory: work, k: 2, m: 4 },
    );
    const inputs = [`${work}/f`];
    assert.equal((await readBack({ inputs, missing })).verdict, "whole");
    await Deno.remove(`${work}/f.c001.s03`);
    assert.equal((await readBack({ inputs, missing })).verdict, "repairable");
    const known = [{ chunk: 1, shard: 3, reason: "its drive failed" }];
    assert.equal((await readBack({ inputs, missing: known })).verdict, "whole");
    await flipBits(`${work}/f.c002.s00`, 7000);
    const { verdict, damage } = await readBack({ inputs, missing: known });
    assert.deepEqual([verdict, damage.length, damage[0].chunk], ["repairable", 1, 2]);
  }));
