/**
 * A repair that dies at any moment harms nothing: what could be read can still be read, and the next
 * repair finishes. Every call that changes something on the disk is tried as the last one; some real
 * kills besides.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { OpenArchive } from "../../src/archive/open_archive.ts";
import { repairArchive, type RepairSummary } from "../../src/archive/repair.ts";
import { FileShardSetReader } from "../../src/shard/file_reader.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { ECTAR, ectarExits } from "../cli/run_ectar.ts";
import { namesIn, noise } from "../cli/sample_tree.ts";
import { overwrite, shardPath, type Shards } from "./damage_shards.ts";
import {
  assertSameFiles,
  contents,
  copyFiles,
  makeRepairSample,
  type RepairSample,
} from "./repair_sample.ts";

const sample = makeRepairSample({
  chunkSize: 64 * 1024,
  tree: async (root, seed) => {
    await Deno.mkdir(root);
    await Deno.writeFile(`${root}/one`, noise(50_000, seed + 1));
    await Deno.writeFile(`${root}/two`, noise(70_000, seed + 2));
  },
});

/** Without Workers: this file repairs some hundred times. */
function repair({ directory }: Shards): Promise<RepairSummary> {
  return repairArchive({ inputs: [`${directory}/b`] }, new InProcessCompressor());
}

let tar: Promise<Buffer> | undefined;

/** Damage that leaves no redundancy in chunk 1: every good byte counts. */
async function damage(shards: Shards, other: Shards): Promise<void> {
  const one = shardPath(shards, 1, 0);
  await Deno.rename(one, `${one}.x`);
  await Deno.rename(shardPath(shards, 1, 4), one);
  await Deno.rename(`${one}.x`, shardPath(shards, 1, 4));
  await Deno.remove(shardPath(shards, 1, 2));
  await overwrite(shardPath(shards, 1, 3), 4000, noise(3000, 1));
  await Deno.copyFile(shardPath(other, 2, 1), shardPath(shards, 2, 1));
  await Deno.remove(`${shards.directory}/b.index.zst`);
}

/** All that was archived can be read from what is there now. */
async function assertReadable({ reference }: RepairSample, { directory }: Shards): Promise<void> {
  tar ??= readTar(reference.directory);
  assert.ok((await readTar(directory)).equals(await tar));
}

async function readTar(directory: string): Promise<Buffer> {
  const shards = await FileShardSetReader.open([`${directory}/b`]);
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  const parts: Uint8Array[] = [];
  for await (const item of archive.requireShards().tar()) {
    assert.equal(item.kind, "data");
    if (item.kind === "data") parts.push(item.bytes.slice());
  }
  await archive.close();
  return Buffer.concat(parts);
}

/** Temporary records have a name for an instant, until which nothing is in them. */
async function removeEmptySpools(directory: string): Promise<void> {
  for (const name of namesIn(directory).filter((each) => each.startsWith(".ectar-records-"))) {
    assert.equal((await Deno.stat(`${directory}/${name}`)).size, 0);
    await Deno.remove(`${directory}/${name}`);
  }
}

class Died extends Error {}

/** Lets `run` die at its `last`th call that changes something; false when it ended before. */
async function diesAt(last: number, run: () => Promise<unknown>): Promise<boolean> {
  const { open, rename, remove, chmod, chown } = Deno;
  const { write, sync } = Deno.FsFile.prototype;
  let calls = 0;
  const counted = <T extends unknown[], R>(call: (...args: T) => Promise<R>) =>
    function (this: unknown, ...args: T): Promise<R> {
      if (calls++ >= last) return Promise.reject(new Died("died"));
      return call.apply(this, args);
    };
  Object.assign(Deno, {
    rename: counted(rename),
    remove: counted(remove),
    chmod: counted(chmod),
    chown: counted(chown),
    open: (path: string, options: Deno.OpenOptions) =>
      options?.write ? counted(open)(path, options) : open(path, options),
  });
  Deno.FsFile.prototype.write = counted(write);
  Deno.FsFile.prototype.sync = counted(sync);
  try {
    await run();
  } catch (error) {
    assert.ok(calls > last, `it failed by itself: ${error}`);
  } finally {
    Object.assign(Deno, { open, rename, remove, chmod, chown });
    Object.assign(Deno.FsFile.prototype, { write, sync });
  }
  return calls > last;
}

