/** What verifying finds, at each depth, in one go and in many; that repair agrees with it. */

import assert from "node:assert/strict";
import { withArchive } from "../../src/archive/extract_local.ts";
import { verifyArchive, type VerifyDepth, type VerifySummary } from "../../src/archive/verify.ts";
import { parseProgress, type VerifyProgress } from "../../src/archive/verify_progress.ts";
import { FileShardSetReader } from "../../src/shard/file_reader.ts";
import { noise } from "../cli/sample_tree.ts";
import { DAMAGES, flipBits, overwrite, shardPath, type Shards } from "./damage_shards.ts";
import {
  M,
  makeRepairSample,
  repair,
  type RepairSample,
  withDamagedCopy,
} from "./repair_sample.ts";

const CHUNKS = 3;
const DEPTHS: VerifyDepth[] = ["quick", "checksums", "full"];
let sample: Promise<RepairSample> | undefined;

function withCopy(test: (shards: Shards, sample: RepairSample) => Promise<void>): Promise<void> {
  sample ??= makeRepairSample();
  return sample.then((made) => withDamagedCopy(made, (shards) => test(shards, made)));
}

async function verify(
  { directory }: Shards,
  depth: VerifyDepth,
  run: { resume?: VerifyProgress; isTimeUp?: () => boolean } = {},
): Promise<VerifySummary> {
  const shards = await FileShardSetReader.open([`${directory}/b`]);
  return await withArchive(shards, {}, (archive) => verifyArchive(archive, { depth, ...run }));
}

const index = ({ directory }: Shards) => `${directory}/b.index.zst`;
const named = ({ damage }: VerifySummary) =>
  [...new Set(damage.map(({ chunk, shard }) => `${chunk}/${shard}`))].sort();

Deno.test("a whole archive is whole at every depth, with and without its index", () =>
  withCopy(async (shards) => {
    for (const depth of DEPTHS) {
      const { verdict, chunks, damage, remarks, isComplete } = await verify(shards, depth);
      assert.deepEqual([verdict, chunks.length, damage, remarks], ["whole", CHUNKS, [], []]);
      assert.equal(isComplete, true);
    }
    await Deno.remove(index(shards));
    for (const depth of DEPTHS) {
      const { verdict, indexDamage, isComplete } = await verify(shards, depth);
      assert.deepEqual([verdict, indexDamage, isComplete], ["whole", [], undefined]);
    }
  }));

for (const withIndex of [true, false]) {
  for (const [kind, damage] of Object.entries(DAMAGES)) {
    Deno.test(`${withIndex ? "with" : "without"} index, shards that are ${kind} are named, and no others`, () =>
      withCopy(async (shards, { other }) => {
        for (const [chunk, shard] of [[3, 0], [3, 3], [1, 4]]) {
          await damage(shards, chunk, shard, other);
        }
        if (!withIndex) await Deno.remove(index(shards));
        for (const depth of DEPTHS.slice(1)) {
          const summary = await verify(shards, depth);
          assert.equal(summary.verdict, "repairable");
          assert.deepEqual(named(summary), ["1/4", "3/0", "3/3"], depth);
        }
        await repair(shards, { index: "leave" });
        assert.equal((await verify(shards, "full")).verdict, "whole");
      }));
  }
}

Deno.test("names that are swapped are told as that, and nothing else", () =>
  withCopy(async (shards) => {
    const [one, other] = [shardPath(shards, 2, 1), shardPath(shards, 2, 4)];
    await Deno.rename(one, `${one}.x`);
    await Deno.rename(other, one);
    await Deno.rename(`${one}.x`, other);
    for (const depth of DEPTHS) {
      const { damage } = await verify(shards, depth);
      assert.deepEqual(damage.map(({ shard, what }) => [shard, what]), [[1, "misnamed"], [
        4,
        "misnamed",
      ]]);
    }
  }));

Deno.test("a wrong number in a zfec header is told as that", () =>
  withCopy(async (shards) => {
    const bytes = await Deno.readFile(shardPath(shards, 2, 4));
    await overwrite(shardPath(shards, 2, 1), 0, bytes.subarray(0, 2));
    for (const depth of DEPTHS.slice(1)) {
      const { damage } = await verify(shards, depth);
      assert.deepEqual(damage.map(({ shard, detail }) => [shard, detail]), [
        [1, "its zfec header is wrong"],
      ]);
    }
  }));

Deno.test("an index that is damaged or another's is damage that repair mends", () =>
  withCopy(async (shards, { other }) => {
    const { size } = await Deno.stat(index(shards));
    const spoil = [
      () => overwrite(index(shards), 0, noise(20, 1)),
      () => overwrite(index(shards), size >> 1, noise(20, 1)),
      () => Deno.truncate(index(shards), size - 5),
      () => Deno.copyFile(index(other), index(shards)),
    ];
    for (const [i, spoilIndex] of spoil.entries()) {
      await spoilIndex();
      for (const depth of DEPTHS.slice(1)) {
        const { verdict, indexDamage, damage, lost } = await verify(shards, depth);
        assert.deepEqual([verdict, damage, lost], ["repairable", [], []], `${i} ${depth}`);
        assert.equal(indexDamage.length, 1);
        assert.equal(indexDamage[0].origin, index(shards));
      }
      await repair(shards);
      assert.equal((await verify(shards, "full")).verdict, "whole");
    }
  }));

Deno.test("at full, files of which something is lost are named", () =>
  withCopy(async (shards) => {
    for (let shard = 0; shard < M; shard++) await Deno.remove(shardPath(shards, 2, shard));
    const { verdict, wrongFiles, lost } = await verify(shards, "full");
    assert.equal(verdict, "unrepairable");
    assert.equal(lost.length, 1);
    const paths = wrongFiles.map(({ path }) => path);
    assert.ok(paths.includes("./large1") || paths.includes("./large0"), paths.join());
    assert.ok(wrongFiles.every(({ reason }) => /lost/.test(reason)), JSON.stringify(wrongFiles));
  }));

Deno.test("a run that ends early goes on where it ended, and finds the same", () =>
  withCopy(async (shards) => {
    await flipBits(shardPath(shards, 1, 0), 5000);
    await Deno.remove(shardPath(shards, 2, 3));
    await flipBits(shardPath(shards, 3, 4), 500);
    for (const depth of DEPTHS) {
      const whole = await verify(shards, depth);
      let resume: VerifyProgress | undefined;
      let last: VerifySummary;
      let runs = 0;
      do {
        last = await verify(shards, depth, { ...resume && { resume }, isTimeUp: () => true });
        // What is kept between runs is text.
        resume = last.next && parseProgress(JSON.stringify(last.next));
        runs++;
      } while (resume !== undefined);
      assert.ok(runs >= CHUNKS, `${runs} runs`);
      assert.deepEqual({ ...last, remarks: [] }, { ...whole, remarks: [] });
    }
  }));

Deno.test("a run of another archive or depth is not gone on with", () =>
  withCopy(async (shards, { other }) => {
    const { next } = await verify(shards, "full", { isTimeUp: () => true });
    assert.ok(next !== undefined);
    await assert.rejects(verify(other, "full", { resume: next }), /to be resumed was of b/);
    await assert.rejects(verify(shards, "quick", { resume: next }), /was full, not quick/);
  }));

globalThis.addEventListener("unload", () => {
  sample?.then(({ scratch }) => Deno.removeSync(scratch, { recursive: true }));
});
