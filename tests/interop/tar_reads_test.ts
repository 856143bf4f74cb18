/**
 * What GNU tar and bsdtar write, ectar reads as the same tree.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { TarEntry } from "../../src/tar/entry.ts";
import { TarDecoder } from "../../src/tar/tar_decoder.ts";
import {
  entryOf,
  hex,
  hexOf,
  makeTree,
  type Node,
  readTree,
  run,
  withScratch,
} from "./tar/trees.ts";

interface Decoded {
  entry: TarEntry;
  hash: string;
}

const BLOCK = 4096;

/** Decodes a tar file in reads of an odd size and hashes contents as read_tree.py does. */
function decodeFile(file: string): Decoded[] {
  const members: Decoded[] = [];
  let blocks = new Map<number, Uint8Array>();
  const decoder = new TarDecoder({
    entry(entry) {
      members.push({ entry, hash: "" });
      blocks = new Map();
    },
    data(bytes, offset) {
      for (let at = 0; at < bytes.length;) {
        const start = offset + at;
        const inBlock = start % BLOCK;
        const n = Math.min(bytes.length - at, BLOCK - inBlock);
        const block = blocks.get(start - inBlock) ?? new Uint8Array(BLOCK);
        block.set(bytes.subarray(at, at + n), inBlock);
        blocks.set(start - inBlock, block);
        at += n;
      }
    },
    entryEnd(intact) {
      assert.ok(intact);
      const digest = createHash("sha256");
      for (const [offset, block] of blocks) {
        if (block.some((byte) => byte !== 0)) digest.update(`${offset} `).update(block);
      }
      members.at(-1)!.hash = digest.digest("hex");
    },
    end() {},
    problem(problem) {
      assert.fail(problem.message);
    },
  });
  using input = Deno.openSync(file);
  const buffer = new Uint8Array(77_777);
  for (let n = input.readSync(buffer); n !== null; n = input.readSync(buffer)) {
    decoder.push(buffer.subarray(0, n));
  }
  decoder.finish();
  return members;
}

/** What an archive format or its writer is able to tell. */
interface Abilities {
  xattrs: boolean;
  acls: boolean;
  nanoseconds: boolean;
  sparse: boolean;
}

/** Compares members, in whatever order they come, with the tree they were made of. */
function assertSameTree(members: Decoded[], nodes: Node[], can: Abilities, odd: string[] = []) {
  const pathOf = (entry: TarEntry) => hex(entry.path).replace(/^2e2f/, "");
  const byPath = new Map(members.map((member) => [pathOf(member.entry), member]));
  assert.equal(byPath.size, members.length);
  assert.deepEqual([...byPath.keys()].sort(), nodes.map(({ path }) => path).sort());

  const groups = new Map<string, string>();
  for (const { entry } of members) {
    if (entry.type !== "hardlink") continue;
    const target = hex(entry.linkTarget).replace(/^2e2f/, "");
    assert.equal(byPath.get(target)?.entry.type, "file");
    groups.set(pathOf(entry), target);
  }
  for (const node of nodes) {
    const first = groups.get(node.path) ?? node.path;
    const { entry, hash } = byPath.get(first)!;
    const expected = entryOf({ ...node, firstName: node.path });
    const name = new TextDecoder().decode(expected.path);
    assert.equal(entry.type, expected.type, name);
    for (const key of ["mode", "uid", "gid", "deviceMajor", "deviceMinor", "size"] as const) {
      assert.equal(entry[key], expected[key], `${name}: ${key}`);
    }
    assert.deepEqual(entry.linkTarget, expected.linkTarget, name);
    if (!odd.includes(node.path)) {
      const seconds = expected.mtimeNs - ((expected.mtimeNs % NS) + NS) % NS;
      assert.equal(entry.mtimeNs, can.nanoseconds ? expected.mtimeNs : seconds, name);
    }
    const attributes = expected.xattrs.filter((xattr) => {
      const isAcl = hex(xattr.name).startsWith(hexOf("system.posix_acl_"));
      return isAcl ? can.acls : can.xattrs;
    });
    assert.deepEqual(entry.xattrs, attributes, name);
    if (node.type === "file") assert.equal(hash, node.hash, name);
    if (can.sparse && expected.sparse !== undefined) {
      assert.deepEqual(entry.sparse, expected.sparse, name);
    }
  }
}

const NS = 1_000_000_000n;
const NOTHING: Abilities = { xattrs: false, acls: false, nanoseconds: false, sparse: false };
const EVERYTHING: Abilities = { xattrs: true, acls: true, nanoseconds: true, sparse: true };

function check(
  title: string,
  command: string[],
  kind: "plain" | "full",
  can: Abilities,
  odd: string[] = [],
) {
  Deno.test(title, () =>
    withScratch((scratch) => {
      makeTree(`${scratch}/in`, kind);
      if (command.includes("--format=v7")) {
        run("rm", ["-f", "fifo", "null", "loop", "n".repeat(99)], `${scratch}/in`);
        run("touch", ["-d", "@1400000000", "."], `${scratch}/in`);
      }
      const [tool, ...options] = command;
      run(tool, [...options, "-cf", `${scratch}/a.tar`, "-C", `${scratch}/in`, "."], scratch);
      assertSameTree(decodeFile(`${scratch}/a.tar`), readTree(`${scratch}/in`), can, odd);
    }));
}

for (const format of ["v7", "oldgnu", "gnu", "ustar", "posix"]) {
  const can = { ...NOTHING, nanoseconds: format === "posix" };
  check(`GNU tar --format=${format}, plain tree`, ["tar", `--format=${format}`], "plain", can);
}
for (const format of ["oldgnu", "gnu"]) {
  const command = ["tar", `--format=${format}`, "--sparse"];
  check(`GNU tar --format=${format} --sparse`, command, "full", { ...NOTHING, sparse: true });
}
for (const version of ["0.0", "0.1", "1.0"]) {
  const options = ["--sparse", `--sparse-version=${version}`, "--xattrs", "--xattrs-include=*"];
  const command = ["tar", "--format=posix", ...options, "--acls"];
  check(`GNU tar --format=posix with sparse ${version}, xattrs, ACLs`, command, "full", EVERYTHING);
}
check(
  "GNU tar --acls without --xattrs, which gives ACLs as text alone",
  ["tar", "--format=posix", "--sparse", "--acls"],
  "full",
  { ...EVERYTHING, xattrs: false },
);

/** libarchive writes -1.5 s as "-2.5": a time before 1970 that has a fraction cannot be told apart. */
const BSDTAR_TIMES = ["before", "before-too"].map(hexOf);
for (const format of ["ustar", "pax", "gnutar"]) {
  const can = { ...NOTHING, nanoseconds: format === "pax" };
  check(`bsdtar --format=${format}, plain tree`, ["bsdtar", `--format=${format}`], "plain", can);
}
check(
  "bsdtar --format=pax with xattrs, ACLs and holes",
  ["bsdtar", "--format=pax", "--xattrs", "--acls", "--read-sparse"],
  "full",
  EVERYTHING,
  BSDTAR_TIMES,
);
