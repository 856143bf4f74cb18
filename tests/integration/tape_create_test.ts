/** What creating on tapes refuses, and how it ends early, on tape images. */
import assert from "node:assert/strict";
import { createOnTapes } from "../../src/archive/create_tapes.ts";
import { noise } from "../bytes.ts";
import { asRun, ECTAR, ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { MockTapeDevice } from "../mocks.ts";
import { withScratch } from "./scratch.ts";
import { imageNames, tapeFiles } from "./tape_images.ts";

const on = (tapes: readonly string[]) => ["--tape-devices", tapes.join(",")];
const THREE = on(imageNames(3));

async function withTree(megabytes: number, test: (work: string) => Promise<void>): Promise<void> {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, megabytes);
    await test(work);
  });
}

Deno.test("tapes with an archive are refused, all named, none touched; --overwrite gives them up", async () => {
  await withTree(1, async (work) => {
    await ectarExits(0, work, "create", ...on(["t1.tap", "t2.tap"]), "-o", "first", "tree");
    const before = [1, 2].map((i) => Deno.readFileSync(`${work}/t${i}.tap`));
    const run = await ectarRefuses(
      1,
      /nothing was written: t1\.tap: the tape is not blank: it holds shard 0 of 2 .* of archive first, .*; t2\.tap: .*shard 1 of 2.*--overwrite/,
      work,
      ...["create", ...THREE, "-o", "second", "tree"],
    );
    assert.doesNotMatch(run.stderr, /t0\.tap/);
    assert.deepEqual([1, 2].map((i) => Deno.readFileSync(`${work}/t${i}.tap`)), before);
    assert.deepEqual(namesIn(work), ["first.index.zst", "t1.tap", "t2.tap", "tree"]);
    await ectarExits(0, work, "create", "--overwrite", ...THREE, "-o", "second", "tree");
    await ectarExits(0, work, "extract", ...THREE, "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
  });
});

Deno.test("a file that is no tape image is refused even with --overwrite", async () => {
  await withTree(1, async (work) => {
    await Deno.writeTextFile(`${work}/t1.tap`, "my only copy of something");
    const create = ["create", "--overwrite", ...THREE, "-o", "backup", "tree"];
    await ectarRefuses(1, /t1\.tap is no tape image and is left alone/, work, ...create);
    assert.equal(Deno.readTextFileSync(`${work}/t1.tap`), "my only copy of something");
    assert.deepEqual(namesIn(work), ["t1.tap", "tree"]);
  });
});

Deno.test("a path to archive that is not there leaves the tapes as they are", async () => {
  await withTree(1, async (work) => {
    await ectarExits(0, work, "create", ...THREE, "-o", "backup", "tree");
    const before = Deno.readFileSync(`${work}/t0.tap`);
    const create = ["create", "--overwrite", "--force", ...THREE, "-o", "backup", "tree", "trre"];
    await ectarRefuses(1, /trre/, work, ...create);
    assert.deepEqual(Deno.readFileSync(`${work}/t0.tap`), before);
    await ectarExits(0, work, "extract", "-i", "backup", ...THREE, "-o", "x");
  });
});

Deno.test("an index of that name on disk is refused before any tape is touched, unless --force", async () => {
  await withTree(1, async (work) => {
    await Deno.writeTextFile(`${work}/backup.index.zst`, "somebody else's");
    const create = ["create", ...THREE, "-o", "backup", "tree"];
    await ectarRefuses(1, /backup\.index\.zst exists already/, work, ...create);
    assert.deepEqual(namesIn(work), ["backup.index.zst", "tree"]);
    await ectarExits(0, work, ...create, "--no-index");
    assert.equal(Deno.readTextFileSync(`${work}/backup.index.zst`), "somebody else's");
    await ectarExits(0, work, ...create, "--overwrite", "--force");
    const listed = await ectarExits(0, work, "list", "-i", "backup");
    assert.match(listed.stdout, /^tree\/large0$/m);
  });
});

Deno.test("the index never joins shard files of another archive, not even with --force", async () => {
  await withTree(1, async (work) => {
    await ectarExits(0, work, "create", "-o", "backup", "tree");
    const before = namesIn(work);
    const create = ["create", ...THREE, "--force", "-o", "backup", "tree"];
    await ectarRefuses(1, /backup\.c001\.s00 exists already .*--no-index/, work, ...create);
    assert.deepEqual(namesIn(work), before);
  });
});

Deno.test("numbers of drives and shards that contradict each other are refused with what fits", async () => {
  await withTree(1, async (work) => {
    const refuses = (message: RegExp, ...args: string[]) =>
      ectarRefuses(2, message, work, "create", ...args, "-o", "backup", "tree");
    await refuses(/2 data \+ 1 parity = 3 would fit/, ...THREE, "--data-shards", "3");
    await refuses(/1 data \+ 2 parity = 3/, ...THREE, "--data-shards", "2", "--parity-shards", "2");
    await refuses(/at least two/, ...on(["t0.tap"]));
    await refuses(/t0\.tap is named twice/, ...on(["t0.tap", "t1.tap", "t0.tap"]));
    await refuses(/\.\/t0\.tap is named twice, also as t0\.tap/, ...on(["t0.tap", "./t0.tap"]));
    await refuses(/also as tree\/t0\.tap/, ...on(["tree/t0.tap", "./tree/.//t0.tap"]));
    await refuses(/leave 1 parity, not 2/, ...THREE, "--min-parity", "2");
    await refuses(/--overwrite is for tapes/, "--overwrite");
    assert.deepEqual(namesIn(work), ["tree"]);
  });
});

Deno.test("parity says how many tapes may be lost", async () => {
  await withTree(1, async (work) => {
    const five = imageNames(5);
    const create = ["create", ...on(five), "--parity-shards", "3", "-o", "backup", "tree"];
    await ectarExits(0, work, ...create);
    await ectarExits(3, work, "extract", ...on(["t4.tap", "t2.tap"]), "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
  });
});

Deno.test("a drive that is gone from the start is done without, or not, as the operator says", async () => {
  await withTree(1, async (work) => {
    const drives = on(["t0.tap", "/dev/nst97", "t2.tap"]);
    const create = ["create", ...drives, "-o", "backup", "tree"];
    const stop = ["--on-drive-failure", "stop"];
    const stopped = await ectarExits(1, work, ...create, ...stop);
    assert.match(stopped.stderr, /2 of 3 tape drives still work, 3 are needed/);
    await ectarExits(1, work, ...create, "--min-parity", "1");
    assert.deepEqual(namesIn(work), ["tree"]);
    const run = await ectarExits(3, work, ...create);
    assert.match(run.stderr, /^ectar: shard 1: \/dev\/nst97: opening failed: no such device/m);
    assert.match(run.stderr, /shard 1: \/dev\/nst97, failed, holds NOTHING: /);
    assert.match(run.stderr, /every one of the 2 whole tapes is needed/);
    const back = await ectarExits(3, work, "extract", ...on(["t2.tap", "t0.tap"]), "-o", "x");
    assert.match(back.stderr, /shard 1 of backup is in no drive/);
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
  });
});

Deno.test("tape images inside the tree that is archived stay out of the archive", async () => {
  await withTree(1, async (work) => {
    const inside = on(imageNames(2).map((name) => `tree/${name}`));
    await ectarExits(0, work, "create", ...inside, "-o", "tree/backup", "tree");
    const listed = await ectarExits(0, work, "list", ...inside);
    assert.doesNotMatch(listed.stdout, /\.tap|index\.zst/);
  });
});

Deno.test("tapes that end too early: what fitted is kept, and everything says incomplete", async () => {
  await withTree(6, async (work) => {
    const shape = ["--chunk-size", "1MB", "--block-size", "32KB", "--image-capacity", "2MB"];
    const run = await ectarExits(3, work, "create", ...THREE, ...shape, "-o", "backup", "tree");
    assert.match(run.stderr, /the archive is INCOMPLETE: the tapes are full; archive less/);
    for (const tape of imageNames(3)) {
      assert.ok(Deno.statSync(`${work}/${tape}`).size <= 2 << 20);
    }
    const identified = await ectarExits(0, work, "tape", "identify", ...imageNames(3));
    assert.equal(identified.stdout.match(/INCOMPLETE: it was stopped early/g)?.length, 3);
    await ectarExits(1, work, "extract", ...THREE, "-o", "all");
    await ectarExits(3, work, "extract", ...THREE, "--partial", "-o", "x");
    const first = Deno.readFileSync(`${work}/tree/deep/er/small7`);
    assert.deepEqual(Deno.readFileSync(`${work}/x/tree/deep/er/small7`), first);
  });
});

Deno.test("tapes that end too early all hold the same chunks, and verify says that the archive is unfinished", async () => {
  await withTree(6, async (work) => {
    const shape = ["--chunk-size", "1MB", "--block-size", "32KB", "--image-capacity", "1500KB"];
    await ectarExits(3, work, "create", ...THREE, ...shape, "-o", "backup", "tree");
    const chunks = imageNames(3).map((tape) => tapeFiles(`${work}/${tape}`).length);
    assert.ok(chunks.every((count) => count === chunks[0]), `${chunks}`);
    const verified = await ectarExits(3, work, "verify", ...THREE);
    assert.match(verified.stdout, /backup was never finished: it ends after chunk \d/);
    // The member that was cut off is in no index, and no damage.
    const full = await ectarExits(3, work, "verify", "--full", ...THREE);
    assert.match(full.stdout, /^backup: UNFINISHED, what was written is whole/m);
  });
});

/** Names of files in the archive, as `list` says, and contents of those that `extract` brings whole. */
async function listedAndWhole(work: string, ...input: string[]) {
  const { stdout } = await ectarExits(0, work, "list", ...input);
  const listed = stdout.split("\n").filter((path) => /^noise\/f\d+$/.test(path)).sort();
  await ectarExits(3, work, "extract", ...input, "--partial", "-o", "x");
  const whole = namesIn(`${work}/x/noise`).filter((name) => !name.endsWith(".ectar-partial"));
  for (const name of whole) {
    const [was, is] = [`noise/${name}`, `x/noise/${name}`].map((path) => `${work}/${path}`);
    assert.deepEqual(Deno.readFileSync(is), Deno.readFileSync(was), name);
  }
  await Deno.remove(`${work}/x`, { recursive: true });
  return { listed, whole: whole.map((name) => `noise/${name}`).sort() };
}

Deno.test("tapes that end without a usable early warning keep what is proven, with an index or with its copy on disk", async () => {
  await withScratch(async (work) => {
    await Deno.mkdir(`${work}/noise`);
    for (let i = 0; i < 20; i++) {
      await Deno.writeFile(`${work}/noise/f${i}`, noise(600_000 + i, i + 1));
    }
    const tapes = imageNames(3);
    const withIndex = new Set<boolean>();
    // Blocks of 512 KiB: the warning comes with the last one that fits, or not at all.
    for (const capacity of ["4000KB", "4500KB", "5000KB", "5500KB"]) {
      const shape = ["--chunk-size", "1MB", "--image-capacity", capacity, "--overwrite", "--force"];
      const run = await ectarExits(3, work, "create", ...THREE, ...shape, "-o", "backup", "noise");
      assert.match(run.stderr, /the archive is INCOMPLETE: the tapes are full/);
      const hasIndex = !run.stderr.includes("no index on the tape in drive");
      withIndex.add(hasIndex);
      const kept = Number(/^backup: (\d+) chunks/m.exec(run.stderr)?.[1]);
      for (const tape of tapes) {
        const files = tapeFiles(`${work}/${tape}`).slice(1);
        const shards = files.filter((blocks) => blocks.length > 0 && blocks[0][0] !== 0x28);
        assert.equal(shards.length, kept, `chunks on ${tape} of ${capacity}`);
      }
      const copy = hasIndex ? [] : ["-i", "backup.index.zst"];
      for (const present of [tapes, tapes.slice(1), tapes.slice(0, 2)]) {
        const { listed, whole } = await listedAndWhole(work, ...copy, ...on(present));
        assert.ok(listed.length > 0);
        assert.deepEqual(whole, listed, `${capacity} ${present}`);
      }
      const verified = await ectarExits(3, work, "verify", "--full", ...copy, ...THREE);
      assert.match(verified.stdout, /^backup: UNFINISHED, what was written is whole/m);
    }
    assert.equal(withIndex.size, 2, "some tapes had room for the index, others had none");
  });
});

Deno.test("Ctrl-C ends at a filemark and leaves tapes that say they are incomplete", async () => {
  await withTree(30, async (work) => {
    const args = ["create", ...THREE, "--chunk-size", "2MB", "--buffer-size", "1MB"];
    const child = new Deno.Command(ECTAR[0], {
      args: [...ECTAR.slice(1), ...args, "--compression-level", "19", "-o", "backup", "tree"],
      cwd: work,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    while (!holdsData(`${work}/t2.tap`)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    const run = asRun(code, stdout, stderr);
    assert.equal(run.code, 130, run.stderr);
    assert.match(run.stderr, /the archive is INCOMPLETE: interrupted/);
    const identified = await ectarExits(0, work, "tape", "identify", ...imageNames(3));
    assert.equal(identified.stdout.match(/INCOMPLETE: it was stopped early/g)?.length, 3);
    await ectarExits(3, work, "extract", ...THREE, "--partial", "-o", "x");
  });
});

/** Whether something stands behind the label. */
function holdsData(path: string): boolean {
  try {
    return Deno.statSync(path).size > 100_000;
  } catch {
    return false;
  }
}

Deno.test("Ctrl-C while the tapes are looked at leaves them as they are", async () => {
  await withTree(1, async (work) => {
    const stop = new AbortController();
    const drive = (name: string) =>
      new MockTapeDevice({
        name,
        beforeCall: (call) => call === "readBlock" ? stop.abort() : undefined,
      });
    const drives = new Map(["a", "b", "c"].map((name) => [name, drive(name)]));
    const devices = [...drives.keys()].map((name) => `mock:${name}`);
    const created = createOnTapes(
      { paths: [`${work}/tree`] },
      { name: "late", chunkSize: 1 << 20, compressionLevel: 3 },
      { devices, directory: work, k: 2, overwrite: true, mocks: (name) => drives.get(name) },
      { signal: stop.signal },
    );
    await assert.rejects(created, { code: "interrupted" });
    for (const { counts } of drives.values()) assert.equal(counts.blocksWritten, 0);
    assert.ok(!namesIn(work).includes("late.index.zst"));
  });
});
