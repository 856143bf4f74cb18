/** `ectar tape …` on tape images. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ectarExits, ectarRefuses } from "../cli/run_ectar.ts";
import { makeSampleTree, namesIn, noise } from "../cli/sample_tree.ts";
import { withScratch } from "./scratch.ts";
import { imageNames, tapeFiles } from "./tape_images.ts";

/** A directory with the archive `backup` on two tapes. */
async function withTapes(test: (work: string) => Promise<void>): Promise<void> {
  await withScratch(async (work) => {
    await makeSampleTree(`${work}/tree`, 1);
    const drives = ["--tape-devices", "t0.tap,t1.tap", "--block-size", "32KB"];
    await ectarExits(0, work, "create", ...drives, "-o", "backup", "tree");
    await test(work);
  });
}

/** A tape image with these blocks; an empty one is a filemark. */
function writeImage(path: string, blocks: readonly Uint8Array[]): void {
  const parts = blocks.flatMap((block) => {
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, block.length, true);
    return block.length === 0 ? [word] : [word, block, new Uint8Array(block.length & 1), word];
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  Deno.writeFileSync(path, bytes);
}

Deno.test("status tells drives apart that work and that do not, for people and as JSON", async () => {
  await withTapes(async (work) => {
    const run = await ectarExits(1, work, "tape", "status", "t0.tap,absent.tap", "t1.tap");
    assert.match(run.stdout, /^t0\.tap: tape: ready$/m);
    assert.match(run.stdout, /^t1\.tap: tape: ready$/m);
    assert.match(run.stderr, /absent\.tap: no such tape image/);
    const json = await ectarExits(1, work, "tape", "status", "--json", "t0.tap", "absent.tap");
    const [first, second] = JSON.parse(json.stdout);
    assert.equal(first.drive, "t0.tap");
    assert.equal(first.online, true);
    assert.equal(first.block_mode, "variable");
    assert.equal(first.write_protected, false);
    assert.deepEqual(first.position, { file: 0, block: 0, logical: 0 });
    assert.equal(second.drive, "absent.tap");
    assert.match(second.error, /no such tape image/);
  });
});

Deno.test("identify names archive, shard and state, a blank tape, and somebody else's", async () => {
  await withTapes(async (work) => {
    Deno.writeFileSync(`${work}/blank.tap`, new Uint8Array(0));
    writeImage(`${work}/other.tap`, [noise(5000, 3), new Uint8Array(0)]);
    const devices = ["t1.tap", "blank.tap", "other.tap"];
    const run = await ectarExits(0, work, "tape", "identify", ...devices);
    assert.match(run.stdout, /^t1\.tap: shard 1 of 2 .* of archive backup, .* 1 chunk, complete$/m);
    assert.match(run.stdout, /^blank\.tap: a blank tape$/m);
    assert.match(run.stdout, /^other\.tap: unknown data \(first block 5000 bytes\)$/m);
    const json = await ectarExits(0, work, "tape", "identify", "--json", ...devices);
    const [tape, blank, other] = JSON.parse(json.stdout);
    assert.equal(tape.archives[0].archive_name, "backup");
    assert.equal(tape.archives[0].shard, 1);
    assert.equal(tape.archives[0].block_size, 32768);
    assert.equal(tape.archives[0].state, "complete");
    assert.equal(blank.kind, "blank");
    assert.equal(other.kind, "other");
  });
});

Deno.test("identify reads an index whose head lies in many small blocks", async () => {
  await withScratch(async (work) => {
    const names = Array.from({ length: 500 }, (_, i) => `${work}/in/${i}`);
    await Deno.mkdir(`${work}/in`);
    for (const name of names) await Deno.writeTextFile(name, name);
    for (const size of ["512", "4KiB"]) {
      const drives = ["--tape-devices", `a${size}.tap,b${size}.tap`, "--block-size", size];
      await ectarExits(0, work, "create", "-q", "--no-index", "-o", "b", ...drives, "in");
      const { stdout } = await ectarExits(0, work, "tape", "identify", `a${size}.tap`);
      assert.match(stdout, / 1 chunk, complete$/m);
    }
  });
});

Deno.test("erase without --yes only says what would be lost; with it the tape is blank", async () => {
  await withTapes(async (work) => {
    const before = Deno.readFileSync(`${work}/t0.tap`);
    const asked = await ectarExits(2, work, "tape", "erase", "t0.tap");
    assert.match(asked.stdout, /t0\.tap: shard 0 of 2 .* of archive backup/);
    assert.match(asked.stderr, /nothing was erased; give --yes/);
    assert.deepEqual(Deno.readFileSync(`${work}/t0.tap`), before);
    const done = await ectarExits(0, work, "tape", "erase", "--yes", "t0.tap");
    assert.match(done.stdout, /t0\.tap: erased; it was: shard 0 of 2/);
    const run = await ectarExits(0, work, "tape", "identify", "t0.tap");
    assert.equal(run.stdout, "t0.tap: a blank tape\n");
  });
});

Deno.test("erase touches neither what is no tape nor what is not there", async () => {
  await withTapes(async (work) => {
    Deno.writeTextFileSync(`${work}/letter`, "Dear Sir or Madam");
    await ectarRefuses(1, /letter is no tape image/, work, "tape", "erase", "--yes", "letter");
    await ectarRefuses(1, /no such tape image/, work, "tape", "erase", "--yes", "absent.tap");
    assert.equal(Deno.readTextFileSync(`${work}/letter`), "Dear Sir or Madam");
    assert.ok(!namesIn(work).includes("absent.tap"));
  });
});

Deno.test("rewind and eject take several drives, and the environment's", async () => {
  await withTapes(async (work) => {
    await ectarExits(0, work, "tape", "rewind", ...imageNames(2));
    const env = { ECTAR_TAPE_DEVICES: "t0.tap,t1.tap" };
    await ectarExits(0, { cwd: work, env }, "tape", "eject");
    await ectarRefuses(2, /no tape drive was named/, work, "tape", "rewind");
    await ectarRefuses(2, /at least|unknown command|fly/, work, "tape", "fly", "t0.tap");
  });
});

Deno.test("dump copies any unknown tape as numbered files with a hash list", async () => {
  await withScratch(async (work) => {
    const [a, b, c] = [noise(5000, 1), noise(7001, 2), noise(512, 3)];
    const mark = new Uint8Array(0);
    writeImage(`${work}/odd.tap`, [a, b, mark, c, mark, mark]);
    await ectarExits(0, work, "tape", "dump", "odd.tap", "-o", "out");
    const first = Deno.readFileSync(`${work}/out/odd.tap.file0000`);
    assert.deepEqual([...first], [...a, ...b]);
    assert.deepEqual(Deno.readFileSync(`${work}/out/odd.tap.file0001`), c);
    const hash = createHash("sha256").update(c).digest("hex");
    const list = Deno.readTextFileSync(`${work}/out/odd.tap.sha256`);
    assert.ok(list.includes(`${hash}  odd.tap.file0001\n`));
    assert.ok(namesIn(`${work}/out`).every((name) => !name.startsWith(".")));
  });
});

Deno.test("dump goes past a bad block, maps the hole, and exits with a note", async () => {
  await withTapes(async (work) => {
    // Bit 31 of a record's length words marks it bad in SIMH images.
    const label = tapeFiles(`${work}/t0.tap`)[0].reduce((sum, { length }) => sum + length + 8, 4);
    const bytes = Deno.readFileSync(`${work}/t0.tap`);
    const second = label + 32768 + 8;
    bytes[second + 3] |= 0x80;
    bytes[second + 4 + 32768 + 3] |= 0x80;
    Deno.writeFileSync(`${work}/t0.tap`, bytes);
    const run = await ectarExits(3, work, "tape", "dump", "t0.tap", "-o", "out");
    assert.match(run.stdout, /backup\.c001\.s00: 32\.0 KiB cannot be read, in one place/);
    const map = JSON.parse(Deno.readTextFileSync(`${work}/out/backup.tape-s00.holes.json`));
    const shard = map.files.find((file: { name: string }) => file.name === "backup.c001.s00");
    assert.deepEqual(shard.holes, [[32768, 32768]]);
    const good = tapeFiles(`${work}/t1.tap`)[1].length;
    assert.equal(Deno.statSync(`${work}/out/backup.c001.s00`).size, good * 32768);
  });
});

Deno.test("help lists the subcommands", async () => {
  await withScratch(async (work) => {
    const { stdout } = await ectarExits(0, work, "tape", "--help");
    for (const name of ["status", "identify", "rewind", "eject", "erase", "dump"]) {
      assert.ok(stdout.includes(name), name);
    }
  });
});
