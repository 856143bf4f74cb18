/**
 * More damage than the redundancy makes up for: a clear error, nothing half under its own name; with
 * --partial everything else is restored and what is lost is listed.
 */

import assert from "node:assert/strict";
import { ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import {
  assertSameBytes,
  assertSameTree,
  makeSampleTree,
  namesIn,
  noise,
} from "../cli/sample_tree.ts";
import { DAMAGES, shardPath, type Shards } from "./damage_shards.ts";
import { withScratch } from "./scratch.ts";

const MiB = 1 << 20;
const SHAPE = ["--data-shards", "3", "--parity-shards", "2", "--chunk-size", "1M"];

let sample: Promise<string> | undefined;

async function makeSample(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "ectar-damage-" });
  await makeSampleTree(`${directory}/in`, 4);
  await ectarExits(0, directory, "create", "-o", "b", ...SHAPE, "-C", "in", ".");
  return directory;
}

Deno.test.afterAll(async () => {
  if (sample !== undefined) await Deno.remove(await sample, { recursive: true });
});

/** A copy of an archive of 5 chunks whose large0 ends in chunk 2, large1 in chunk 3, and so on. */
async function withArchive(
  test: (directory: string, shards: Shards) => Promise<void>,
): Promise<void> {
  sample ??= makeSample();
  const made = await sample;
  await withScratch(async (directory) => {
    for (const name of namesIn(made).filter((name) => name.startsWith("b."))) {
      await Deno.copyFile(`${made}/${name}`, `${directory}/${name}`);
    }
    await Deno.symlink(`${made}/in`, `${directory}/in`);
    await test(directory, { directory, name: "b" });
  });
}

/** Ruins 3 of the 5 shards of chunks. */
async function ruin(shards: Shards, kind: string, ...chunks: number[]): Promise<void> {
  for (const chunk of chunks) {
    for (const shard of [0, 2, 3]) await DAMAGES[kind](shards, chunk, shard, shards);
  }
}

/** Every file below `out` is exactly as in `in`, or partial under another name. */
async function assertNothingHalf(directory: string, out: string): Promise<void> {
  for (const { name, isFile } of Deno.readDirSync(`${directory}/${out}`)) {
    if (!isFile || name.endsWith(".ectar-partial")) continue;
    const bytes = await Deno.readFile(`${directory}/${out}/${name}`);
    assertSameBytes(bytes, await Deno.readFile(`${directory}/in/${name}`), name);
  }
}

for (const kind of ["gone", "truncated", "zeroed", "noise"]) {
  Deno.test(`m-k+1 shards of a chunk ${kind}: the error names the chunk and the files`, () =>
    withArchive(async (directory, shards) => {
      await ruin(shards, kind, 3);
      const extract = ["extract", "-i", "b", "-o", "out"];
      const run = await ectarExits(1, directory, ...extract);
      assert.match(run.stderr, /chunk 3\b.*--partial/);
      assert.match(run.stderr, /members in this first loss: .*large1\b.*large2\b/);
      assert.match(run.stderr, /what comes after it was not read/);
      assert.ok(run.lines.length <= 2, run.stderr);
      assert.doesNotMatch(run.stderr, /large0|large3/);
      await assertNothingHalf(directory, "out");
      assert.ok(!namesIn(`${directory}/out`).includes("large1"));
    }));
}

Deno.test("--partial restores the rest and lists what is lost, hard links too, with -q as well", () =>
  withArchive(async (directory, shards) => {
    await ruin(shards, "gone", 2);
    const run = await ectarExits(
      3,
      directory,
      "extract",
      "-i",
      "b",
      "-o",
      "out",
      "--partial",
      "-q",
    );
    // large0 begins in chunk 1 and large1 ends in chunk 3; zz-hard-link is large0.
    const lost = ["large0", "large1", "zz-hard-link"];
    for (const name of lost) assert.match(run.stderr, new RegExp(`^ +(\\./)?${name}$`, "m"));
    assert.doesNotMatch(run.stderr, /large2|large3|small/);
    assert.match(run.stderr, /^lost: chunk 2 /m);
    assert.equal(run.stderr.match(/^lost: /gm)?.length, 1);
    const differs = (path: string) =>
      path === "." || lost.some((name) => path.startsWith(`./${name}`));
    await assertSameTree(`${directory}/in`, `${directory}/out`, differs);
    const names = namesIn(`${directory}/out`);
    for (const name of lost) assert.ok(!names.includes(name), name);
    const partial = await Deno.readFile(`${directory}/out/large0.ectar-partial`);
    const original = await Deno.readFile(`${directory}/in/large0`);
    assert.equal(partial.length, original.length);
    const lostFrom = partial.findIndex((byte, i) => byte !== original[i]);
    assert.ok(lostFrom > 500_000, "what chunk 1 holds of it is there");
    assertSameBytes(partial.subarray(lostFrom), new Uint8Array(partial.length - lostFrom));
  }));

