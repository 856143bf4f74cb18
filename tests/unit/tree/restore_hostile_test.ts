import assert from "node:assert/strict";
import { MemoryRestoreTree } from "../../../src/tree/restore_memory.ts";
import { directory, file, hardLink, type Member, member, messageOf } from "./restore_members.ts";
import { restore, symlink } from "./restore_members.ts";

/** An archive that wants more than its place, what becomes of each member, and what stands then. */
interface HostileCase {
  name: string;
  members: Member[];
  kinds: string[];
  paths: string[];
  force?: boolean;
}

const cases: HostileCase[] = [
  { name: "..", members: [directory("..")], kinds: ["refused"], paths: [] },
  { name: "../x", members: [file("../x", "x")], kinds: ["refused"], paths: [] },
  { name: "a/../../x", members: [file("a/../../x", "x")], kinds: ["refused"], paths: [] },
  { name: "a/..", members: [directory("a/..")], kinds: ["refused"], paths: [] },
  { name: "/../x", members: [file("/../x", "x")], kinds: ["refused"], paths: [] },
  { name: "..x", members: [file("..x/...", "x")], kinds: ["restored"], paths: ["..x/", "..x/..."] },
  { name: "/etc/x", members: [file("/etc/x")], kinds: ["restored"], paths: ["etc/", "etc/x"] },
  { name: "///x", members: [file("///x")], kinds: ["restored"], paths: ["x"] },
  { name: "a//./b", members: [file("a//./b")], kinds: ["restored"], paths: ["a/", "a/b"] },
  {
    name: "a path of more directories than could ever be made",
    members: [file("a/".repeat(4096) + "x"), hardLink("b", "a/".repeat(100_000))],
    kinds: ["refused", "refused"],
    paths: [],
  },
  { name: "a\\0b", members: [file("a\0b")], kinds: ["refused"], paths: [] },
  {
    name: ". as a file",
    members: [file("."), file("/")],
    kinds: ["refused", "refused"],
    paths: [],
  },
  { name: ". as a link", members: [symlink("./", "/etc")], kinds: ["refused"], paths: [] },
  { name: "./ as a directory", members: [directory("./")], kinds: ["restored"], paths: [] },
  {
    name: "a file through a planted link",
    members: [symlink("a", "/etc"), file("a/passwd", "x")],
    kinds: ["restored", "refused"],
    paths: ["a"],
  },
  {
    name: "a file through a planted link, with force",
    members: [symlink("a", "/etc"), file("a/passwd", "x")],
    kinds: ["restored", "refused"],
    paths: ["a"],
    force: true,
  },
  {
    name: "a file deep below a planted link",
    members: [directory("a"), symlink("a/b", "../.."), file("a/b/c/d/e", "x")],
    kinds: ["restored", "restored", "refused"],
    paths: ["a/", "a/b"],
  },
  {
    name: "links, devices and directories through a planted link",
    members: [
      symlink("a", "."),
      symlink("a/b", "x"),
      member("fifo", "a/c"),
      directory("a/d"),
      hardLink("a/e", "a"),
    ],
    kinds: ["restored", "refused", "refused", "refused", "refused"],
    paths: ["a"],
  },
  {
    name: "a directory member over a planted link takes its place",
    members: [symlink("a", "/etc"), directory("a"), file("a/passwd", "x")],
    kinds: ["restored", "restored", "restored"],
    paths: ["a/", "a/passwd"],
  },
  {
    name: "a link planted over an empty directory of the archive",
    members: [directory("a"), symlink("a", "/etc"), file("a/passwd", "x")],
    kinds: ["restored", "restored", "refused"],
    paths: ["a"],
  },
  {
    name: "a link planted over a filled directory of the archive",
    members: [file("a/b", "x"), symlink("a", "/etc"), file("a/passwd", "x")],
    kinds: ["restored", "exists", "restored"],
    paths: ["a/", "a/b", "a/passwd"],
  },
  {
    name: "a file over a planted link replaces the link, not what it leads to",
    members: [file("victim", "old"), symlink("a", "victim"), file("a", "new")],
    kinds: ["restored", "restored", "restored"],
    paths: ["a", "victim"],
  },
  {
    name: "a hard link to the outside",
    members: [hardLink("a", "../x"), hardLink("b", "/etc/passwd"), hardLink("c", "d/../../x")],
    kinds: ["refused", "link-target-missing", "refused"],
    paths: [],
  },
  {
    name: "a hard link through a planted link",
    members: [symlink("a", "/etc"), hardLink("b", "a/passwd")],
    kinds: ["restored", "link-target-missing"],
    paths: ["a"],
  },
  {
    name: "a hard link to a symbolic link is the link, not where it leads",
    members: [symlink("a", "/etc/passwd"), hardLink("b", "a"), file("b", "x")],
    kinds: ["restored", "restored", "restored"],
    paths: ["a", "b"],
  },
  {
    name: "a hard link to a directory",
    members: [directory("a"), hardLink("b", "a")],
    kinds: ["restored", "refused"],
    paths: ["a/"],
  },
  {
    name: "a hard link to itself",
    members: [file("a", "x"), hardLink("a", "a"), hardLink("b", "b")],
    kinds: ["restored", "restored", "link-target-missing"],
    paths: ["a"],
  },
  {
    name: "hard links with a zero byte or no target",
    members: [hardLink("a", "x\0y"), hardLink("b", ""), hardLink("c", "/")],
    kinds: ["refused", "link-target-missing", "link-target-missing"],
    paths: [],
  },
  {
    name: "symbolic links with a zero byte or no target",
    members: [symlink("a", "x\0y"), symlink("b", "")],
    kinds: ["refused", "refused"],
    paths: [],
  },
  {
    name: "a file below a file",
    members: [file("a", "x"), file("a/b", "x")],
    kinds: ["restored", "exists"],
    paths: ["a"],
  },
  {
    name: "a name too long for a file system",
    members: [file("n".repeat(256), "x"), file("n".repeat(255), "x")],
    kinds: ["failed", "restored"],
    paths: ["n".repeat(255)],
  },
];

