/**
 * An extract that is killed or interrupted at any moment leaves no file under its own name that is
 * not whole, and can be run again.
 */

import assert from "node:assert/strict";
import { ectarExits } from "../cli/run_ectar.ts";
import { assertSameBytes, assertSameTree, makeSampleTree } from "../cli/sample_tree.ts";
import { runAndSignal, seen } from "./signals.ts";
import { withScratch } from "./scratch.ts";

const EXTRACT = ["extract", "-i", "b", "-o", "out"];

async function withArchive(test: (directory: string) => Promise<void>): Promise<void> {
  await withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 16);
    const shape = ["--data-shards", "2", "--parity-shards", "1", "--chunk-size", "6M"];
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...shape, "-C", "in", ".");
    await test(directory);
  });
}

/** Every file under a name of its own is whole; those, and what is there under hidden names. */
async function assertWhole(directory: string): Promise<{ whole: string[]; hidden: string[] }> {
  const whole: string[] = [];
  const hidden: string[] = [];
  const visit = async (path: string) => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(`${directory}/out/${path}`)) {
      if (isDirectory) await visit(`${path}${name}/`);
      if (name.startsWith(".")) hidden.push(path + name);
      if (!isFile || name.startsWith(".")) continue;
      const expected = await Deno.readFile(`${directory}/in/${path}${name}`);
      assertSameBytes(await Deno.readFile(`${directory}/out/${path}${name}`), expected, name);
      whole.push(path + name);
    }
  };
  await visit("");
  return { whole, hidden };
}

const MOMENTS = ["deep", "large3", "large9"];

for (const moment of MOMENTS) {
  Deno.test(`kill -9 an extract at ${moment}: what stands is whole, and the next run works`, () =>
    withArchive(async (directory) => {
      await Deno.mkdir(`${directory}/out`);
      const begun = seen(`${directory}/out`, new RegExp(`^\\.?${moment}`));
      await runAndSignal(directory, EXTRACT, "SIGKILL", begun);
      const { whole, hidden } = await assertWhole(directory);
      assert.ok(hidden.length <= 1, `at most the file under way: ${hidden}`);
      // Without --force what is there is kept and said; the rest is restored.
      const kept = await ectarExits(whole.length > 0 ? 3 : 0, directory, ...EXTRACT);
      assert.equal(/exists/.test(kept.stderr), whole.length > 0);
      await assertWhole(directory);
      for (const name of hidden) await Deno.remove(`${directory}/out/${name}`);
      await ectarExits(0, directory, ...EXTRACT, "--force");
      await assertSameTree(`${directory}/in`, `${directory}/out`);
    }));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends an extract with exit code 130 and leaves nothing half`, () =>
    withArchive(async (directory) => {
      await Deno.mkdir(`${directory}/out`);
      const run = await runAndSignal(
        directory,
        EXTRACT,
        signal,
        seen(`${directory}/out`, /large1/),
      );
      assert.equal(run.code, 130, run.stderr);
      assert.match(run.stderr, /^ectar: interrupted[^\n]*\n$/);
      const { whole, hidden } = await assertWhole(directory);
      assert.ok(!whole.includes("zz-hard-link"), "it was not at its end");
      assert.deepEqual(hidden, []);
      await ectarExits(0, directory, ...EXTRACT, "--force");
      await assertSameTree(`${directory}/in`, `${directory}/out`);
    }));
}
