/**
 * kill -9 at random moments of everything that writes: create onto files and tapes, over an older
 * archive too; repair in place, elsewhere, of a tape; extract. Whatever the moment, nothing looks
 * whole that is not, nothing that was there is lost, and running it again works.
 *
 *     deno test -A tests/integration/kill_anywhere_test.ts -- --runs 300 --seed 1
 */

import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { ectarExits } from "../cli/run_ectar.ts";
import { assertSameTree, namesIn, noise } from "../cli/sample_tree.ts";
import { archiveState } from "./archive_state.ts";
import { overwrite, shardPath } from "./damage_shards.ts";
import { copyFiles } from "./repair_sample.ts";
import { after, runAndSignal } from "./signals.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { runs: { type: "string", default: "14" }, seed: { type: "string" } },
  strict: false,
});
const RUNS = Number(values.runs);
const FIRST = Number(values.seed ?? Math.floor(Math.random() * 1e6));

const TAPES = ["t0.tap", "t1.tap", "t2.tap"];
const FILES_OF_THREE = ["--data-shards", "2", "--parity-shards", "1", "--chunk-size", "300K"];
const BYSTANDERS = ["bb.c001.s00", "b.c001.s00.bak", "notes", "b.x.index.zst"];

/** Trees and archives that all runs begin with. */
interface Stage {
  scratch: string;
  newTar: Buffer;
  oldTar: Buffer;
}

async function makeStage(): Promise<Stage> {
  const scratch = await Deno.makeTempDir({ prefix: "ectar-kill-" });
  for (const [tree, seed, files] of [["new", 1, 9], ["old", 50, 5]] as const) {
    await Deno.mkdir(`${scratch}/${tree}/deep`, { recursive: true });
    for (let i = 0; i < files; i++) {
      const path = `${scratch}/${tree}/${i % 2 ? "deep/" : ""}file${i}`;
      await Deno.writeFile(path, noise(190_000 + 777 * i, seed + i));
    }
  }
  for (const directory of ["files", "before", "tapes"]) await Deno.mkdir(`${scratch}/${directory}`);
  const create = (directory: string, tree: string, ...args: string[]) =>
    ectarExits(0, `${scratch}/${directory}`, "create", "-q", ...args, "-C", `../${tree}`, ".");
  const five = ["--data-shards", "3", "--parity-shards", "2", "--chunk-size", "300K"];
  await create("files", "new", "-o", "b", ...five);
  await create("before", "old", "-o", "b", ...five);
  await create("tapes", "new", "-o", "b", "--tape-devices", TAPES.join(), "--chunk-size", "300K");
  const newTar = (await archiveState({ inputs: [`${scratch}/files/b`] })).tar!;
  const oldTar = (await archiveState({ inputs: [`${scratch}/before/b`] })).tar!;
  return { scratch, newTar, oldTar };
}

/** One kind of run: what is there before, what is run, and what must hold afterwards. */
interface Act {
  prepare(stage: Stage, directory: string, random: Random): Promise<void>;
  args: string[];
  /** After a kill; also when the run had ended just before. */
  check(stage: Stage, directory: string): Promise<void>;
  /** Makes it good. */
  again: string[];
  checkAgain(stage: Stage, directory: string): Promise<void>;
}

async function assertHolds(where: { inputs?: string[]; devices?: string[] }, tar: Buffer) {
  const { looksWhole, tar: found, refusal } = await archiveState(where);
  assert.ok(looksWhole, `it cannot be read: ${refusal?.message}`);
  assert.ok(found?.equals(tar), "its bytes differ");
}

/** Nothing of it, or it says that it is not whole, or it is whole. */
async function assertHonest(where: { inputs?: string[]; devices?: string[] }, ...tars: Buffer[]) {
  const { looksWhole, tar } = await archiveState(where);
  if (looksWhole) assert.ok(tars.some((each) => tar?.equals(each)), "it looks whole and is not");
  return looksWhole;
}

/** Harm to at most m-k shards of each chunk of the sample of 3 and 2. */
async function harm(directory: string, random: Random): Promise<void> {
  const shards = { directory, name: "b" };
  const chunks = namesIn(directory).filter((name) => /^b\.c\d+\.s00$/.test(name)).length;
  for (let chunk = 1; chunk <= chunks; chunk++) {
    for (const shard of random.sample([0, 1, 2, 3, 4], random.int(0, 2))) {
      const path = shardPath(shards, chunk, shard);
      if (random.chance(0.4)) await Deno.remove(path);
      else await overwrite(path, random.int(0, 40_000), noise(3000, random.int(1, 1e6)));
    }
  }
  if (random.chance(0.5)) await Deno.remove(`${directory}/b.index.zst`);
}

