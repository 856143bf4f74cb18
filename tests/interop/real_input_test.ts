/**
 * Real trees through create, loss, and extract: whatever a file system knows of them comes back.
 */

import assert from "node:assert/strict";
import { ectarExits } from "../cli/run_ectar.ts";
import { comparable, makeTree, type Node, readTree, withScratch } from "./tar/trees.ts";

const SHAPE = ["--data-shards", "3", "--parity-shards", "2"];

/** Archives `directory/in`, loses two shards of each chunk, restores to `directory/out`. */
async function thereAndBack(directory: string, ...options: string[]): Promise<void> {
  const from = ["-C", `${directory}/in`, "."];
  await ectarExits(0, directory, "create", "-q", "-o", "b", ...SHAPE, ...options, ...from);
  for (const { name } of Deno.readDirSync(directory)) {
    if (/^b\.c\d+\.s0[13]$/.test(name)) await Deno.remove(`${directory}/${name}`);
  }
  const run = await ectarExits(3, directory, "extract", "-i", "b", "-o", "out");
  // The shards gone are all there is to say.
  const said = run.lines.filter((line) => !/^chunks? [\d, to]+, shard [13]: not found$/.test(line));
  assert.equal(said.length, 1, run.stderr);
  assert.match(said[0], /^restored \d+ members$/);
}

function assertSameNodes(before: readonly Node[], after: readonly Node[]): void {
  assert.equal(after.length, before.length);
  for (const [i, node] of before.entries()) {
    assert.deepEqual(comparable(after[i]), comparable(node));
  }
}

Deno.test("a tree of everything a file system knows comes back, holes as holes", () =>
  withScratch(async (directory) => {
    makeTree(`${directory}/in`, "full");
    const before = readTree(`${directory}/in`, false);
    await thereAndBack(directory, "--chunk-size", "300K");
    const after = readTree(`${directory}/out`, false);
    assertSameNodes(before, after);
    for (const [i, { allocated, path }] of before.entries()) {
      const limit = allocated + 64 * 1024;
      assert.ok(after[i].allocated <= limit, `holes of ${path} were filled`);
    }
  }));

Deno.test("the system's programs come back: links, set-ID bits, capabilities", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    for (const folder of ["/usr/sbin", "/usr/lib/git-core", "/usr/share/zoneinfo", "/etc"]) {
      const args = ["-a", "--parents", folder, `${directory}/in`];
      await new Deno.Command("cp", { args, stderr: "null" }).output();
    }
    const before = readTree(`${directory}/in`, false);
    assert.ok(before.length > 500);
    await thereAndBack(directory, "--chunk-size", "64M");
    assertSameNodes(before, readTree(`${directory}/out`, false));
  }));

/** In memory where there is such a place: many small files are slow on some disks. */
async function inMemory(test: (directory: string) => Promise<void>): Promise<void> {
  const isThere = await Deno.stat("/dev/shm").then(() => true, () => false);
  const directory = await Deno.makeTempDir(isThere ? { dir: "/dev/shm" } : {});
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("twenty thousand small files come back, also one alone", () =>
  inMemory(async (directory) => {
    for (let folder = 0; folder < 20; folder++) {
      await Deno.mkdir(`${directory}/in/${folder}`, { recursive: true });
      for (let file = 0; file < 1000; file++) {
        const text = `${folder} ${file}\n`.repeat(file % 10);
        Deno.writeTextFileSync(`${directory}/in/${folder}/${file}`, text);
      }
    }
    await thereAndBack(directory);
    for (let folder = 0; folder < 20; folder++) {
      for (let file = 0; file < 1000; file++) {
        const path = `${folder}/${file}`;
        const text = Deno.readTextFileSync(`${directory}/out/${path}`);
        assert.equal(text, `${folder} ${file}\n`.repeat(file % 10));
        const [one, other] = ["in", "out"].map((root) =>
          Deno.statSync(`${directory}/${root}/${path}`)
        );
        assert.equal(other.mtime?.getTime(), one.mtime?.getTime());
      }
    }
    await ectarExits(3, directory, "extract", "-i", "b", "-o", "one", "--files", "./13/777");
    assert.equal(Deno.readTextFileSync(`${directory}/one/13/777`), "13 777\n".repeat(7));
  }));