Deno.test("--partial --json tells the same to scripts", () =>
  withArchive(async (directory, shards) => {
    await ruin(shards, "zeroed", 2);
    const args = ["extract", "-i", "b", "-o", "out", "--partial", "--json", "-q"];
    const run = await ectarExits(3, directory, ...args);
    const summary = JSON.parse(run.stdout);
    assert.equal(summary.complete, false);
    const names = summary.lost_members.map((name: string) => name.replace("./", "")).sort();
    assert.deepEqual(names, ["large0", "large1", "zz-hard-link"]);
    assert.equal(summary.lost_member_count, 3);
    assert.equal(summary.lost_parts.length, 1);
    assert.deepEqual(summary.lost_parts[0].tar, { start: MiB, end: 2 * MiB });
    const ofChunk2 = summary.damage.filter(({ chunk }: { chunk: number }) => chunk === 2);
    assert.ok(ofChunk2.length >= 3);
    assert.ok(ofChunk2.every(({ repaired }: { repaired: boolean }) => !repaired));
  }));

Deno.test("--partial without an index restores the rest and says that names may be unknown", () =>
  withArchive(async (directory, shards) => {
    await Deno.remove(`${directory}/b.index.zst`);
    await ruin(shards, "noise", 2);
    const run = await ectarExits(3, directory, "extract", "-i", "b", "-o", "out", "--partial");
    assert.match(run.stderr, /names of what is lost entirely are not known/);
    assert.match(run.stderr, /large0/);
    assert.match(run.stderr, /zz-hard-link/);
    const names = namesIn(`${directory}/out`);
    assert.ok(!names.includes("large0") && !names.includes("large1"));
    assert.ok(names.includes("large2") && names.includes("large3"));
    await assertNothingHalf(directory, "out");
  }));

