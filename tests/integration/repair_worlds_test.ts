/**
 * Repair on a disk, from seeds: random archives harmed in every way that may be survived, strangers'
 * shards, bytes behind the end and shards filed under wrong chunks among it. After one repair every
 * file is as it was written and the archive is whole; a second one finds nothing to do.
 *
 *     deno test -A tests/integration/repair_worlds_test.ts -- --runs 500 --seed 1
 */

import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { repairArchive } from "../../src/archive/repair.ts";
import { indexFileName, shardFileName } from "../../src/shard/shard_name.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { sameBytes } from "../bytes.ts";
import { namesIn } from "../cli/sample_tree.ts";
import { Random } from "../sim/random.ts";
import { type KnownArchive, knownArchive, randomShape } from "../sim/shard_set.ts";
import { randomTree } from "../sim/trees.ts";
import { archiveState } from "./archive_state.ts";
import { withScratch } from "./scratch.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { runs: { type: "string", default: "25" }, seed: { type: "string" } },
  strict: false,
});
const RUNS = Number(values.runs);
const FIRST = Number(values.seed ?? Math.floor(Math.random() * 1e6));

const NAME = "backup";

/** Files of an archive by name. */
function filesOf({ shares, indexBytes }: KnownArchive): Map<string, Uint8Array> {
  const files = new Map([[indexFileName(NAME), indexBytes]]);
  shares.forEach((ofChunk, i) =>
    ofChunk.forEach((bytes, shard) => files.set(shardFileName(NAME, i + 1, shard), bytes))
  );
  return files;
}

const HARMS = [
  "gone",
  "empty",
  "cut",
  "longer",
  "much longer",
  "flipped",
  "noise",
  "zeros",
  "another chunk's",
  "moved from another chunk",
  "a stranger's",
  "a later run's",
] as const;

/** Harms a shard file; tells how. */
function harm(
  random: Random,
  files: Map<string, Uint8Array>,
  known: KnownArchive,
  stranger: KnownArchive,
  later: KnownArchive,
  chunk: number,
  shard: number,
  mayBeStranger: boolean,
): string {
  const name = shardFileName(NAME, chunk, shard);
  const bytes = known.shares[chunk - 1][shard];
  const other = random.int(1, known.shares.length);
  const kind = random.pick(HARMS);
  const set = (changed: Uint8Array) => files.set(name, changed);
  switch (kind) {
    case "gone":
      files.delete(name);
      break;
    case "empty":
      set(new Uint8Array(0));
      break;
    case "cut":
      set(bytes.slice(0, random.int(0, bytes.length - 1)));
      break;
    case "longer":
    case "much longer": {
      const more = random.bytes(kind === "longer" ? random.int(1, 9) : random.int(5000, 50_000));
      set(new Uint8Array([...bytes, ...more]));
      break;
    }
    case "flipped": {
      const changed = bytes.slice();
      changed[random.int(0, bytes.length - 1)] ^= 1 << random.int(0, 7);
      set(changed);
      break;
    }
    case "noise":
      set(random.bytes(bytes.length));
      break;
    case "zeros":
      set(new Uint8Array(bytes.length));
      break;
    case "another chunk's":
    case "moved from another chunk":
      if (other === chunk || !mayBeStranger) files.delete(name);
      else set(known.shares[other - 1][shard].slice());
      break;
    case "a stranger's":
      if (!mayBeStranger) files.delete(name);
      else set(random.pick(stranger.shares)[shard].slice());
      break;
    case "a later run's":
      // Where its header stands as well nothing would tell which archive is meant.
      if (!mayBeStranger || shard === 0 || shard >= known.shape.k) files.delete(name);
      else set(later.shares[chunk - 1][shard].slice());
  }
  return `${name} ${kind}`;
}

async function runSeed(seed: number, directory: string): Promise<void> {
  const random = new Random(seed);
  const shape = { ...randomShape(random, NAME), k: random.int(1, 5) };
  shape.m = shape.k + random.int(1, 3);
  const { k, m } = shape;
  const tree = randomTree(random);
  const known = await knownArchive(tree, shape);
  const later = await knownArchive(tree, { ...shape, uuid: random.uuid() });
  const stranger = await knownArchive(randomTree(random), { ...shape, uuid: random.uuid() });
  const written = filesOf(known);
  const files = new Map(written);
  const log = [`${k} of ${m}, ${known.shares.length} chunks`];
  known.shares.forEach((_, i) => {
    const all = Array.from({ length: m }, (_, shard) => shard);
    // Of as many strangers as restore something, nothing would tell which archive is meant.
    let strangers = k - 1;
    for (const shard of random.sample(all, random.int(0, m - k))) {
      log.push(harm(random, files, known, stranger, later, i + 1, shard, strangers-- > 0));
    }
  });
  const index = random.pick(["good", "gone", "cut", "flipped"]);
  const own = files.get(indexFileName(NAME))!;
  if (index === "gone") files.delete(indexFileName(NAME));
  if (index === "cut") files.set(indexFileName(NAME), own.slice(0, random.int(0, own.length - 1)));
  if (index === "flipped") {
    const changed = own.slice();
    changed[random.int(0, own.length - 1)] ^= 1 << random.int(0, 7);
    files.set(indexFileName(NAME), changed);
  }
  log.push(`index ${index}`);
  const bystanders = new Map([["other.c001.s00", "mine"], [`${NAME}.c001.s00.bak`, "mine"]]);
  for (const [name, bytes] of files) await Deno.writeFile(`${directory}/${name}`, bytes);
  for (const [name, text] of bystanders) await Deno.writeTextFile(`${directory}/${name}`, text);
  try {
    const repair = () =>
      repairArchive({ inputs: [`${directory}/${NAME}`] }, new InProcessCompressor());
    const first = await repair();
    assert.deepEqual(first.lost, []);
    const changed = [...written].filter(([name, bytes]) =>
      !sameBytes(files.get(name) ?? new Uint8Array(0), bytes)
    );
    assert.equal(first.repaired.length, changed.length, "files repaired");
    for (const [name, bytes] of written) {
      assert.ok(sameBytes(await Deno.readFile(`${directory}/${name}`), bytes), `${name} differs`);
    }
    for (const [name, text] of bystanders) {
      assert.equal(await Deno.readTextFile(`${directory}/${name}`), text, name);
    }
    const kept = first.keptAside.map((path) => path.slice(directory.length + 1));
    const left = namesIn(directory);
    assert.deepEqual(left, [...written.keys(), ...bystanders.keys(), ...kept].sort());
    assert.deepEqual((await repair()).repaired, []);
    assert.deepEqual(namesIn(directory), left);
    assert.ok((await archiveState({ inputs: [`${directory}/${NAME}`] })).isSound, "not whole");
  } catch (error) {
    throw new Error(`seed ${seed}: ${log.join("; ")}`, { cause: error });
  }
}

Deno.test(`${RUNS} harmed archives from seed ${FIRST}: one repair makes each as it was written`, async () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    await withScratch((directory) => runSeed(seed, directory));
  }
});
