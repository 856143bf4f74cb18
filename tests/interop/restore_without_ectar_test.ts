/**
 * Whole archives come back with zunfec, zstd and GNU tar alone, and docs/restore-without-ectar.md
 * says how: its commands are run as they stand in it.
 */

import assert from "node:assert/strict";
import { ectarExits } from "../cli/run_ectar.ts";
import { assertSameBytes, assertSameTree, makeSampleTree, noise } from "../cli/sample_tree.ts";
import { flipBits } from "../integration/damage_shards.ts";
import { shardFileName } from "../../src/shard/shard_name.ts";
import { withScratch } from "../integration/scratch.ts";
import { ZUNFEC } from "./commands.ts";
import { comparable, makeTree, readTree } from "./tar/trees.ts";
import { withScratch as withDiskScratch } from "./tar/trees.ts";

const ignore = ZUNFEC === undefined;
const DOCUMENT = new URL("../../docs/restore-without-ectar.md", import.meta.url);

/** The shell commands under a heading of the document. */
async function commandsUnder(heading: string): Promise<string[]> {
  const text = await Deno.readTextFile(DOCUMENT);
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  const blocks = [...section?.matchAll(/^```sh\n(.*?)^```$/gms) ?? []].map(([, block]) => block);
  assert.ok(blocks.length > 0, `no commands under "${heading}"`);
  return blocks;
}

