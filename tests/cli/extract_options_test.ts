/**
 * Every option of `extract`, by what it does.
 */

import assert from "node:assert/strict";
import { DAMAGES } from "../integration/damage_shards.ts";
import { withScratch } from "../integration/scratch.ts";
import { ectarExits, ectarRefuses } from "./run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "./sample_tree.ts";

const SMALL = ["--data-shards", "2", "--parity-shards", "1"];

/** A directory with archive `b` of a small tree `in`. */
async function withArchive(
  test: (directory: string, extract: (...args: string[]) => Promise<string[]>) => Promise<void>,
): Promise<void> {
  await withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in/sub/deep`, { recursive: true });
    await Deno.writeTextFile(`${directory}/in/a.txt`, "a");
    await Deno.writeTextFile(`${directory}/in/b.log`, "b");
    await Deno.writeTextFile(`${directory}/in/sub/c.txt`, "c");
    await Deno.writeTextFile(`${directory}/in/sub/deep/d.log`, "d");
    await Deno.link(`${directory}/in/a.txt`, `${directory}/in/sub/hard`);
    await Deno.link(`${directory}/in/a.txt`, `${directory}/in/zz-hard`);
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SMALL, "in");
    let run = 0;
    await test(directory, async (...args) => {
      const out = `out${run++}`;
      await ectarExits(0, directory, "extract", "-q", "-i", "b", "-o", out, ...args);
      return filesBelow(`${directory}/${out}`);
    });
  });
}

/** Paths of all that is no directory, sorted. */
function filesBelow(root: string, path = ""): string[] {
  return [...Deno.readDirSync(`${root}/${path}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(root, `${path}${name}/`) : [path + name]
  ).sort();
}

const ALL = [
  "in/a.txt",
  "in/b.log",
  "in/sub/c.txt",
  "in/sub/deep/d.log",
  "in/sub/hard",
  "in/zz-hard",
];

