/**
 * What the system refuses is one clear line and the right exit code: unreadable input, places that
 * may not be written, as a user without privileges.
 */

import assert from "node:assert/strict";
import { ECTAR, ectarExits, ectarRefuses, type RunOptions } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { giveToUnprivileged, IS_ROOT, unprivilegedEctar } from "../cli/unprivileged.ts";
import { withScratch } from "./scratch.ts";

const CREATE = ["create", "-q", "--data-shards", "2", "--parity-shards", "1", "-o"];

/** A directory of the unprivileged user with a small tree `in` and its archive `b`. */
async function asUser(test: (user: RunOptions, directory: string) => Promise<void>): Promise<void> {
  await withScratch(async (scratch) => {
    const command = await unprivilegedEctar(scratch);
    const directory = `${scratch}/home`;
    await makeSampleTree(`${directory}/in`, 1);
    await giveToUnprivileged(directory);
    const user = { cwd: directory, command };
    await ectarExits(0, user, ...CREATE, "b", "in");
    await test(user, directory);
    await Deno.chmod(directory, 0o755);
  });
}

Deno.test("without privileges", async (t) => {
  await asUser(async (user, directory) => {
    await t.step("an archive is made and restored", async () => {
      await ectarExits(0, user, "extract", "-i", "b", "-o", "out");
      await assertSameTree(`${directory}/in`, `${directory}/out/in`);
    });

    await t.step("files and folders that cannot be read are skipped and told", async () => {
      await Deno.mkdir(`${directory}/in/closed`);
      await Deno.writeTextFile(`${directory}/in/closed/inside`, "x");
      await Deno.chmod(`${directory}/in/deep/text`, 0o000);
      await giveToUnprivileged(directory);
      await Deno.chmod(`${directory}/in/closed`, 0o000);
      const run = await ectarExits(3, user, ...CREATE, "u", "in");
      assert.match(run.stderr, /in\/deep\/text.*permission denied/i, "with -q, too");
      assert.match(run.stderr, /in\/closed.*permission denied/i);
      assert.match(run.stderr, /^2 could not be read, and are not in the archive$/m);
      await ectarExits(0, user, "extract", "-i", "u", "-o", "out-u");
      assert.ok(!namesIn(`${directory}/out-u/in/deep`).includes("text"));
      await Deno.chmod(`${directory}/in/closed`, 0o755);
      await Deno.chmod(`${directory}/in/deep/text`, 0o644);
    });

    await t.step(
      "an operand that cannot be read is refused before anything is written",
      async () => {
        await Deno.chmod(`${directory}/in/deep`, 0o000);
        const before = namesIn(directory);
        await ectarRefuses(1, /permission denied/i, user, ...CREATE, "n", "in/deep/text");
        assert.deepEqual(namesIn(directory), before);
        await Deno.chmod(`${directory}/in/deep`, 0o755);
      },
    );

    await t.step("an output directory that may not be written is refused", async () => {
      await Deno.mkdir(`${directory}/locked`, { mode: 0o555 });
      await giveToUnprivileged(directory);
      await ectarRefuses(1, /permission denied/, user, ...CREATE, "locked/n", "in");
      await ectarRefuses(1, /permission denied/, user, "extract", "-i", "b", "-o", "locked/deeper");
      const blocked = await ectarExits(3, user, "extract", "-i", "b", "-o", "locked");
      assert.match(blocked.stderr, /permission denied/i);
      assert.ok(blocked.lines.length < 120, "told, and counted");
      assert.deepEqual(namesIn(`${directory}/locked`), []);
    });

    await t.step("a list of names or patterns that cannot be read is refused", async () => {
      await Deno.writeTextFile(`${directory}/list`, "in\n");
      await Deno.chmod(`${directory}/list`, 0o000);
      await giveToUnprivileged(`${directory}/list`);
      for (const option of ["--files-from", "--exclude-from"]) {
        await ectarRefuses(
          1,
          /list: permission denied/,
          user,
          ...CREATE,
          "n",
          option,
          "list",
          "in",
        );
      }
    });

    await t.step("shards that may not be opened are unreadable, and not missing", async () => {
      const closed = "cannot read ./b.c001.s01: permission denied";
      await Deno.chmod(`${directory}/b.c001.s01`, 0o000);
      const run = await ectarExits(3, user, "extract", "-i", "b", "-o", "out-s");
      const told = run.lines.filter((line) => line.includes("permission denied"));
      assert.deepEqual(told, [`chunk 1, shard 1: ${closed}`]);
      await assertSameTree(`${directory}/out/in`, `${directory}/out-s/in`, () => false);
      for (const depth of [["--quick"], [], ["--full"]]) {
        const verified = await ectarExits(4, user, "verify", ...depth, "-i", "b");
        assert.match(verified.stdout, /^ {2}c001 \.U\.$/m);
        assert.equal(verified.stdout.split(closed).length, 2, verified.stdout);
      }
      const { damage } = JSON.parse(
        (await ectarExits(4, user, "verify", "-i", "b", "--json")).stdout,
      );
      const { what, detail, ranges, made_up_for } = damage[0];
      assert.equal(damage.length, 1);
      assert.deepEqual([what, detail, ranges, made_up_for], ["unreadable", closed, [], true]);
      assert.match((await ectarExits(0, user, "info", "-i", "b")).stdout, /2 of 3 shards found/);
      const dry = await ectarExits(4, user, "repair", "-n", "-i", "b");
      assert.match(dry.stderr, /would repair \.\/b\.c001\.s01: cannot be read/);

      await Deno.chmod(`${directory}/b.c001.s00`, 0o000);
      const refusal =
        /1 of its 3 shards were found, 2 are needed \(cannot read .* permission denied/;
      await ectarRefuses(1, refusal, user, "extract", "-i", "b", "-o", "out-s2");
    });

    const owners = async () => {
      await Deno.mkdir(`${directory}/roots`);
      for (let i = 0; i < 50; i++) await Deno.writeTextFile(`${directory}/roots/${i}`, `${i}`);
      for (let i = 0; i < 50; i++) await Deno.chown(`${directory}/roots/${i}`, 0, 0);
      await ectarExits(0, directory, ...CREATE, "r", "roots");
      await Deno.chmod(`${directory}/r.c001.s00`, 0o644);
      const run = await ectarExits(3, user, "extract", "-i", "r", "-o", "out-r");
      assert.ok(run.lines.length <= 3, run.stderr);
      assert.match(run.stderr, /owner not set: 5\d/);
      await ectarExits(0, user, "extract", "-i", "r", "-o", "out-r2", "--no-same-owner");
      assert.equal(await Deno.readTextFile(`${directory}/out-r2/roots/7`), "7");
    };
    const name = "owners that may not be set are one line, and exit code 3";
    await t.step({ name, ignore: !IS_ROOT, fn: owners });
  });
});

Deno.test("too many open files: the run fails, and nothing is called lost", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 1);
    const shape = ["--data-shards", "100", "--parity-shards", "20", "-o", "b"];
    await ectarExits(0, directory, "create", "-q", ...shape, "in");
    const command = ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh", ...ECTAR];
    const limited = { cwd: directory, command };
    for (const args of [["verify"], ["verify", "--quick"], ["repair"], ["extract", "-o", "out"]]) {
      await ectarRefuses(1, /cannot read .*: too many open files/, limited, ...args, "-i", "b");
    }
    await ectarExits(0, directory, "verify", "-i", "b");
  }));

Deno.test("an output directory that is missing or none at all is refused", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 1);
    await Deno.writeTextFile(`${directory}/file`, "");
    await ectarRefuses(
      1,
      /directory nosuch does not exist/,
      directory,
      ...CREATE,
      "nosuch/b",
      "in",
    );
    await ectarRefuses(1, /not a directory/, directory, ...CREATE, "file/b", "in");
    await ectarExits(0, directory, ...CREATE, "b", "in");
    await ectarRefuses(1, /file/, directory, "extract", "-i", "b", "-o", "file");
    await ectarRefuses(1, /file/, directory, "extract", "-i", "b", "-o", "file/below");
    assert.equal(await Deno.readTextFile(`${directory}/file`), "");
  }));