/** Runs commands in a shell that has zunfec on its path. */
async function shell(cwd: string, commands: string): Promise<string> {
  const folder = ZUNFEC!.includes("/") ? `${ZUNFEC!.replace(/\/[^/]*$/, "")}:` : "";
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["120", "sh", "-c", commands],
    cwd,
    env: { PATH: `${folder}${Deno.env.get("PATH")}`, LC_ALL: "C.UTF-8" },
    stdin: "null",
  }).output();
  assert.equal(code, 0, `${commands}\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Leaves k shards of each chunk, chosen by a seed; the last choice is all parity where it can be. */
async function keepSome(directory: string, k: number, m: number, seed: number): Promise<void> {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  const chunks = new Set(names.flatMap((name) => name.match(/^backup\.c(\d+)\.s/)?.[1] ?? []));
  for (const chunk of chunks) {
    const order = noise(m, seed + 7 * Number(chunk));
    const shards = Array.from({ length: m }, (_, shard) => shard);
    if (Number(chunk) === chunks.size) shards.reverse();
    else shards.sort((a, b) => order[a] - order[b]);
    for (const shard of shards.slice(k)) {
      await Deno.remove(`${directory}/${shardFileName("backup", Number(chunk), shard)}`);
    }
  }
}

const SCHEMES = [[1, 1], [2, 1], [3, 2], [10, 5], [17, 3], [100, 28], [200, 56]];

for (const [k, parity] of SCHEMES) {
  Deno.test(
    `random ${k} of ${k + parity} shards restore with the documented commands`,
    { ignore },
    () =>
      withScratch(async (directory) => {
        // Every chunk far longer than one stripe of 4096·k bytes, and cut anywhere.
        const megabytes = Math.max(4, Math.ceil(k / 16));
        await makeSampleTree(`${directory}/in`, megabytes);
        const chunkSize = Math.max(1, megabytes / 3) * 2 ** 20 + 12_345;
        const shape = ["--data-shards", `${k}`, "--parity-shards", `${parity}`];
        const size = ["--chunk-size", `${Math.floor(chunkSize)}`];
        await ectarExits(0, directory, "create", "-o", "backup", ...shape, ...size, "in");
        await keepSome(directory, k, k + parity, k);
        for (const block of await commandsUnder("Everything")) await shell(directory, block);
        await assertSameTree(`${directory}/in`, `${directory}/restored/in`);
      }),
  );
}

Deno.test(
  "without compression, and in whole blocks, they restore as well",
  { ignore },
  () =>
    withScratch(async (directory) => {
      await makeSampleTree(`${directory}/in`, 2);
      const shape = ["--data-shards", "5", "--parity-shards", "3", "--chunk-size", "700K"];
      const more = ["--no-compression", "--no-index", "--block-size", "64K"];
      await ectarExits(0, directory, "create", "-o", "backup", ...shape, ...more, "in");
      for (const { name } of Deno.readDirSync(directory)) {
        if (!name.startsWith("backup.")) continue;
        assert.equal(Deno.statSync(`${directory}/${name}`).size % 65536, 0);
      }
      await keepSome(directory, 5, 8, 3);
      for (const block of await commandsUnder("Everything")) await shell(directory, block);
      await assertSameTree(`${directory}/in`, `${directory}/restored/in`);
    }),
);

Deno.test(
  "everything that a file system knows comes back without ectar",
  { ignore },
  () =>
    withDiskScratch(async (directory) => {
      makeTree(`${directory}/in`, "full");
      const before = readTree(`${directory}/in`);
      const shape = ["--data-shards", "3", "--parity-shards", "2", "--chunk-size", "1M"];
      await ectarExits(0, directory, "create", "-o", "backup", ...shape, "-C", "in", ".");
      await keepSome(directory, 3, 5, 1);
      for (const block of await commandsUnder("Everything")) await shell(directory, block);
      const after = readTree(`${directory}/restored`);
      assert.deepEqual(after.map(comparable), before.map(comparable));
    }),
);

Deno.test(
  "the documented search finds a damaged shard",
  { ignore },
  () =>
    withScratch(async (directory) => {
      await makeSampleTree(`${directory}/in`, 1);
      const shape = ["--data-shards", "3", "--parity-shards", "2"];
      await ectarExits(0, directory, "create", "-o", "backup", ...shape, "in");
      await flipBits(`${directory}/backup.c001.s01`, 200_000);
      const [search, identify] = await commandsUnder("A shard is damaged");
      const found = await shell(directory, search);
      assert.equal(found, "without backup.c001.s01 it is right\n");
      const header = JSON.parse(await shell(directory, identify));
      assert.equal(header.archive_name, "backup");
      assert.equal(header.chunk_number, 1);
    }),
);

/** An archive of `in` whose large1 starts in chunk 2 and ends in chunk 3. */
async function makeBackup(directory: string): Promise<void> {
  await makeSampleTree(`${directory}/in`, 4);
  const shape = ["--data-shards", "3", "--parity-shards", "2", "--chunk-size", "1M"];
  await ectarExits(0, directory, "create", "-o", "backup", ...shape, "in");
}

Deno.test(
  "one file comes back from the chunks it lies in",
  { ignore },
  () =>
    withScratch(async (directory) => {
      await makeBackup(directory);
      for (const block of await commandsUnder("One file")) await shell(directory, block);
      const restored = await Deno.readFile(`${directory}/one-file/in/large1`);
      assertSameBytes(restored, await Deno.readFile(`${directory}/in/large1`));
      assert.equal([...Deno.readDirSync(`${directory}/one-file/in`)].length, 1);
    }),
);

Deno.test(
  "behind a lost chunk the rest comes back",
  { ignore },
  () =>
    withScratch(async (directory) => {
      await makeBackup(directory);
      for (const shard of [0, 2, 4]) await Deno.remove(`${directory}/backup.c002.s0${shard}`);
      for (const block of await commandsUnder("A chunk is lost")) {
        // The hard link to what was lost cannot be made, and tar says so.
        await shell(directory, block);
      }
      const names = [...Deno.readDirSync(`${directory}/behind/in`)].map(({ name }) => name).sort();
      assert.deepEqual(names.filter((name) => name.startsWith("large")), ["large2", "large3"]);
      for (const name of ["large2", "large3"]) {
        const restored = await Deno.readFile(`${directory}/behind/in/${name}`);
        assertSameBytes(restored, await Deno.readFile(`${directory}/in/${name}`), name);
      }
    }),
);
