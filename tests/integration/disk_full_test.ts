/**
 * A full disk ends create and extract with one line, exit code 1 and nothing half. Needs root to
 * mount a small file system.
 */

import assert from "node:assert/strict";
import { ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import { assertSameBytes, assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { withScratch } from "./scratch.ts";

const SHAPE = ["--data-shards", "2", "--parity-shards", "1", "--chunk-size", "1M"];

async function mounts(...args: string[]): Promise<boolean> {
  const [command, ...rest] = args;
  return (await new Deno.Command(command, { args: rest, stderr: "null" }).output()).success;
}

/** Containers forbid it even to root. */
const canMount = Deno.uid() === 0 && await (async () => {
  const directory = await Deno.makeTempDir();
  const mounted = await mounts("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
  if (mounted) await mounts("umount", directory);
  await Deno.remove(directory);
  return mounted;
})();

/** A directory `disk` with room for `size`. */
async function withSmallDisk(
  size: string,
  test: (directory: string) => Promise<void>,
): Promise<void> {
  await withScratch(async (directory) => {
    const disk = `${directory}/disk`;
    await Deno.mkdir(disk);
    assert.ok(await mounts("mount", "-t", "tmpfs", "-o", size, "tmpfs", disk));
    try {
      await test(directory);
    } finally {
      assert.ok(await mounts("umount", disk));
    }
  });
}

const ignore = !canMount;

for (const size of ["size=16k", "size=300k", "size=1500k", "size=6m"]) {
  Deno.test(
    `create onto a disk of ${size.slice(5)} leaves nothing behind`,
    { ignore },
    () =>
      withSmallDisk(size, async (directory) => {
        await makeSampleTree(`${directory}/in`, 6);
        const args = ["create", "-o", "disk/b", ...SHAPE, "in"];
        await ectarRefuses(
          1,
          /cannot (write disk\/b\.c\d+\.s\d+|keep .* in disk): no space left/,
          directory,
          ...args,
        );
        assert.deepEqual(namesIn(`${directory}/disk`), []);
      }),
  );
}

Deno.test(
  "create where there are no inodes left leaves nothing behind",
  { ignore },
  () =>
    withSmallDisk("size=50m,nr_inodes=12", async (directory) => {
      await makeSampleTree(`${directory}/in`, 6);
      const args = ["create", "-o", "disk/b", ...SHAPE, "in"];
      await ectarRefuses(1, /no space left/i, directory, ...args);
      assert.deepEqual(namesIn(`${directory}/disk`), []);
    }),
);

Deno.test(
  "a disk that fills up while an archive is replaced keeps the old one",
  { ignore },
  () =>
    withSmallDisk("size=8m", async (directory) => {
      await makeSampleTree(`${directory}/in`, 3);
      const args = ["create", "-q", "-o", "disk/b", ...SHAPE];
      await ectarExits(0, directory, ...args, "in");
      const before = namesIn(`${directory}/disk`);
      await ectarRefuses(1, /no space left/i, directory, ...args, "--force", "in");
      assert.deepEqual(namesIn(`${directory}/disk`), before);
      await ectarExits(0, directory, "extract", "-i", "disk/b", "-o", "out");
      await assertSameTree(`${directory}/in`, `${directory}/out/in`);
    }),
);

Deno.test(
  "extract onto a disk that fills up leaves only whole files",
  { ignore },
  () =>
    withSmallDisk("size=3m", async (directory) => {
      await makeSampleTree(`${directory}/in`, 6);
      await ectarExits(0, directory, "create", "-q", "-o", "b", ...SHAPE, "-C", "in", ".");
      const args = ["extract", "-i", "b", "-o", "disk/out"];
      await ectarRefuses(1, /no space left/i, directory, ...args);
      let large = 0;
      for (const name of namesIn(`${directory}/disk/out`)) {
        assert.doesNotMatch(name, /^\./);
        if (!name.startsWith("large")) continue;
        const expected = await Deno.readFile(`${directory}/in/${name}`);
        assertSameBytes(await Deno.readFile(`${directory}/disk/out/${name}`), expected, name);
        large++;
      }
      assert.equal(large, 2);
    }),
);

Deno.test(
  "a read-only disk is refused",
  { ignore },
  () =>
    withSmallDisk("size=8m", async (directory) => {
      await makeSampleTree(`${directory}/in`, 1);
      await ectarExits(0, directory, "create", "-q", "-o", "disk/b", ...SHAPE, "in");
      assert.ok(await mounts("mount", "-o", "remount,ro", `${directory}/disk`));
      const create = ["create", "-o", "disk/c", ...SHAPE, "in"];
      await ectarRefuses(1, /read-only file system/i, directory, ...create);
      await ectarRefuses(
        1,
        /read-only file system/i,
        directory,
        "extract",
        "-i",
        "disk/b",
        "-o",
        "disk/x",
      );
      await ectarRefuses(
        1,
        /read-only file system/i,
        directory,
        "extract",
        "-i",
        "disk/b",
        "-o",
        "disk",
      );
      // Reading from it needs no writing.
      await ectarExits(0, directory, "extract", "-i", "disk/b", "-o", "out");
      await assertSameTree(`${directory}/in`, `${directory}/out/in`);
    }),
);
