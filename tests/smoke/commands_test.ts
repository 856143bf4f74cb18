/**
 * Every command of the executable, on files and on tape images, with an empty environment.
 *
 * @module
 */

import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/command_list.ts";
import { VERSION } from "../../src/version.ts";
import { ok, script, withScratch } from "./executable.ts";

const SOURCE =
  "mkdir -p d/sub && echo hello >d/a && seq 100000 >d/sub/b && ln -s a d/l && mkfifo d/p";
const CREATE = `${SOURCE} && $E create -q -o x -C d a sub l p`;
const TAPES = `${SOURCE} && $E create -q -o y --tape-devices 0.tap,1.tap,2.tap -C d a sub l p`;

Deno.test("--version tells version, kind, commit, Deno's version and target", async () => {
  await withScratch(async (cwd) => {
    const lines = (await ok({ cwd }, "$E --version")).trimEnd().split("\n");
    assert.equal(lines[0], `ectar ${VERSION}`);
    assert.match(lines[1], /^kind: (self-extracting|native \(deno compile\))$/);
    assert.match(lines[2], /^commit: ([0-9a-f]{40}\+?|unknown)$/);
    assert.match(lines[3], /^deno: \d+\.\d+\.\d+$/);
    assert.match(lines[4], /^target: (x86_64|aarch64)-unknown-linux-gnu$/);
  });
});

for (const { name, summary } of COMMANDS) {
  Deno.test(`${name} --help describes ${name} as the list of commands does`, async () => {
    await withScratch(async (cwd) => {
      const help = await ok({ cwd }, `$E ${name} --help`);
      assert.match(help, new RegExp(`^Usage: ectar ${name}\\b`));
      assert(help.replaceAll(/\s+/g, " ").includes(summary), `${help} lacks: ${summary}`);
      assert.equal(await ok({ cwd }, `$E help ${name}`), help);
    });
  });
}

Deno.test("files are archived, listed, checked, repaired and restored with shards lost", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, CREATE);
    assert.match(await ok({ cwd }, "$E list -i x"), /^sub\/b$/m);
    assert.match(await ok({ cwd }, "$E info -i x"), /^archive:\s+x$/m);
    assert.match(await ok({ cwd }, "$E verify --full -i x"), /whole/);
    await ok({ cwd }, "rm x.c001.s0[0-4]");
    assert.equal((await script({ cwd }, "$E verify -i x")).code, 4);
    const restored = await script({ cwd }, "$E extract -q -i x -o out && echo none missing");
    assert.equal(restored.code, 3, "a restore that made up for losses says so");
    await ok({ cwd }, "diff -r --no-dereference --exclude=p d out && test -p out/p");
    await script({ cwd }, "$E repair -i x");
    assert.match(await ok({ cwd }, "$E verify -i x"), /whole/);
  });
});

Deno.test("what has several chunks is restored, by a Worker of its own", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, `${SOURCE} && head -c 3000000 /dev/urandom > d/large`);
    await ok({ cwd }, "$E create -q -o x --chunk-size 1M --data-shards 2 -C d .");
    await ok({ cwd }, "test -f x.c003.s00 && $E extract -q -i x -o out");
    await ok({ cwd }, "diff -r --no-dereference --exclude=p d out && test -p out/p");
    const again = await script({ cwd }, "$E extract -i x -o out");
    assert.equal(again.code, 3);
    assert.match(again.stderr, /large not restored: it exists/);
  });
});

Deno.test("tape images are written, told apart, checked and restored without one", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, TAPES);
    assert.match(await ok({ cwd }, "$E tape identify 0.tap 1.tap 2.tap"), /\by\b/);
    await ok({ cwd }, "$E tape status 0.tap");
    await ok({ cwd }, "$E verify --tape-devices 2.tap,0.tap,1.tap");
    await script({ cwd }, "$E extract -q --tape-devices 2.tap,0.tap -o out");
    await ok({ cwd }, "diff -r --no-dereference --exclude=p d out");
    await ok({ cwd }, "$E tape dump 0.tap -o dump && ls dump/*");
  });
});

Deno.test("variables of the environment name the tapes and their block size", async () => {
  await withScratch(async (cwd) => {
    const env = { ECTAR_TAPE_DEVICES: "0.tap,1.tap", ECTAR_BLOCK_SIZE: "64K" };
    await ok({ cwd, env }, `${SOURCE} && $E create -q -o y --data-shards 1 d`);
    assert.match(await ok({ cwd, env }, "$E info"), /block size:\s+64/);
  });
});

Deno.test("pipes reach standard input and output as they are", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, `${SOURCE}; find d -type f -print0 | $E create -q -o z --files-from -`);
    const find = "find d -type f -print0";
    await ok({ cwd }, `${find} | $E create -q -o y --files-from /dev/stdin`);
    await ok({ cwd, shell: "bash" }, `$E create -q -o x --files-from <(${find})`);
    for (const name of ["x", "y", "z"]) {
      const names = await ok({ cwd }, `$E list -i ${name} | cat`);
      assert.deepEqual(names.trimEnd().split("\n").sort(), ["d/a", "d/sub/b"]);
    }
  });
});

Deno.test("device nodes are looked at with the executable's own permissions", async () => {
  await withScratch(async (cwd) => {
    // A node that is there, but no tape drive; one that is not there; a place for no image.
    for (
      const [spec, said] of [
        ["/dev/full", /\/dev\/full is no tape drive/],
        ["/dev/nst999", /\/dev\/nst999: .*ENOENT/],
        ["/proc/version", /\/proc\/version is no tape drive, and an image cannot lie below/],
      ] as const
    ) {
      const { code, stderr } = await script({ cwd }, `$E tape status ${spec}`);
      assert.notEqual(code, 0);
      assert.match(stderr, said);
    }
  });
});