const createFiles = ["create", "-q", "-o", "b", ...FILES_OF_THREE, "-C", "../new", "."];
const onTapes = ["create", "-q", "-o", "b", "--tape-devices", TAPES.join(), "-C", "../new", "."];
const replace = ["repair", "-q", "--tape-devices", "t0.tap,t1.tap", "--replace", "2=fresh.tap"];
const rejoined = (directory: string) =>
  ["t0.tap", "fresh.tap"].map((name) => `${directory}/${name}`);

/** The archive and what was put into the output directory, where that is anything yet. */
function withOutput(directory: string): string[] {
  const hasOutput = namesIn(directory).includes("out") &&
    namesIn(`${directory}/out`).some((name) => /^(b\.c|b\.index|\.b\.ectar-commit)/.test(name));
  return [`${directory}/b`, ...hasOutput ? [`${directory}/out/b`] : []];
}

const ACTS: Record<string, Act> = {
  "create": {
    prepare: async () => {},
    args: createFiles,
    check: async ({ newTar }, directory) => {
      const isWhole = await assertHonest({ inputs: [`${directory}/b`] }, newTar);
      if (!isWhole) {
        assert.deepEqual(namesIn(directory).filter((name) => /^b\.c\d+\.s\d+$/.test(name)), []);
      }
    },
    again: [...createFiles, "--force"],
    checkAgain: ({ newTar }, directory) => assertHolds({ inputs: [`${directory}/b`] }, newTar),
  },
  "create over an older archive": {
    prepare: ({ scratch }, directory) => copyFiles(`${scratch}/before`, directory),
    args: [...createFiles, "--force"],
    check: async ({ newTar, oldTar }, directory) => {
      const isWhole = await assertHonest({ inputs: [`${directory}/b`] }, newTar, oldTar);
      assert.ok(isWhole, "neither the old archive is there nor the new one");
    },
    again: [...createFiles, "--force"],
    checkAgain: ({ newTar }, directory) => assertHolds({ inputs: [`${directory}/b`] }, newTar),
  },
  "create onto tapes": {
    prepare: async () => {},
    args: onTapes,
    check: async ({ newTar }, directory) => {
      const there = namesIn(directory).filter((name) => TAPES.includes(name));
      if (there.length === 0) return;
      await assertHonest({ devices: there.map((name) => `${directory}/${name}`) }, newTar);
    },
    // The index is copied to the directory last of all.
    again: [...onTapes, "--overwrite", "--force"],
    checkAgain: ({ newTar }, directory) =>
      assertHolds({ devices: TAPES.map((name) => `${directory}/${name}`) }, newTar),
  },
  "repair": {
    prepare: async ({ scratch }, directory, random) => {
      await copyFiles(`${scratch}/files`, directory);
      await harm(directory, random);
    },
    args: ["repair", "-q", "-i", "b"],
    check: ({ newTar }, directory) => assertHolds({ inputs: [`${directory}/b`] }, newTar),
    again: ["repair", "-q", "-i", "b"],
    checkAgain: async ({ newTar, scratch }, directory) => {
      await assertHolds({ inputs: [`${directory}/b`] }, newTar);
      for (const name of namesIn(`${scratch}/files`)) {
        const [one, other] = [scratch + "/files", directory].map((in_) =>
          Deno.readFileSync(`${in_}/${name}`)
        );
        assert.ok(one.length === other.length && one.every((byte, i) => byte === other[i]), name);
      }
    },
  },
  "repair to another directory": {
    prepare: async ({ scratch }, directory, random) => {
      await copyFiles(`${scratch}/files`, directory);
      await harm(directory, random);
    },
    args: ["repair", "-q", "-i", "b", "--output", "out"],
    check: async ({ newTar }, directory) => {
      await assertHolds({ inputs: [`${directory}/b`] }, newTar);
      await assertHolds({ inputs: withOutput(directory) }, newTar);
    },
    again: ["repair", "-q", "-i", "b", "--output", "out"],
    checkAgain: ({ newTar }, directory) => assertHolds({ inputs: withOutput(directory) }, newTar),
  },
  "repair of a tape": {
    prepare: async ({ scratch }, directory) => {
      for (const name of TAPES.slice(0, 2)) {
        await Deno.copyFile(`${scratch}/tapes/${name}`, `${directory}/${name}`);
      }
    },
    args: replace,
    check: async ({ newTar, scratch }, directory) => {
      for (const name of TAPES.slice(0, 2)) {
        const [one, other] = [`${scratch}/tapes`, directory].map((in_) =>
          Deno.readFileSync(`${in_}/${name}`)
        );
        assert.ok(one.length === other.length && one.every((byte, i) => byte === other[i]), name);
      }
      const there = namesIn(directory).filter((name) => name.endsWith(".tap"));
      await assertHolds({ devices: there.map((name) => `${directory}/${name}`) }, newTar);
      if (there.length === 3) await assertHonest({ devices: rejoined(directory) }, newTar);
    },
    again: [...replace, "--overwrite"],
    checkAgain: ({ newTar }, directory) => assertHolds({ devices: rejoined(directory) }, newTar),
  },
  "extract": {
    prepare: ({ scratch }, directory) => copyFiles(`${scratch}/files`, directory),
    args: ["extract", "-q", "-i", "b", "-o", "out"],
    check: ({ scratch }, directory) => assertNothingHalf(`${scratch}/new`, `${directory}/out`),
    again: ["extract", "-q", "-i", "b", "-o", "out", "--force"],
    checkAgain: async ({ scratch, newTar }, directory) => {
      const isHidden = (path: string) => path.split("/").at(-1)!.startsWith(".");
      await assertSameTree(
        `${scratch}/new`,
        `${directory}/out`,
        (path) => path === "" || isHidden(path),
      );
      await assertHolds({ inputs: [`${directory}/b`] }, newTar);
    },
  },
};

