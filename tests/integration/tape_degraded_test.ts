/** Tapes that are absent, blank, wrong or damaged, and one working drive, on tape images. */
import assert from "node:assert/strict";
import { ectarExits, ectarRefuses, type EctarRun } from "../cli/run_ectar.ts";
import { assertSameTree, makeSampleTree, namesIn } from "../cli/sample_tree.ts";
import { withScratch } from "./scratch.ts";
import { imageNames } from "./tape_images.ts";

/** A directory with `tree` and its archive `backup` on `count` tapes. */
async function withTapes(
  count: number,
  test: (work: string, tapes: string[]) => Promise<void>,
): Promise<void> {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 2);
    const tapes = imageNames(count);
    await create(work, tapes, "backup", "tree");
    await test(work, tapes);
  });
}

async function create(
  work: string,
  tapes: string[],
  name: string,
  tree: string,
): Promise<EctarRun> {
  const shape = ["--chunk-size", "1MB", "--block-size", "64KB"];
  return await ectarExits(0, work, "create", ...on(tapes), ...shape, "-o", name, tree);
}

const on = (tapes: readonly string[]) => ["--tape-devices", tapes.join(",")];

Deno.test("any one tape of 3+1 may be absent, and the run says which", async () => {
  await withTapes(4, async (work, tapes) => {
    for (const [shard, lost] of tapes.entries()) {
      const rest = tapes.filter((tape) => tape !== lost).reverse();
      const run = await ectarExits(3, work, "extract", ...on(rest), "-o", `without-${shard}`);
      await assertSameTree(`${work}/tree`, `${work}/without-${shard}/tree`);
      assert.match(run.stderr, new RegExp(`shard ${shard} of backup is in no drive`));
    }
  });
});

