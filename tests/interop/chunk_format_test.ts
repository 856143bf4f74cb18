import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { shardFileName } from "../../src/shard/shard_name.ts";
import { concat, noise, text } from "../bytes.ts";
import { MemoryShards } from "../unit/chunk/memory_shards.ts";
import { description, writeArchive } from "../unit/chunk/sample_archives.ts";
import { withScratch } from "../integration/scratch.ts";
import { run, ZUNFEC, zunfec } from "./commands.ts";

const SCHEMES = [
  { k: 1, m: 2, blockSize: 1 },
  { k: 1, m: 4, blockSize: 512 },
  { k: 2, m: 3, blockSize: 65536 },
  { k: 3, m: 5, blockSize: 1 },
  { k: 10, m: 14, blockSize: 10240 },
  { k: 17, m: 40, blockSize: 1 },
  { k: 200, m: 256, blockSize: 512 },
  { k: 255, m: 256, blockSize: 1 },
];

const ignore = ZUNFEC === undefined;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** k different shard numbers, chosen by `seed`; with m ≥ 2k all of them parity for seed 0. */
function someShards(k: number, m: number, seed: number): number[] {
  const all = Array.from({ length: m }, (_, shard) => shard);
  if (seed === 0) return all.slice(-k);
  const order = noise(m, seed);
  return all.sort((a, b) => order[a] - order[b]).slice(0, k);
}

/** Writes shares of every chunk as files; returns their paths by chunk and shard. */
async function writeShares(directory: string, shards: MemoryShards): Promise<string[][]> {
  const paths: string[][] = [];
  for (const [index, shares] of shards.chunks.entries()) {
    paths.push([]);
    for (const [shard, bytes] of shares.entries()) {
      const path = `${directory}/${shardFileName("backup", index + 1, shard)}`;
      await Deno.writeFile(path, bytes);
      paths[index].push(path);
    }
  }
  return paths;
}

for (const { k, m, blockSize } of SCHEMES) {
  Deno.test(
    `zunfec and zstd restore chunks of ${k} of ${m} shards, block ${blockSize}`,
    { ignore },
    async () => {
      for (const compressionLevel of [0, 3]) {
        await withScratch(async (directory) => {
          const shards = new MemoryShards(k, m, blockSize);
          const tar = concat([noise(900_000 + k * 4096, k), text(1_300_000)]);
          const archive = description({ compressionLevel, chunkSize: 1_500_000 });
          await writeArchive(shards, tar, archive);
          const shares = await writeShares(directory, shards);
          const chunks: string[] = [];
          for (const [index, paths] of shares.entries()) {
            const chunk = `${directory}/chunk${index}.zst`;
            const chosen = someShards(k, m, compressionLevel + index * (k + 1));
            await zunfec(chunk, chosen.map((shard) => paths[shard]));
            await run("zstd", "-q", "-t", chunk);
            chunks.push(chunk);
          }
          assert.ok(chunks.length >= 2);
          await run("sh", "-c", `cat ${chunks.join(" ")} > ${directory}/all.zst`);
          const restored = await run("zstd", "-dc", `${directory}/all.zst`);
          assert.equal(sha256(restored), sha256(tar));
        });
      }
    },
  );
}

Deno.test("GNU tar reads the decoded chunks, joined, as one .tar.zst", { ignore }, async () => {
  await withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    for (let i = 0; i < 20; i++) await Deno.writeFile(`${directory}/in/${i}`, noise(i * 9999, i));
    const tar = await run("tar", "-C", directory, "-cf", "-", "in");
    const shards = new MemoryShards(3, 5, 512);
    await writeArchive(shards, tar, description({ chunkSize: 500_000, frameSize: 100_000 }));
    const chunks: Uint8Array[] = [];
    for (const paths of await writeShares(directory, shards)) {
      await zunfec(`${directory}/chunk`, [paths[4], paths[1], paths[3]]);
      chunks.push(await Deno.readFile(`${directory}/chunk`));
    }
    await Deno.writeFile(`${directory}/all.tar.zst`, concat(chunks));
    await Deno.mkdir(`${directory}/out`);
    await run("tar", "--zstd", "-C", `${directory}/out`, "-xf", `${directory}/all.tar.zst`);
    await run("diff", "-r", `${directory}/in`, `${directory}/out/in`);
  });
});

Deno.test("an empty stream is one chunk that zstd accepts", { ignore }, async () => {
  await withScratch(async (directory) => {
    const shards = new MemoryShards(2, 3, 4096);
    await writeArchive(shards, new Uint8Array(0), description());
    const [paths] = await writeShares(directory, shards);
    await zunfec(`${directory}/chunk`, [paths[1], paths[2]]);
    await run("zstd", "-q", "-t", `${directory}/chunk`);
    assert.equal((await run("zstd", "-dc", `${directory}/chunk`)).length, 0);
  });
});