for (const { name, members, kinds, paths, force } of cases) {
  Deno.test(`hostile archive: ${name}`, () => {
    const tree = new MemoryRestoreTree();
    const { outcomes, kinds: found } = restore(tree, members, { force: force ?? false });
    assert.deepEqual(found, kinds, outcomes.map(messageOf).join("\n"));
    assert.deepEqual(tree.paths(), paths);
    for (const outcome of outcomes) {
      // deno-lint-ignore no-control-regex
      assert.ok(!/[\x00-\x1f]/.test(messageOf(outcome)), messageOf(outcome));
    }
  });
}

Deno.test("a planted link is named in the refusal", () => {
  const tree = new MemoryRestoreTree();
  const { outcomes } = restore(tree, [symlink("a/link", "/etc"), file("a/link/x/y", "x")]);
  assert.equal(
    messageOf(outcomes[1]),
    "a/link/x/y refused: a/link is a symbolic link, which is not followed",
  );
});

Deno.test("writing to what replaced a link leaves the link's goal alone", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [file("goal", "old"), hardLink("a", "goal"), file("a", "new")]);
  assert.equal(new TextDecoder().decode(tree.find("goal")!.content), "old");
  assert.equal(new TextDecoder().decode(tree.find("a")!.content), "new");
});

Deno.test("absolute names are counted in the summary, once a name", () => {
  const { summary } = restore(new MemoryRestoreTree(), [file("/a"), file("//b"), file("c")]);
  assert.equal(summary.line, "leading slash removed from name: 2 (first: /a)");
});

Deno.test("a member with the name of our temporary file does not disturb", () => {
  const tokens: string[] = [];
  const tree = new MemoryRestoreTree({
    fault: (operation, name) => {
      if (operation === "create") tokens.push(name);
      return operation === "create" && tokens.length <= 3 ? 17 : undefined;
    },
  });
  assert.deepEqual(restore(tree, [file("a", "x")]).kinds, ["restored"]);
  assert.equal(new Set(tokens).size, 4, "every try has another name");
  for (const token of tokens) assert.match(token, /^\.a\.ectar-[0-9a-z]{8}$/);
  assert.deepEqual(tree.paths(), ["a"]);
});

Deno.test("temporary names that are all taken fail the one member", () => {
  const tree = new MemoryRestoreTree({
    fault: (operation) => operation === "create" ? 17 : undefined,
  });
  assert.deepEqual(restore(tree, [file("a", "x"), directory("d")]).kinds, ["failed", "restored"]);
});