/** Every file that stands under its own name is whole. */
async function assertNothingHalf(expected: string, found: string): Promise<void> {
  const exists = await Deno.stat(found).then(() => true, () => false);
  if (!exists) return;
  for (const { name, isDirectory, isFile } of Deno.readDirSync(found)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) await assertNothingHalf(`${expected}/${name}`, `${found}/${name}`);
    if (!isFile) continue;
    const [one, other] = [expected, found].map((tree) => Deno.readFileSync(`${tree}/${name}`));
    assert.ok(one.length === other.length && one.every((byte, i) => byte === other[i]), name);
  }
}

/** Milliseconds that each kind of run takes when nobody kills it: measured once, then followed. */
const durations = new Map<string, number>();

async function runSeed(stage: Stage, seed: number): Promise<boolean> {
  const random = new Random(seed);
  const name = Object.keys(ACTS)[seed % Object.keys(ACTS).length];
  const act = ACTS[name];
  const directory = `${stage.scratch}/run`;
  await Deno.mkdir(directory);
  for (const bystander of BYSTANDERS) await Deno.writeTextFile(`${directory}/${bystander}`, "mine");
  await act.prepare(stage, directory, random);
  const expected = durations.get(name) ?? 900;
  const moment = expected * (0.15 + 0.9 * random.int(0, 1000) / 1000);
  const started = performance.now();
  const { killed, code, stderr } = await runAndSignal(
    directory,
    act.args,
    "SIGKILL",
    after(moment),
  );
  const took = performance.now() - started;
  try {
    if (!killed) {
      assert.equal(code, 0, stderr);
      durations.set(name, took);
      await act.checkAgain(stage, directory);
    } else durations.set(name, Math.max(took, expected));
    await act.check(stage, directory);
    await ectarExits(0, directory, ...act.again);
    await act.checkAgain(stage, directory);
    for (const bystander of BYSTANDERS) {
      assert.equal(await Deno.readTextFile(`${directory}/${bystander}`), "mine", bystander);
    }
  } catch (error) {
    const left = namesIn(directory).join(" ");
    throw new Error(`seed ${seed}: ${name}, killed after ${Math.round(took)} ms, left: ${left}`, {
      cause: error,
    });
  }
  await Deno.remove(directory, { recursive: true });
  return killed;
}

Deno.test(`kill -9 at ${RUNS} random moments, from seed ${FIRST}: nothing looks whole that is not, nothing is lost`, async () => {
  const stage = await makeStage();
  let kills = 0;
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    if (await runSeed(stage, seed)) kills++;
  }
  await Deno.remove(stage.scratch, { recursive: true });
  console.log(`killed ${kills} of ${RUNS} runs`);
  assert.ok(kills > RUNS / 4, `only ${kills} of ${RUNS} runs were killed`);
});
