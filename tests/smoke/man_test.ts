/**
 * Manual pages as man(1) and its like see them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/command_list.ts";
import { ok, script, withScratch } from "./executable.ts";

const PAGES = ["ectar.1", ...COMMANDS.map(({ name }) => `ectar-${name}.1`)].sort();

Deno.test("there is a page for every command", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, "$E man --output man1 && $E man create >one");
    assert.deepEqual((await ok({ cwd }, "cd man1 && ls")).trim().split("\n").sort(), PAGES);
    await ok({ cwd }, "cmp one man1/ectar-create.1 && $E man | cmp - man1/ectar.1");
    assert.equal((await script({ cwd }, "$E man nonsense")).code, 2);
    assert.equal((await script({ cwd }, "$E man --output one/man1")).code, 1);
  });
});

for (
  const [tool, lint] of [
    ["mandoc", "mandoc -T lint -W warning man1/*.1"],
    ["groff", "for p in man1/*.1; do groff -man -ww -Tutf8 $p >/dev/null; done 2>&1"],
  ]
) {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] }).output();
  Deno.test({
    name: `${tool} has nothing to say about the pages`,
    ignore: !success,
    fn: () =>
      withScratch(async (cwd) => {
        await ok({ cwd }, "mkdir man1 && $E man --output man1");
        assert.equal(await ok({ cwd }, lint), "");
      }),
  });
}