// A repair that dies in the middle of a call leaves its files open, as a killed process would not.
const dying = { sanitizeOps: false, sanitizeResources: false };

Deno.test("a repair may die before any call that changes the disk", dying, async () => {
  const made = await sample;
  let calls = 0;
  for (let ended = false; !ended; calls++) {
    const directory = await Deno.makeTempDir({ dir: made.scratch });
    const shards = { directory, name: "b" };
    await copyFiles(made.reference.directory, directory);
    await damage(shards, made.other);
    ended = !await diesAt(calls, () => repair(shards));
    if (!ended) await assertReadable(made, shards);
    const again = await repair(shards);
    assert.deepEqual(again.lost, []);
    await removeEmptySpools(directory);
    assertSameFiles(made.reference.directory, directory);
    const kept = namesIn(directory).filter((name) => name.includes("aside"));
    assert.deepEqual(kept, ["b.c002.s01.ectar-aside-1"], `died at call ${calls}`);
    assert.deepEqual((await repair(shards)).repaired, []);
    await Deno.remove(directory, { recursive: true });
  }
  assert.ok(calls > 60, `only ${calls} calls were tried`);
});

Deno.test("a repair killed at a random moment harms nothing", async () => {
  const made = await sample;
  let kills = 0;
  for (let round = 0; round < 8; round++) {
    const directory = await Deno.makeTempDir({ dir: made.scratch });
    const shards = { directory, name: "b" };
    await copyFiles(made.reference.directory, directory);
    await damage(shards, made.other);
    const [command, ...args] = [...ECTAR, "repair", "-q", "-i", `${directory}/b`];
    const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
    const kill = () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended in this very moment.
      }
    };
    const timer = setTimeout(kill, 30 + Math.random() * 220);
    const { signal } = await child.status;
    clearTimeout(timer);
    if (signal === "SIGKILL") kills++;
    await assertReadable(made, shards);
    const again = await repair(shards);
    assert.deepEqual(again.lost, []);
    await removeEmptySpools(directory);
    assertSameFiles(made.reference.directory, directory);
    await Deno.remove(directory, { recursive: true });
  }
  assert.ok(kills > 0);
});

Deno.test("a commit marker that names files elsewhere is not obeyed", async () => {
  const made = await sample;
  const directory = await Deno.makeTempDir({ dir: made.scratch });
  await copyFiles(made.reference.directory, directory);
  const before = contents(directory);
  for (
    const repairs of [
      { files: ["../x.c001.s00"], aside: {} },
      { files: ["precious"], aside: {} },
      { files: ["b.c001.s00"], aside: { "b.c001.s00": "../b.c001.s00.ectar-aside-1" } },
      { files: ["b.c001.s00"], aside: { "b.c001.s00": "b.c001.s01" } },
    ]
  ) {
    const marker = { id: "00000000", uuid: "", chunks: 0, m: 1, index: false, repair: repairs };
    await Deno.writeTextFile(`${directory}/.b.ectar-commit`, JSON.stringify(marker) + "\n");
    await Deno.writeTextFile(`${directory}/.b.c001.s00.ectar-00000000`, "planted");
    await ectarExits(0, directory, "repair", "-i", "b");
    await Deno.remove(`${directory}/.b.c001.s00.ectar-00000000`);
    await Deno.remove(`${directory}/.b.ectar-commit`).catch(() => {});
    assert.deepEqual(contents(directory), before);
  }
});

globalThis.addEventListener("unload", () => {
  sample.then(({ scratch }) => Deno.removeSync(scratch, { recursive: true }));
});
