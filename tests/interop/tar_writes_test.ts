/**
 * What ectar writes, GNU tar and bsdtar extract to the same tree.
 */

import assert from "node:assert/strict";
import {
  comparable,
  hexOf,
  makeTree,
  type Node,
  readTree,
  run,
  withScratch,
  writeTar,
} from "./tar/trees.ts";

/** Sparse files must not grow on the way: their holes stay holes. */
function assertHolesKept(before: readonly Node[], after: readonly Node[]): void {
  for (const [index, node] of before.entries()) {
    if (node.size < 1 << 20) continue;
    const limit = node.allocated + 64 * 1024;
    assert.ok(after[index].allocated <= limit, `holes of ${node.path} were filled`);
  }
}

Deno.test("GNU tar extracts what ectar writes to the same tree", () =>
  withScratch((scratch) => {
    makeTree(`${scratch}/in`, "full");
    const before = readTree(`${scratch}/in`);
    writeTar(`${scratch}/a.tar`, before);
    Deno.mkdirSync(`${scratch}/out`);
    const options = ["--xattrs", "--xattrs-include=*", "--acls", "-p"];
    run("tar", ["-xf", `${scratch}/a.tar`, ...options, "-C", `${scratch}/out`], scratch);
    const after = readTree(`${scratch}/out`);
    assert.deepEqual(after.map(comparable), before.map(comparable));
    assertHolesKept(before, after);
  }));

Deno.test("bsdtar extracts what ectar writes to the same tree", () =>
  withScratch((scratch) => {
    makeTree(`${scratch}/in`, "full");
    const before = readTree(`${scratch}/in`);
    writeTar(`${scratch}/a.tar`, before);
    Deno.mkdirSync(`${scratch}/out`);
    const options = ["-p", "--xattrs", "--acls"];
    run("bsdtar", ["-xf", `${scratch}/a.tar`, ...options, "-C", `${scratch}/out`], scratch);
    const after = readTree(`${scratch}/out`);
    assert.deepEqual(after.map(asBsdtarSees), before.map(asBsdtarSees));
    assertHolesKept(before, after);
  }));

/**
 * What bsdtar 3.6.2 takes differently: it does not undo GNU tar's escapes in attribute names, it adds
 * the fraction of a time before 1970 where POSIX subtracts it, and it never restores the time of `.`.
 */
function asBsdtarSees(node: Node): Record<string, unknown> {
  const kept = Object.entries(node.xattrs).filter(([, value]) => !ESCAPED_KEYS.includes(value));
  const mtimeNs = ODD_TIMES.includes(node.path) ? "other" : node.mtimeNs;
  return { ...comparable(node), xattrs: Object.fromEntries(kept), mtimeNs };
}

const ESCAPED_KEYS = ["user.e=q", "user.x%3Dy", "user.z%25"].map(hexOf);
const ODD_TIMES = ["before", "before-too", "."].map(hexOf);

for (const tool of ["tar", "bsdtar"]) {
  Deno.test(`${tool} lists every member of what ectar writes, without complaint`, () =>
    withScratch((scratch) => {
      makeTree(`${scratch}/in`, "full");
      const nodes = readTree(`${scratch}/in`);
      writeTar(`${scratch}/a.tar`, nodes);
      const listing = run(tool, ["-tvf", `${scratch}/a.tar`], scratch);
      const lines = new TextDecoder().decode(listing).trimEnd().split("\n");
      assert.equal(lines.length, nodes.length);
    }));
}
