/** Directories somebody else filled: what lies there among shards neither blocks nor leads elsewhere. */

import assert from "node:assert/strict";
import { ectar, ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import { withScratch } from "./scratch.ts";

/** No run here takes long, unless it waits for ever. */
const LIMIT_MS = 20_000;

async function madeArchive(directory: string): Promise<void> {
  await Deno.writeTextFile(`${directory}/file`, "content\n".repeat(1000));
  await Deno.mkdir(`${directory}/a`);
  const shape = ["--data-shards", "2", "--parity-shards", "2"];
  await ectarExits(0, directory, "create", "-q", "-o", "a/b", ...shape, "file");
}

async function run(program: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args }).output();
  assert.ok(success, program);
}

const INTRUDERS: Record<string, (path: string) => Promise<void>> = {
  "a FIFO": (path) => run("mkfifo", path),
  "a link to a FIFO": async (path) => {
    await run("mkfifo", `${path}.fifo`);
    await Deno.symlink(`${path}.fifo`, path);
  },
  "a link to endless zeros": (path) => Deno.symlink("/dev/zero", path),
  "a link to nothing": (path) => Deno.symlink("/nowhere", path),
  "a link to itself": (path) => Deno.symlink(path, path),
  "a directory": (path) => Deno.mkdir(path),
};

const PLACES = ["b.c001.s01", "b.c002.s00", "b.index.zst", ".b.ectar-commit"];

for (const [what, intrude] of Object.entries(INTRUDERS)) {
  Deno.test(`${what} among the shards, as index or as marker blocks nobody`, async () => {
    for (const place of PLACES) {
      await withScratch(async (directory) => {
        await madeArchive(directory);
        await Deno.remove(`${directory}/a/${place}`).catch(() => {});
        await intrude(`${directory}/a/${place}`);
        const started = performance.now();
        const { code } = await ectar(directory, "extract", "-q", "-i", "a/b", "-o", "out");
        assert.ok(code === 0 || code === 3 || place.includes("c002"), `${place}: exit ${code}`);
        await ectar(directory, "list", "-i", "a/b");
        await ectar(directory, "verify", "-q", "-i", "a");
        assert.ok(performance.now() - started < LIMIT_MS, place);
        if (place.includes("c002")) return;
        const content = await Deno.readTextFile(`${directory}/out/file`);
        assert.equal(content, "content\n".repeat(1000));
      });
    }
  });
}

Deno.test("a marker that claims any number of files ends soon, and hides nothing", async () => {
  await withScratch(async (directory) => {
    await madeArchive(directory);
    const marker = { id: "01234567", uuid: "x", chunks: 9e15, m: 256, index: true };
    await Deno.writeTextFile(`${directory}/a/.b.ectar-commit`, JSON.stringify(marker) + "\n");
    await ectarExits(0, directory, "extract", "-q", "-i", "a/b", "-o", "out");
    await ectarExits(0, directory, "create", "-q", "--force", "-o", "a/b", "file");
  });
});

Deno.test("a marker moves and removes nothing outside its archive", async () => {
  await withScratch(async (directory) => {
    await madeArchive(directory);
    await Deno.writeTextFile(`${directory}/victim`, "untouched");
    await Deno.mkdir(`${directory}/a/...`);
    await Deno.writeTextFile(`${directory}/a/.../victim.ectar-01234567`, "planted");
    await Deno.writeTextFile(`${directory}/a/.x.ectar-01234567`, "planted");
    for (
      const [files, aside] of [[["../victim"], {}], [["x"], {}], [["b.c001.s00"], {
        "b.c001.s00": "../victim",
      }]]
    ) {
      const repair = { files, aside };
      const marker = { id: "01234567", uuid: "x", chunks: 0, m: 1, index: false, repair };
      await Deno.writeTextFile(`${directory}/a/.b.ectar-commit`, JSON.stringify(marker) + "\n");
      await ectar(directory, "create", "-q", "-o", "a/b", "file");
      await ectar(directory, "repair", "-q", "-i", "a/b");
      assert.equal(await Deno.readTextFile(`${directory}/victim`), "untouched");
      await assert.rejects(Deno.lstat(`${directory}/a/x`));
    }
  });
});

Deno.test("creating writes through no link that stands under a name of the archive", async () => {
  await withScratch(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "content");
    await Deno.writeTextFile(`${directory}/victim`, "untouched");
    for (const name of ["b.c001.s00", "b.index.zst", ".b.ectar-commit"]) {
      await Deno.symlink("victim", `${directory}/${name}`);
      await ectar(directory, "create", "-q", "-o", "b", "file");
      await ectar(directory, "create", "-q", "--force", "-o", "b", "file");
      assert.equal(await Deno.readTextFile(`${directory}/victim`), "untouched", name);
      for await (const entry of Deno.readDir(directory)) {
        if (/^\.?b\./.test(entry.name)) await Deno.remove(`${directory}/${entry.name}`);
      }
    }
  });
});

Deno.test("names of archives are file names", async () => {
  await withScratch(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "content");
    for (const name of ["..", ".", "", "a\nb"]) {
      await ectarRefuses(2, /cannot be an archive name/, directory, "create", "-o", name, "file");
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(directory))).length, 1);
  });
});