Deno.test("with one tape too few nothing is restored, and the tapes wanted are named by volume", async () => {
  await withTapes(3, async (work) => {
    const message =
      /^ectar: 2 tapes of backup are needed and 1 is there; load 1 of shard 0 \(volume [0-9a-f-]{36}\), shard 2 \(volume/;
    await ectarRefuses(1, message, work, "extract", ...on(["t1.tap"]), "-o", "x");
    assert.deepEqual(namesIn(work).includes("x"), false);
    const listed = await ectarExits(0, work, "list", ...on(["t1.tap"]));
    assert.match(listed.stdout, /^tree\/large1$/m);
  });
});

Deno.test("a blank tape, another archive's tape, no tape image: each is named and the rest restores", async () => {
  await withTapes(3, async (work) => {
    await makeSampleTree(`${work}/other`, 1);
    await create(work, ["o0.tap", "o1.tap"], "another", "other");
    const onlyOthers = ["verify", "-i", "backup.index.zst", ...on(["o0.tap", "o1.tap"])];
    const seen = /only its index: no tape of archive \S+ is in the drives \(o0\.tap: .* another/;
    await ectarRefuses(1, seen, work, ...onlyOthers);
    await Deno.writeFile(`${work}/blank.tap`, new Uint8Array(0));
    await Deno.writeTextFile(`${work}/letter`, "Dear Sir or Madam, this is no tape");
    const drives = on(["blank.tap", "t2.tap", "o1.tap", "letter", "t0.tap", "absent.tap"]);
    const run = await ectarExits(3, work, "extract", ...drives, "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    assert.match(run.stderr, /drive blank\.tap: not of backup: a blank tape/);
    assert.match(run.stderr, /drive o1\.tap: not of backup: shard 1 of 2 .*another/);
    assert.match(run.stderr, /letter is no tape image/);
    assert.match(run.stderr, /drive absent\.tap cannot be read: no such tape image/);
    assert.equal(Deno.readTextFileSync(`${work}/letter`), "Dear Sir or Madam, this is no tape");
  });
});

Deno.test("two archives equally present: the files named decide, else it is an error", async () => {
  await withTapes(2, async (work) => {
    await makeSampleTree(`${work}/other`, 1);
    await create(work, ["o0.tap", "o1.tap"], "another", "other");
    const all = on(["t0.tap", "o0.tap", "o1.tap", "t1.tap"]);
    const message = /tapes of two archives are in the drives: (backup|another)/;
    await ectarRefuses(2, message, work, "extract", ...all, "-o", "x");
    const run = await ectarExits(3, work, "extract", "-i", "another", ...all, "-o", "x");
    await assertSameTree(`${work}/other`, `${work}/x/other`);
    assert.match(run.stderr, /drive t0\.tap: not of another/);
  });
});

Deno.test("tapes written a second time are another set: both are never mixed", async () => {
  await withTapes(3, async (work) => {
    await Deno.rename(`${work}/t0.tap`, `${work}/old.tap`);
    await Deno.remove(`${work}/backup.index.zst`);
    await Deno.writeTextFile(`${work}/tree/deep/text`, "changed\n");
    const again = ["--overwrite", ...on(["t0.tap", "t1.tap", "t2.tap"])];
    const shape = ["--chunk-size", "1MB", "--block-size", "64KB", "-o", "backup"];
    await ectarExits(0, work, "create", ...again, ...shape, "tree");
    const run = await ectarExits(
      3,
      work,
      "extract",
      ...on(["old.tap", "t1.tap", "t2.tap"]),
      "-o",
      "x",
    );
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    assert.match(run.stderr, /drive old\.tap: not of backup: shard 0 of 3 .* of archive backup/);
  });
});

Deno.test("every tape damaged, nowhere more than one at once: everything restores", async () => {
  await withTapes(4, async (work, tapes) => {
    for (const [i, tape] of tapes.entries()) {
      using file = await Deno.open(`${work}/${tape}`, { write: true });
      // Different blocks of different tapes, beyond the label.
      await file.seek(40_000 + i * 70_000, Deno.SeekMode.Start);
      await file.write(new Uint8Array(1000).fill(0x55));
    }
    await ectarExits(3, work, "extract", ...on(tapes), "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
  });
});

Deno.test("a tape cut off in the middle is good for what it has", async () => {
  await withTapes(3, async (work) => {
    const size = Deno.statSync(`${work}/t0.tap`).size;
    await Deno.truncate(`${work}/t0.tap`, size * 0.6);
    const run = await ectarExits(
      3,
      work,
      "extract",
      ...on(["t0.tap", "t2.tap", "t1.tap"]),
      "-o",
      "x",
    );
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    assert.match(run.stderr, /chunks? [\d, to]+, shard 0/);
  });
});

Deno.test("one working drive: three tapes of 3+1 dumped one after the other restore", async () => {
  await withTapes(4, async (work) => {
    for (const tape of ["t3.tap", "t0.tap", "t2.tap"]) {
      // The same drive each time.
      await Deno.rename(`${work}/${tape}`, `${work}/drive.tap`);
      await ectarExits(0, work, "tape", "dump", "drive.tap", "-o", "disk");
      await Deno.remove(`${work}/drive.tap`);
    }
    await ectarExits(3, work, "extract", "-i", "disk", "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    const sums = await new Deno.Command("sha256sum", {
      args: ["-c", "--quiet", "backup.tape-s00.sha256", "backup.tape-s03.sha256"],
      cwd: `${work}/disk`,
    }).output();
    assert.equal(sums.code, 0);
  });
});

Deno.test("one working drive: a directory for each tape works as well, together with a drive", async () => {
  await withTapes(4, async (work) => {
    await ectarExits(0, work, "tape", "dump", "t1.tap", "-o", "d1");
    await ectarExits(0, work, "tape", "dump", "t3.tap", "-o", "d3");
    const mixed = ["-i", "d1", "d3", ...on(["t2.tap"])];
    const run = await ectarExits(3, work, "extract", ...mixed, "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    assert.match(run.stderr, /the tape with shard 0 of backup is in no drive/);
    assert.doesNotMatch(run.stderr, /the tape with shard 1/);
    await ectarExits(
      0,
      work,
      "extract",
      ...mixed.slice(0, 3),
      ...on(["t0.tap", "t2.tap"]),
      "-o",
      "y",
    );
    assert.match((await ectarExits(0, work, "list", ...mixed)).stdout, /^tree\/large1$/m);
  });
});

Deno.test("drives with nothing of the archive are a remark where files are enough", async () => {
  await withTapes(2, async (work) => {
    await ectarExits(0, work, "tape", "dump", "t0.tap", "-o", "d");
    await Deno.writeFile(`${work}/blank.tap`, new Uint8Array(0));
    const run = await ectarExits(3, work, "extract", "-i", "d", ...on(["blank.tap"]), "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
    assert.match(run.stderr, /blank\.tap: a blank tape/);
  });
});

Deno.test("a tape of another archive of that name is not dumped among the first one's shards", async () => {
  await withTapes(3, async (work, tapes) => {
    await Deno.mkdir(`${work}/other`);
    await create(work, ["o0.tap", "o1.tap", "o2.tap"], "other/backup", "tree");
    await ectarExits(0, work, "tape", "dump", tapes[0], "-o", "d");
    const before = namesIn(`${work}/d`);
    const message = /o1\.tap: d holds another archive called backup, not the one created/;
    await ectarRefuses(1, message, work, "tape", "dump", "o1.tap", "-o", "d");
    assert.deepEqual(namesIn(`${work}/d`), before);
    // Told by the index alone, and where both are dumped at once.
    for (const name of before) {
      if (name.endsWith(".label.tar")) await Deno.remove(`${work}/d/${name}`);
    }
    await ectarRefuses(1, message, work, "tape", "dump", "o1.tap", "-o", "d");
    const both = await ectarExits(1, work, "tape", "dump", tapes[0], "o1.tap", "-o", "both");
    assert.match(both.stderr, /both holds another archive called backup/);
    await ectarExits(0, work, "tape", "dump", tapes[1], "-o", "d");
    await ectarExits(3, work, "extract", "-i", "d", "-o", "x");
    await assertSameTree(`${work}/tree`, `${work}/x/tree`);
  });
});

Deno.test("a tape that was replaced is dumped with the others, though its index is another", async () => {
  await withTapes(3, async (work, tapes) => {
    const onto = ["--replace", "2=new.tap"];
    await ectarExits(0, work, "repair", ...on(tapes.slice(0, 2)), ...onto);
    for (const tape of [tapes[0], "new.tap", "new.tap"]) {
      await ectarExits(0, work, "tape", "dump", tape, "-o", "d");
    }
    const index = namesIn(`${work}/d`).filter((name) => name.startsWith("new.tap.file"));
    assert.equal(index.length, 1);
    const sums = Deno.readTextFileSync(`${work}/d/backup.tape-s02.sha256`);
    assert.ok(sums.includes(index[0]));
    await ectarExits(4, work, "verify", "-i", "d");
  });
});

Deno.test("dumping again is no conflict, other bytes under the same name are", async () => {
  await withTapes(2, async (work) => {
    await ectarExits(0, work, "tape", "dump", "t0.tap", "-o", "d");
    const before = namesIn(`${work}/d`);
    await ectarExits(0, work, "tape", "dump", "t0.tap", "-o", "d");
    await Deno.writeTextFile(`${work}/d/backup.c001.s00`, "changed");
    const message = /backup\.c001\.s00 is there and differs/;
    await ectarRefuses(1, message, work, "tape", "dump", "t0.tap", "-o", "d");
    assert.equal(Deno.readTextFileSync(`${work}/d/backup.c001.s00`), "changed");
    await ectarExits(0, work, "tape", "dump", "t0.tap", "-o", "d", "--force");
    assert.deepEqual(namesIn(`${work}/d`), before);
  });
});
