/**
 * Trees for the tests of the command line, and whether two are the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describeTree, type TreeDescription } from "../../scripts/tree_description.ts";

/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length + 3 & ~3);
  const words = new Uint32Array(bytes.buffer);
  let state = seed * 2654435761 + 1 >>> 0;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return bytes.subarray(0, length);
}

/** A tree of about `megabytes` MiB that does not compress: large and small files, links, folders. */
export async function makeSampleTree(root: string, megabytes: number): Promise<void> {
  await Deno.mkdir(`${root}/empty`, { recursive: true });
  await Deno.mkdir(`${root}/deep/er`, { recursive: true });
  for (let i = 0; i < megabytes; i++) {
    // Members begin and end anywhere in frames, stripes and chunks.
    await Deno.writeFile(`${root}/large${i}`, noise((1 << 20) - 777 * i, i + 1));
  }
  for (let i = 0; i < 40; i++) {
    await Deno.writeFile(`${root}/deep/er/small${i}`, noise(i * 123, 100 + i));
  }
  await Deno.writeTextFile(`${root}/deep/text`, "ectar\n".repeat(20_000));
  await Deno.symlink("deep/text", `${root}/symlink`);
  await Deno.link(`${root}/large0`, `${root}/zz-hard-link`);
  await Deno.chmod(`${root}/deep/er/small1`, 0o640);
}

/** Fails with the differences between two trees, leaving out some paths. */
export async function assertSameTree(
  expected: string | TreeDescription,
  actual: string,
  leaveOut: (path: string) => boolean = () => false,
): Promise<void> {
  const one = typeof expected === "string" ? await describeTree(expected) : expected;
  const other = await describeTree(actual);
  const differences: string[] = [];
  for (const [path, line] of one) {
    if (!leaveOut(path) && other.get(path) !== line) {
      differences.push(`${path}: ${line} became ${other.get(path)}`);
    }
  }
  for (const path of other.keys()) {
    if (!leaveOut(path) && !one.has(path)) differences.push(`${path} is new`);
  }
  assert.deepEqual(differences, []);
}

/** As `assert.deepEqual`, which would take minutes to show how megabytes differ. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what = ""): void {
  assert.equal(actual.length, expected.length, what);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert.equal(at, -1, `first different byte of ${what}`);
}

/** Names in a directory, sorted, hidden ones too. */
export function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}
