/**
 * The same commit gives the same bytes, wherever the source lies and whoever builds it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { run } from "./bare_root.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** SHA-256 of each file of a release built from a fresh clone in `directory`. */
async function buildIn(
  directory: string,
  env: Record<string, string>,
): Promise<Record<string, string>> {
  await run("git", "clone", "--quiet", PROJECT, directory);
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const build = [Deno.execPath(), "run", "-A", "--quiet", `${directory}/scripts/release.ts`];
  await run("env", ...variables, "sh", "-c", 'umask "$0"; "$@"', env.UMASK, ...build);
  const sums: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(`${directory}/dist`)) {
    const content = await Deno.readFile(`${directory}/dist/${name}`);
    sums[name] = createHash("sha256").update(content).digest("hex");
  }
  return sums;
}

Deno.test("two builds of one commit, far from each other, are the same bytes", async () => {
  const scratch = await Deno.makeTempDir({ prefix: "ectar-build-" });
  try {
    const [one, other] = await Promise.all([
      buildIn(`${scratch}/a`, { TZ: "UTC", LC_ALL: "C", UMASK: "022" }),
      buildIn(`${scratch}/another place`, { TZ: "Asia/Tokyo", LC_ALL: "C.UTF-8", UMASK: "077" }),
    ]);
    assert.equal(Object.keys(one).length, 5, Object.keys(one).join(", "));
    assert.deepEqual(one, other);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
});
