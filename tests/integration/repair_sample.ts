/**
 * Archives to be damaged and repaired.
 *
 * @module
 */

import assert from "node:assert/strict";
import { repairFiles } from "../../src/archive/repair_local.ts";
import type { RepairOptions, RepairSummary } from "../../src/archive/repair.ts";
import { createFiles } from "../../src/archive/create_local.ts";
import { sameBytes } from "../bytes.ts";
import { makeSampleTree, namesIn, noise } from "../cli/sample_tree.ts";
import type { Shards } from "./damage_shards.ts";

export const K = 3;
export const M = 5;

/** How the sample is written. */
export interface SampleShape {
  k?: number;
  m?: number;
  blockSize?: number;
  megabytes?: number;
  compressionLevel?: number;
  chunkSize?: number;
  /** Makes a tree of its own instead of the sample tree. */
  tree?: (root: string, seed: number) => Promise<void>;
}

/** The sample archive `b`, and another of the same name, in a scratch directory. */
export interface RepairSample {
  scratch: string;
  reference: Shards;
  other: Shards;
}

/** Writes both archives. */
export async function makeRepairSample(shape: SampleShape = {}): Promise<RepairSample> {
  const { k = K, m = M, blockSize = 1, compressionLevel = 3, chunkSize = 1 << 20 } = shape;
  const { megabytes = 2, tree: makeTree = sampleTree(megabytes) } = shape;
  const scratch = await Deno.makeTempDir({ prefix: "ectar-repair-" });
  const made: Shards[] = [];
  for (const [which, seed] of [["reference", 0], ["other", 99]] as const) {
    const tree = `${scratch}/in-${which}`;
    await makeTree(tree, seed);
    const directory = `${scratch}/${which}`;
    await Deno.mkdir(directory);
    await createFiles(
      { paths: ["."], directory: tree },
      { name: "b", chunkSize, compressionLevel },
      { directory, k, m, blockSize },
    );
    made.push({ directory, name: "b" });
  }
  return { scratch, reference: made[0], other: made[1] };
}

function sampleTree(megabytes: number): (root: string, seed: number) => Promise<void> {
  return async (root, seed) => {
    await makeSampleTree(root, megabytes);
    if (seed > 0) await Deno.writeFile(`${root}/large1`, noise(1 << 20, seed));
  };
}

/** Runs `test` on a copy of the reference archive. */
export async function withDamagedCopy(
  { scratch, reference }: RepairSample,
  test: (shards: Shards) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: scratch });
  try {
    await copyFiles(reference.directory, directory);
    await test({ directory, name: "b" });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Copies all files of a directory. */
export async function copyFiles(from: string, to: string): Promise<void> {
  for (const name of namesIn(from)) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
}

/** Repairs what is in a directory. */
export function repair(
  { directory, name }: Shards,
  options: Partial<RepairOptions> = {},
): Promise<RepairSummary> {
  return repairFiles({ inputs: [`${directory}/${name}`], ...options });
}

/** Fails unless both directories hold the same files, but for files kept aside. */
export function assertSameFiles(expected: string, actual: string): void {
  const ours = namesIn(actual).filter((name) => !name.includes(".ectar-aside-"));
  assert.deepEqual(ours, namesIn(expected));
  for (const name of ours) {
    const [one, other] = [`${expected}/${name}`, `${actual}/${name}`].map((path) =>
      Deno.readFileSync(path)
    );
    assert.ok(sameBytes(one, other), `${name} differs`);
  }
}

/** What is in a directory, by name. */
export function contents(directory: string): Map<string, string> {
  return new Map(
    namesIn(directory).map((name) => {
      const info = Deno.lstatSync(`${directory}/${name}`);
      const bytes = info.isFile ? Deno.readFileSync(`${directory}/${name}`) : new Uint8Array();
      return [name, `${info.ino} ${bytes.length} ${hash(bytes)}`];
    }),
  );
}

function hash(bytes: Uint8Array): number {
  let state = 0;
  for (const byte of bytes) state = Math.imul(state ^ byte, 16777619) >>> 0;
  return state;
}