Deno.test("the first, the last and several chunks may be lost", () =>
  withArchive(async (directory, shards) => {
    await ruin(shards, "gone", 1, 3, 5);
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${directory}/b.index.zst`);
      const out = `out-${index}`;
      const run = await ectarExits(3, directory, "extract", "-i", "b", "-o", out, "--partial");
      assert.match(run.stderr, /chunk 1 .*\n(.*\n)*.*chunk 3 .*\n(.*\n)*.*chunk 5 /);
      await assertNothingHalf(directory, out);
    }
  }));

Deno.test("chunks of which no shard is left are named", () =>
  withArchive(async (directory, shards) => {
    for (const chunk of [2, 5]) {
      for (let shard = 0; shard < 5; shard++) await Deno.remove(shardPath(shards, chunk, shard));
    }
    const refused = await ectarExits(1, directory, "extract", "-i", "b", "-o", "out");
    assert.match(refused.stderr, /chunk 2.*large0/);
    const run = await ectarExits(3, directory, "extract", "-i", "b", "-o", "out2", "--partial");
    assert.match(run.stderr, /chunk 2/);
    assert.match(run.stderr, /chunk 5/);
    await assertNothingHalf(directory, "out2");
    // Without the index nothing tells that there is a fifth chunk, but the fourth is not the last.
    await Deno.remove(`${directory}/b.index.zst`);
    const blind = await ectarExits(1, directory, "extract", "-i", "b", "-o", "out3");
    assert.match(blind.stderr, /chunk 2/);
    const blindRest = ["extract", "-i", "b", "-o", "out4", "--partial"];
    assert.match((await ectarExits(3, directory, ...blindRest)).stderr, /chunk 5 or later/);
  }));

Deno.test("nothing at all is left of the shards: one line", () =>
  withArchive(async (directory, shards) => {
    for (let chunk = 1; chunk <= 5; chunk++) {
      for (let shard = 0; shard < 5; shard++) await Deno.remove(shardPath(shards, chunk, shard));
    }
    const extract = ["extract", "-i", "b", "-o", "out", "--partial"];
    await ectarRefuses(1, /no shards of b were found, only its index/, directory, ...extract);
    await Deno.remove(`${directory}/b.index.zst`);
    await ectarRefuses(1, /no shards and no index found for b/, directory, ...extract);
    assert.ok(!namesIn(directory).includes("out"));
  }));

/** A tar of one file, made by hand. */
async function innerTar(directory: string): Promise<Uint8Array> {
  await Deno.writeTextFile(`${directory}/planted`, "never to be seen outside its file\n");
  const { stdout } = await new Deno.Command("tar", {
    args: ["-cf", "-", "planted"],
    cwd: directory,
  })
    .output();
  await Deno.remove(`${directory}/planted`);
  return stdout;
}

Deno.test("a tar planted in a user's file is never extracted after a loss", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    const planted = await innerTar(directory);
    // Its header at every 512 bytes: wherever reading goes on after the lost chunk, one is next.
    const image = noise(4 * MiB, 5);
    for (let at = 0; at + planted.length <= image.length; at += planted.length) {
      image.set(planted, at);
    }
    await Deno.writeFile(`${directory}/in/a-disk-image`, image);
    await Deno.writeTextFile(`${directory}/in/behind`, "behind it");
    const names = ["a-disk-image", "behind"];
    await ectarExits(0, directory, "create", "-o", "b", ...SHAPE, "-C", "in", ...names);
    const shards = { directory, name: "b" };
    await ruin(shards, "gone", 1, 3);
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${directory}/b.index.zst`);
      const out = `${directory}/out-${index}`;
      await ectarExits(3, directory, "extract", "-i", "b", "-o", out, "--partial");
      // The image's own header was in chunk 1; the rest of it can belong to nothing.
      assert.deepEqual(namesIn(out), ["behind"]);
      assert.equal(await Deno.readTextFile(`${out}/behind`), "behind it");
    }
  }));

Deno.test("a file that goes on behind a lost chunk keeps what comes after it in its place", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    const bytes = noise(3 * MiB, 8);
    await Deno.writeFile(`${directory}/in/file`, bytes);
    await ectarExits(0, directory, "create", "-o", "b", ...SHAPE, "-C", "in", "file");
    await ruin({ directory, name: "b" }, "gone", 2);
    await ectarExits(3, directory, "extract", "-i", "b", "-o", "out", "--partial");
    assert.deepEqual(namesIn(`${directory}/out`), ["file.ectar-partial"]);
    const partial = await Deno.readFile(`${directory}/out/file.ectar-partial`);
    // In front of the content: PAX header, PAX record (nanoseconds), ustar header.
    const lostFrom = MiB - 3 * 512;
    const lostTo = lostFrom + MiB;
    assertSameBytes(partial.subarray(0, lostFrom), bytes.subarray(0, lostFrom));
    assertSameBytes(partial.subarray(lostFrom, lostTo), new Uint8Array(MiB));
    assertSameBytes(partial.subarray(lostTo), bytes.subarray(lostTo));
  }));

Deno.test("--files past a loss elsewhere restores what was asked for", () =>
  withArchive(async (directory, shards) => {
    await ruin(shards, "gone", 2);
    const args = ["extract", "-i", "b", "--files"];
    await ectarExits(0, directory, ...args, "large3", "-o", "out");
    const restored = await Deno.readFile(`${directory}/out/large3`);
    assertSameBytes(restored, await Deno.readFile(`${directory}/in/large3`));
    const refused = await ectarExits(1, directory, ...args, "large1", "-o", "out");
    assert.match(refused.stderr, /chunk 2.*large1/);
    const link = await ectarExits(3, directory, ...args, "zz-hard-link", "-o", "o", "--partial");
    assert.match(link.stderr, /zz-hard-link/);
    assert.ok(!namesIn(`${directory}/o`).includes("zz-hard-link"));
  }));
