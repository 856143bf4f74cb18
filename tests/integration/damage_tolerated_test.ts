/**
 * Whatever happens to m−k shards of each chunk, extraction restores everything and says what was
 * wrong: with the index, without one, with a damaged one, with another archive's.
 */

import assert from "node:assert/strict";
import { ectarExits } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn, noise } from "../cli/sample_tree.ts";
import { shardFileName } from "../../src/shard/shard_name.ts";
import { DAMAGES, overwrite, shardPath, type Shards } from "./damage_shards.ts";

const K = 3;
const M = 5;
const CHUNKS = 3;
const SHAPE = ["--data-shards", `${K}`, "--parity-shards", `${M - K}`, "--chunk-size", "1M"];

/** What may be the case with the index. */
const INDEXES: Record<string, (shards: Shards, other: Shards) => Promise<void>> = {
  "with its index": () => Promise.resolve(),
  "without an index": ({ directory, name }) => Deno.remove(`${directory}/${name}.index.zst`),
  "with a damaged index": async ({ directory, name }) => {
    const path = `${directory}/${name}.index.zst`;
    const { size } = await Deno.stat(path);
    await overwrite(path, size * 2 / 3 | 0, noise(200, 7));
  },
  "with another archive's index": ({ directory, name }, other) =>
    Deno.copyFile(`${other.directory}/${name}.index.zst`, `${directory}/${name}.index.zst`),
};

/** m−k different shards of a chunk: data only, parity only, both. */
function victims(chunk: number): number[] {
  return [[0, 2], [1, 4], [3, 4]][chunk % 3];
}

/** Whether a line names the shard by its numbers or by its file. */
function isNamed(stderr: string, chunk: number, shard: number): boolean {
  const file = shardFileName("b", chunk, shard).replaceAll(".", "\\.");
  return new RegExp(`^chunk ${chunk}, shard ${shard}: |/${file}: `, "m").test(stderr);
}

interface Sample {
  scratch: string;
  shards: Shards;
  other: Shards;
}

let sample: Promise<Sample> | undefined;

/** Two archives of the same name and shape with different content. */
async function makeSample(): Promise<Sample> {
  const scratch = await Deno.makeTempDir({ prefix: "ectar-damage-" });
  const shards = { directory: `${scratch}/one`, name: "b" };
  const other = { directory: `${scratch}/other`, name: "b" };
  await makeSampleTree(`${scratch}/in`, 2);
  await makeSampleTree(`${scratch}/in-other`, 2);
  await Deno.writeFile(`${scratch}/in-other/large1`, noise(1 << 20, 99));
  for (const [{ directory }, tree] of [[shards, "in"], [other, "in-other"]] as const) {
    await Deno.mkdir(directory);
    await ectarExits(0, scratch, "create", "-o", `${directory}/b`, ...SHAPE, "-C", tree, ".");
  }
  assert.equal(namesIn(shards.directory).length, CHUNKS * M + 1);
  return { scratch, shards, other };
}

