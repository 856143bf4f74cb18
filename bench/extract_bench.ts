/**
 * Speed of `extract` beside zstd and GNU tar, and of `verify` beside sha256sum, all in memory.
 *
 * @module
 */

import {
  BASE,
  createCommand,
  extractCommand,
  mixedTree,
  SHARDS,
  tarZstd,
  type Tree,
} from "./archives.ts";
import { freshDirectory, inTurns, speedFigure } from "./compare.ts";
import { run, shell } from "./measure.ts";
import { directorySize, ECTAR, TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Finding } from "./report.ts";
import { makeSmallFiles } from "./trees.ts";

/** Exit codes of a restoration: 3 where shards are missing, which it says. */
const RESTORED = [0, 3];

/** Compares `extract` with its peers. */
export function benchExtract({ rounds, smallFiles, wholeTree }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const mixed = await compare(scratch, rounds, mixedTree(wholeTree));
    const small = makeSmallFiles(scratch, smallFiles);
    const ofSmall = await compare(scratch, rounds, small);
    const peer = "beside zstd -dc | tar -x";
    return [
      speedFigure(`extract, nothing lost, mixed tree, ${peer}`, 0.8, mixed.ours, mixed.theirs),
      speedFigure(
        "extract, 4 data shards lost, beside nothing lost",
        0.85,
        mixed.degraded,
        mixed.ours,
      ),
      speedFigure(`extract, ${small.name}, ${peer}`, 0.6, ofSmall.ours, ofSmall.theirs),
    ];
  });
}

/** Compares `verify` with what reads the same files and does least with them. */
export function benchVerify({ rounds, wholeTree }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const shards = await archive(scratch, mixedTree(wholeTree));
    const { ours, theirs } = await inTurns(rounds, {
      theirs: { command: shell(`sha256sum ${shards}/${BASE}.c*`) },
      ours: { command: [...ECTAR, "verify", "-q", "-i", `${shards}/${BASE}`] },
    });
    const what = "verify, mixed tree, 10+4, beside sha256sum of the shards";
    const bytes = `; ${directorySize(shards)} bytes`;
    return [speedFigure(what, 0.7, ours, theirs, bytes)];
  });
}

async function compare(scratch: string, rounds: number, tree: Tree) {
  const [file, restored] = [`${scratch}/peer`, `${scratch}/restored`];
  await run(shell(tarZstd(tree, file)));
  const shards = await archive(scratch, tree);
  const fewer = withoutShards(shards, `${scratch}/fewer`);
  const around = freshDirectory(restored);
  const ours = { command: extractCommand(shards, restored), ...around };
  const degraded = { command: extractCommand(fewer, restored), allowed: RESTORED, ...around };
  await proveRestored(tree, degraded.command, restored);
  const runs = await inTurns(rounds, {
    theirs: { command: shell(`zstd -dc ${file} | tar -C ${restored} -xf -`), ...around },
    ours,
    degraded,
  });
  for (const path of [file, shards, fewer]) Deno.removeSync(path, { recursive: true });
  return runs;
}

/** Archives a tree into a new directory. */
async function archive(scratch: string, tree: Tree): Promise<string> {
  const shards = `${scratch}/shards`;
  Deno.mkdirSync(shards);
  await run(createCommand(tree, shards, SHARDS));
  return shards;
}

/** The same archive with data shards 0 to 3 missing. */
function withoutShards(shards: string, fewer: string): string {
  Deno.mkdirSync(fewer);
  for (const { name } of Deno.readDirSync(shards)) {
    if (!/\.s0[0-3]$/.test(name)) Deno.linkSync(`${shards}/${name}`, `${fewer}/${name}`);
  }
  return fewer;
}

/** Speed is worth nothing where bytes are wrong: compares all of them once. */
async function proveRestored(tree: Tree, command: string[], restored: string): Promise<void> {
  Deno.mkdirSync(restored);
  await run(command, { allowed: RESTORED });
  for (const path of tree.paths) {
    await run(shell(`diff -rq --no-dereference ${tree.directory}/${path} ${restored}/${path}`));
  }
  Deno.removeSync(restored, { recursive: true });
}
