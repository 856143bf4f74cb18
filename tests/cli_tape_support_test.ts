/** The command line with tape devices, run as a user runs it, on tape images. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { concat } from "./bytes.ts";
import { ectarExits } from "./cli/run_ectar.ts";
import { assertSameTree, makeSampleTree } from "./cli/sample_tree.ts";
import { withScratch } from "./integration/scratch.ts";
import { tapeFiles } from "./integration/tape_images.ts";

const UUID = "12345678-1234-4234-8234-123456789abc";
const PINNED = ["--uuid", UUID, "--created", "2026-01-02T03:04:05Z"];

Deno.test("create with devices: each tape holds label, its shards byte for byte, and the index", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 3);
    const shape = [...PINNED, "--chunk-size", "1MB", "--block-size", "32KB"];
    const drives = ["--tape-devices", "t0.tap,t1.tap", "--tape-devices", "t2.tap"];
    const run = await ectarExits(0, work, "create", ...drives, ...shape, "-o", "backup", "tree");
    assert.match(
      run.stderr,
      /shard 0: t0\.tap, volume [0-9a-f-]{36}, ok, all 4 chunks with the index/,
    );
    const counts = ["--data-shards", "2", "--parity-shards", "1"];
    await Deno.mkdir(`${work}/files`);
    await ectarExits(0, work, "create", ...counts, ...shape, "-o", "files/backup", "tree");
    for (const shard of [0, 1, 2]) {
      const [label, ...files] = tapeFiles(`${work}/t${shard}.tap`);
      const index = files.pop()!;
      assert.deepEqual(label.map((block) => block.length % 10240), label.map(() => 0));
      assert.equal(files.length, 4);
      for (const [i, blocks] of files.entries()) {
        assert.ok(blocks.every((block) => block.length === 32768));
        const file = Deno.readFileSync(`${work}/files/backup.c00${i + 1}.s0${shard}`);
        assert.ok(Buffer.from(concat(blocks)).equals(file), `chunk ${i + 1} shard ${shard}`);
      }
      assert.deepEqual([...index[0].subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd]);
      const copy = Deno.readFileSync(`${work}/backup.index.zst`);
      assert.ok(Buffer.from(concat(index).subarray(0, copy.length)).equals(copy));
    }
  });
});

Deno.test("create with devices: plain tar reads the label, and RESTORE.txt is in it", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const drives = ["--tape-devices", "t0.tap,t1.tap"];
    await ectarExits(0, work, "create", ...drives, "-o", "backup", "tree");
    await Deno.writeFile(`${work}/label.tar`, concat(tapeFiles(`${work}/t1.tap`)[0]));
    const { stdout } = await new Deno.Command("tar", { args: ["tf", "label.tar"], cwd: work })
      .output();
    const names = new TextDecoder().decode(stdout).trim().split("\n");
    assert.deepEqual(names, ["ectar-label.json", "RESTORE.txt", "ectar-unfec.py"]);
  });
});

Deno.test("create with devices: a summary for scripts, and no index file where none is wanted", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const args = ["--tape-devices", "t0.tap,t1.tap,t2.tap", "--json", "--no-index", ...PINNED];
    const run = await ectarExits(0, work, "create", ...args, "-o", "backup", "tree");
    const summary = JSON.parse(run.stdout);
    assert.equal(summary.archive_uuid, UUID);
    assert.equal(summary.complete, true);
    assert.equal(summary.index_file, null);
    assert.deepEqual(
      summary.drives.map((each: Record<string, unknown>) => [
        each.drive,
        each.shard,
        each.state,
        each.chunks,
        each.index_written,
      ]),
      [0, 1, 2].map((shard) => [`t${shard}.tap`, shard, "ok", 1, true]),
    );
    assert.throws(() => Deno.statSync(`${work}/backup.index.zst`));
    await ectarExits(0, work, "extract", "--tape-devices", "t0.tap,t1.tap,t2.tap", "-o", "back");
    await assertSameTree(`${work}/tree`, `${work}/back/tree`);
  });
});

Deno.test("extract from devices: drives in any order, a tape destroyed, as the README does it", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 2);
    const drives = ["--tape-devices", "t0.tap,t1.tap,t2.tap"];
    await ectarExits(0, work, "create", ...drives, "--chunk-size", "1MB", "-o", "backup", "tree");
    const shuffled = ["--tape-devices", "t2.tap,t0.tap,t1.tap"];
    await ectarExits(0, work, "extract", ...shuffled, "-o", "all");
    await assertSameTree(`${work}/tree`, `${work}/all/tree`);
    await Deno.remove(`${work}/t1.tap`);
    const run = await ectarExits(
      3,
      work,
      "extract",
      "--tape-devices",
      "t2.tap,t0.tap",
      "-o",
      "two",
    );
    await assertSameTree(`${work}/tree`, `${work}/two/tree`);
    assert.match(run.stderr, /the tape with shard 1 of backup is in no drive/);
  });
});

Deno.test("extract, list, verify and info take devices, an index file, or both", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 2);
    const drives = ["--tape-devices", "t0.tap,t1.tap,t2.tap"];
    await ectarExits(0, work, "create", ...drives, "--chunk-size", "1MB", "-o", "backup", "tree");
    const fromTapes = await ectarExits(0, work, "list", ...drives);
    const fromIndex = await ectarExits(0, work, "list", "-i", "backup.index.zst");
    assert.match(fromIndex.stdout, /^tree\/deep\/er\/small7$/m);
    assert.equal(fromTapes.stdout, fromIndex.stdout);
    const one = ["--files", "tree/deep/text", "-o", "one"];
    await ectarExits(0, work, "extract", "-i", "backup", ...drives, ...one);
    assert.equal(
      Deno.readTextFileSync(`${work}/one/tree/deep/text`),
      Deno.readTextFileSync(`${work}/tree/deep/text`),
    );
    assert.match((await ectarExits(0, work, "verify", ...drives)).stdout, /backup: .*whole/i);
    const info = await ectarExits(0, work, "info", ...drives);
    assert.match(info.stdout, /layout: +tapes/);
    assert.match(info.stdout, /2 data \+ 1 parity/);
  });
});

Deno.test("block size: 512 KiB unless told, by option or by environment", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const blockOf = () => tapeFiles(`${work}/t0.tap`)[1][0].length;
    const again = ["create", "--tape-devices", "t0.tap,t1.tap", "--overwrite", "--force"];
    await ectarExits(0, work, ...again, "-o", "backup", "tree");
    assert.equal(blockOf(), 524288);
    await ectarExits(0, work, ...again, "--block-size", "64KB", "-o", "backup", "tree");
    assert.equal(blockOf(), 65536);
    const env = { ECTAR_BLOCK_SIZE: "128K", ECTAR_TAPE_DEVICES: "t0.tap,t1.tap" };
    const defaults = { cwd: work, env };
    const create = ["create", "--overwrite", "--force", "-o", "backup", "tree"];
    await ectarExits(0, defaults, ...create);
    assert.equal(blockOf(), 131072);
    await ectarExits(0, defaults, ...create, "--block-size", "64K");
    assert.equal(blockOf(), 65536);
    await ectarExits(0, defaults, "extract", "-o", "back");
    await assertSameTree(`${work}/tree`, `${work}/back/tree`);
  });
});

Deno.test("block size: what no tape takes is refused, and so is a wrong environment", async () => {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const create = ["create", "--tape-devices", "t0.tap,t1.tap", "-o", "backup", "tree"];
    const large = await ectarExits(2, work, ...create, "--block-size", "32MB");
    assert.match(large.stderr, /from 1 B to 16.0 MiB/);
    const small = await ectarExits(2, work, ...create, "--block-size", "8");
    assert.match(small.stderr, /tape block size must be 16 bytes to 16 MiB/);
    for (const size of ["many", "0", "64M"]) {
      const env = { ECTAR_BLOCK_SIZE: size };
      const wrong = await ectarExits(2, { cwd: work, env }, ...create);
      assert.match(wrong.stderr, /ECTAR_BLOCK_SIZE/);
    }
    assert.throws(() => Deno.statSync(`${work}/t0.tap`));
  });
});

Deno.test("help shows the devices and the environment's defaults", async () => {
  await withScratch(async (work) => {
    const { stdout } = await ectarExits(0, work, "create", "--help");
    for (
      const word of ["--tape-devices", "ECTAR_TAPE_DEVICES", "ECTAR_BLOCK_SIZE", "--overwrite"]
    ) {
      assert.ok(stdout.includes(word), word);
    }
  });
});