/** A copy of the sample to damage, and where to restore it. */
async function withCopy(test: (copy: Sample & { out: string }) => Promise<void>): Promise<void> {
  sample ??= makeSample();
  const { scratch, shards, other } = await sample;
  const directory = await Deno.makeTempDir({ dir: scratch });
  try {
    for (const name of namesIn(shards.directory)) {
      await Deno.copyFile(`${shards.directory}/${name}`, `${directory}/${name}`);
    }
    await test({ scratch, shards: { directory, name: "b" }, other, out: `${directory}/out` });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

for (const [indexCase, spoilIndex] of Object.entries(INDEXES)) {
  for (const [kind, damage] of Object.entries(DAMAGES)) {
    Deno.test(`${indexCase}, ${M - K} shards of each chunk are ${kind}: restored, and said which`, () =>
      withCopy(async ({ scratch, shards, other, out }) => {
        // From the last chunk on, so that "of another chunk" takes what is still good.
        for (let chunk = CHUNKS; chunk >= 1; chunk--) {
          for (const shard of victims(chunk)) await damage(shards, chunk, shard, other);
        }
        await spoilIndex(shards, other);
        const { stderr } = await ectarExits(3, shards.directory, "extract", "-i", "b", "-o", "out");
        await assertSameTree(`${scratch}/in`, out);
        for (let chunk = 1; chunk <= CHUNKS; chunk++) {
          for (let shard = 0; shard < M; shard++) {
            const said = isNamed(stderr, chunk, shard);
            const isVictim = victims(chunk).includes(shard);
            if (said) assert.ok(isVictim, `chunk ${chunk}, shard ${shard} is blamed:\n${stderr}`);
            // Parity that nobody needs is not read; `verify` does that.
            if (isVictim && shard < K) {
              assert.ok(said, `chunk ${chunk}, shard ${shard}:\n${stderr}`);
            }
          }
        }
      }));
  }
}

Deno.test("shards renamed among each other, and between chunks, are told apart", () =>
  withCopy(async ({ scratch, shards, out }) => {
    const swap = async (one: string, other: string) => {
      await Deno.rename(one, `${one}.x`);
      await Deno.rename(other, one);
      await Deno.rename(`${one}.x`, other);
    };
    await swap(shardPath(shards, 1, 0), shardPath(shards, 1, 4));
    await swap(shardPath(shards, 2, 1), shardPath(shards, 3, 1));
    await swap(shardPath(shards, 2, 3), shardPath(shards, 3, 4));
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${shards.directory}/b.index.zst`);
      const run = await ectarExits(3, shards.directory, "extract", "-i", "b", "-o", "out");
      await assertSameTree(`${scratch}/in`, out);
      await Deno.remove(out, { recursive: true });
      assert.match(run.stderr, /chunk 1, shard 0: .*named shard 4, is shard 0/);
      assert.match(run.stderr, /chunk 1, shard 4: .*named shard 0, is shard 4/);
    }
  }));

Deno.test("pieces of all shards may be damaged, in different places", () =>
  withCopy(async ({ scratch, shards, out }) => {
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      for (let shard = 0; shard < M; shard++) {
        const path = shardPath(shards, chunk, shard);
        const { size } = await Deno.stat(path);
        const at = size * shard / (M + 1) | 0;
        await overwrite(path, Math.max(at, 4), noise(size / 20 | 0, shard + 1));
      }
    }
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${shards.directory}/b.index.zst`);
      const run = await ectarExits(3, shards.directory, "extract", "-i", "b", "-o", "out");
      await assertSameTree(`${scratch}/in`, out);
      await Deno.remove(out, { recursive: true });
      for (let shard = 0; shard < M; shard++) {
        assert.match(run.stderr, new RegExp(`chunk 2, shard ${shard}: `));
      }
    }
  }));

Deno.test("a directory or a dangling link under a shard's name counts as missing", () =>
  withCopy(async ({ scratch, shards, out }) => {
    await Deno.remove(shardPath(shards, 1, 0));
    await Deno.mkdir(shardPath(shards, 1, 0));
    await Deno.remove(shardPath(shards, 2, 1));
    await Deno.symlink("nowhere", shardPath(shards, 2, 1));
    const run = await ectarExits(3, shards.directory, "extract", "-i", "b", "-o", "out");
    assert.match(run.stderr, /chunk 1, shard 0: not found/);
    assert.match(run.stderr, /chunk 2, shard 1: not found/);
    await assertSameTree(`${scratch}/in`, out);
  }));

Deno.test("shards spread over directories are one archive; duplicates do no harm", () =>
  withCopy(async ({ scratch, shards, out }) => {
    const { directory } = shards;
    for (let shard = 0; shard < M; shard++) await Deno.mkdir(`${directory}/disk ${shard}`);
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      for (let shard = 0; shard < M; shard++) {
        const path = shardPath(shards, chunk, shard);
        const name = path.slice(directory.length + 1);
        await Deno.copyFile(path, `${directory}/disk ${shard}/${name}`);
        await Deno.copyFile(path, `${directory}/disk ${(shard + 1) % M}/${name}`);
        await Deno.remove(path);
      }
    }
    const places = [4, 2, 0].flatMap((shard) => [`disk ${shard}`]);
    const args = ["-i", ...places, "-o", "out"];
    await ectarExits(0, directory, "extract", ...args);
    await assertSameTree(`${scratch}/in`, out);
  }));

Deno.test.afterAll(async () => {
  if (sample !== undefined) await Deno.remove((await sample).scratch, { recursive: true });
});