Deno.test("--files takes members, directories and patterns, with an index and without", () =>
  withArchive(async (directory, extract) => {
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${directory}/b.index.zst`);
      assert.deepEqual(await extract(), ALL);
      assert.deepEqual(await extract("--files", "in/b.log"), ["in/b.log"]);
      assert.deepEqual(await extract("--files", "./in/sub/deep/"), ["in/sub/deep/d.log"]);
      assert.deepEqual(
        await extract("--files", "in/sub/deep", "in/b.log"),
        ["in/b.log", "in/sub/deep/d.log"],
      );
      assert.deepEqual(await extract("--files", "*.log"), ["in/b.log", "in/sub/deep/d.log"]);
      assert.deepEqual(await extract("--files", "in/?.txt"), ["in/a.txt"]);
      assert.deepEqual(await extract("--files", "in/sub", "--exclude", "*.log", "--exclude=hard"), [
        "in/sub/c.txt",
      ]);
      assert.deepEqual(await extract("--files", "."), ALL);
    }
  }));

Deno.test("selecting a hard link restores its data, with an index and without", () =>
  withArchive(async (directory, extract) => {
    for (const index of [true, false]) {
      if (!index) await Deno.remove(`${directory}/b.index.zst`);
      // a.txt is the member with the data: neither link is restored together with it.
      assert.deepEqual(await extract("--files", "in/zz-hard"), ["in/zz-hard"]);
      const both = ["in/sub/hard", "in/zz-hard"];
      assert.deepEqual(await extract("--files", ...both), both);
      assert.deepEqual(
        await extract("--exclude", "a.txt", "--exclude", "*.log", "--exclude=c.txt"),
        both,
      );
    }
    for (const out of namesIn(directory).filter((name) => name.startsWith("out"))) {
      const file = Deno.statSync(`${directory}/${out}/in/zz-hard`);
      assert.equal(await Deno.readTextFile(`${directory}/${out}/in/zz-hard`), "a");
      assert.equal(file.mtime?.getTime(), Deno.statSync(`${directory}/in/a.txt`).mtime?.getTime());
      const [others] = filesBelow(`${directory}/${out}`).filter((name) => name === "in/sub/hard");
      if (others) assert.equal(Deno.statSync(`${directory}/${out}/${others}`).ino, file.ino);
    }
  }));

Deno.test("--files of what is not there is told, and the rest is restored", () =>
  withArchive(async (directory) => {
    const args = [
      "extract",
      "-q",
      "-i",
      "b",
      "-o",
      "out",
      "--files",
      "in/b.log",
      "in/none",
      "*.none",
    ];
    const run = await ectarExits(1, directory, ...args);
    assert.deepEqual(run.lines, [
      "ectar: in/none: not in the archive",
      "ectar: *.none: not in the archive",
    ]);
    assert.deepEqual(filesBelow(`${directory}/out`), ["in/b.log"]);
  }));

Deno.test("--files with an index that is damaged or of another archive reads the shards", () =>
  withArchive(async (directory) => {
    await makeSampleTree(`${directory}/other`, 1);
    await ectarExits(0, directory, "create", "-q", "-o", "c", ...SMALL, "other");
    const index = `${directory}/b.index.zst`;
    const whole = await Deno.readFile(index);
    const spoiled: [string, Uint8Array][] = [
      ["cut", whole.subarray(0, whole.length * 2 / 3)],
      ["empty", new Uint8Array(0)],
      ["foreign", await Deno.readFile(`${directory}/c.index.zst`)],
    ];
    for (const [how, bytes] of spoiled) {
      await Deno.writeFile(index, bytes);
      const args = ["extract", "-i", "b", "-o", how, "--files", "in/zz-hard", "in/sub/deep"];
      const run = await ectarExits(3, directory, ...args);
      assert.match(run.stderr, /b\.index\.zst/);
      assert.deepEqual(filesBelow(`${directory}/${how}`), ["in/sub/deep/d.log", "in/zz-hard"]);
      assert.equal(await Deno.readTextFile(`${directory}/${how}/in/zz-hard`), "a");
    }
  }));

Deno.test("--exclude-from takes gitignore patterns", () =>
  withArchive(async (directory, extract) => {
    await Deno.writeTextFile(`${directory}/rules`, "*.log\n!d.log\n/in/sub/hard\n");
    assert.deepEqual(
      await extract("--exclude-from", "rules"),
      ["in/a.txt", "in/sub/c.txt", "in/sub/deep/d.log", "in/zz-hard"],
    );
  }));

Deno.test("--strip-components drops leading components, of hard links' targets too", () =>
  withArchive(async (directory, extract) => {
    assert.deepEqual(
      await extract("--strip-components", "1"),
      ["a.txt", "b.log", "sub/c.txt", "sub/deep/d.log", "sub/hard", "zz-hard"],
    );
    const target = Deno.statSync(`${directory}/out0/a.txt`);
    assert.equal(Deno.statSync(`${directory}/out0/sub/hard`).ino, target.ino);
    // The data of what is dropped comes with the link that stays.
    assert.deepEqual(await extract("--strip-components", "2"), ["c.txt", "deep/d.log", "hard"]);
    assert.equal(await Deno.readTextFile(`${directory}/out1/hard`), "a");
    assert.deepEqual(await extract("--strip-components", "9"), []);
  }));

Deno.test("what exists is kept and told, and replaced with --force", () =>
  withArchive(async (directory) => {
    await Deno.mkdir(`${directory}/out/in`, { recursive: true });
    await Deno.writeTextFile(`${directory}/out/in/a.txt`, "mine");
    await Deno.writeTextFile(`${directory}/out/in/else`, "mine");
    const extract = ["extract", "-q", "-i", "b", "-o", "out"];
    const run = await ectarExits(3, directory, ...extract);
    assert.match(run.stderr, /in\/a\.txt.*exists/);
    assert.equal(await Deno.readTextFile(`${directory}/out/in/a.txt`), "mine");
    // The links to it still get the archive's data.
    assert.equal(await Deno.readTextFile(`${directory}/out/in/zz-hard`), "a");
    assert.equal(await Deno.readTextFile(`${directory}/out/in/b.log`), "b");
    await ectarExits(0, directory, ...extract, "--force");
    assert.equal(await Deno.readTextFile(`${directory}/out/in/a.txt`), "a");
    assert.equal(await Deno.readTextFile(`${directory}/out/in/else`), "mine");
    await Deno.remove(`${directory}/out/in/else`);
    await assertSameTree(`${directory}/in`, `${directory}/out/in`, (path) => path === ".");
  }));

Deno.test("--no-verify-checksums restores the same, and zstd's checksums still guard", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 2);
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SMALL, "in");
    const extract = ["extract", "-i", "b", "--no-verify-checksums", "-o"];
    await ectarExits(0, directory, ...extract, "out");
    await assertSameTree(`${directory}/in`, `${directory}/out/in`);
    const shards = { directory, name: "b" };
    await DAMAGES["flipped in some bits"](shards, 1, 0, shards);
    await ectarExits(3, directory, ...extract, "out2");
    await assertSameTree(`${directory}/in`, `${directory}/out2/in`);
  }));

Deno.test("--no-same-owner, --numeric-owner and --no-preserve-permissions", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    await Deno.writeTextFile(`${directory}/in/f`, "x");
    await Deno.chmod(`${directory}/in/f`, 0o7777);
    const owners = ["--owner", "root:12345", "--group", "root:12345"];
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SMALL, ...owners, "in");
    const isRoot = Deno.uid() === 0;
    const restored = async (...args: string[]) => {
      const out = await Deno.makeTempDir({ dir: directory });
      // Without its owner a file does not get the bits that lend the owner's rights.
      const lends = args.includes("--no-same-owner") && !args.includes("--no-preserve-permissions");
      const code = lends || !isRoot && !args.includes("--no-same-owner") ? 3 : 0;
      await ectarExits(code, directory, "extract", "-q", "-i", "b", "-o", out, ...args);
      const { uid, gid, mode } = Deno.statSync(`${out}/in/f`);
      return { uid, gid, mode: mode! & 0o7777 };
    };
    const own = { uid: Deno.uid(), gid: Deno.gid() };
    assert.deepEqual(await restored("--no-same-owner", "--no-preserve-permissions"), {
      ...own,
      mode: 0o777 & ~Deno.umask(),
    });
    if (!isRoot) return;
    assert.deepEqual(await restored(), { uid: 0, gid: 0, mode: 0o7777 });
    assert.deepEqual(await restored("--numeric-owner"), { uid: 12345, gid: 12345, mode: 0o7777 });
    assert.deepEqual(await restored("--no-same-owner"), { ...own, mode: 0o1777 });
  }));

Deno.test("--input takes a name, a directory, an index, a shard, a pattern, and what a shell makes of one", () =>
  withArchive(async (directory) => {
    await Deno.mkdir(`${directory}/sh`);
    for (const name of namesIn(directory).filter((name) => name.startsWith("b."))) {
      await Deno.rename(`${directory}/${name}`, `${directory}/sh/${name}`);
    }
    const expanded = ["sh/b.c001.s00", "sh/b.c001.s01", "sh/b.c001.s02"];
    const inputs = [
      ...[["sh/b"], ["sh"], ["sh/"], ["./sh/b"], [`${directory}/sh/b`], ["sh/b.index.zst"]],
      ...[["sh/b.c001.s01"], ["sh/b.c*.s*"], ["sh/b*"], ["sh/*"], expanded],
      [...expanded, "sh/b.index.zst"],
    ];
    for (const [i, input] of inputs.entries()) {
      await ectarExits(0, directory, "extract", "-q", "-i", ...input, "-o", `out${i}`);
      assert.deepEqual(filesBelow(`${directory}/out${i}`), ALL, input.join(" "));
    }
    // One option for each works as well as one for all.
    const several = expanded.flatMap((path) => ["-i", path]);
    await ectarExits(0, directory, "extract", "-q", ...several, "-o", "out-several");
    assert.deepEqual(filesBelow(`${directory}/out-several`), ALL);
    // What was named and nothing else: with two of three shards the third counts as missing.
    await Deno.copyFile(`${directory}/sh/b.c001.s00`, `${directory}/sh/c.c001.s00`);
    await ectarRefuses(2, /2 archives are named: b, c|c, b/, directory, "extract", "-i", "sh");
    await ectarRefuses(1, /nosuch/, directory, "extract", "-i", "nosuch");
    await ectarRefuses(1, /no\*such/, directory, "extract", "-i", "sh/no*such");
    await ectarRefuses(2, /./, directory, "extract", "-i", "");
  }));

Deno.test("--json tells what was done", () =>
  withArchive(async (directory) => {
    const args = ["extract", "--json", "-q", "-i", "b", "-o", "out"];
    const run = await ectarExits(0, directory, ...args);
    const summary = JSON.parse(run.stdout);
    assert.equal(summary.complete, true);
    assert.equal(summary.counts.restored, 9);
    assert.deepEqual([summary.damage, summary.lost_parts, summary.lost_members], [[], [], []]);
    assert.equal(run.stderr, "");
    const quiet = await ectarExits(0, directory, "extract", "-q", "-i", "b", "-o", "out2");
    assert.deepEqual([quiet.stdout, quiet.stderr], ["", ""]);
    const normal = await ectarExits(0, directory, "extract", "-i", "b", "-o", "out3");
    assert.deepEqual([normal.stdout, normal.lines], ["", ["restored 9 members"]]);
  }));

Deno.test("an output directory is made, with those above it; the default is here", () =>
  withArchive(async (directory) => {
    await ectarExits(0, directory, "extract", "-q", "-i", "b", "-o", "x/y/z");
    assert.deepEqual(filesBelow(`${directory}/x/y/z`), ALL);
    await Deno.mkdir(`${directory}/here`);
    await ectarExits(0, `${directory}/here`, "extract", "-q", "-i", "../b");
    assert.deepEqual(filesBelow(`${directory}/here`), ALL);
  }));
