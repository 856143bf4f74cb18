import assert from "node:assert/strict";
import { Restorer } from "../../../src/tree/restore.ts";
import { MemoryRestoreTree } from "../../../src/tree/restore_memory.ts";
import { damaged, directory, file, give, hardLink, member } from "./restore_members.ts";
import { type Member, messageOf, restore, symlink } from "./restore_members.ts";

const text = (tree: MemoryRestoreTree, path: string) =>
  new TextDecoder().decode(tree.find(path)?.content);

/** What may stand at `x` before the run. */
const before: Record<string, Member[]> = {
  "nothing": [],
  "file": [file("x", "old")],
  "empty directory": [directory("x", { mode: 0o700 })],
  "full directory": [directory("x", { mode: 0o700 }), file("x/kept", "kept")],
  "symlink": [file("goal", "goal"), symlink("x", "goal")],
  "fifo": [member("fifo", "x")],
};

/** What the archive has for `x`; a hard link needs its target first. */
const after: Record<string, Member[]> = {
  "file": [file("x", "new")],
  "directory": [directory("x")],
  "symlink": [symlink("x", "elsewhere")],
  "hardlink": [file("origin", "new"), hardLink("x", "origin")],
  "fifo": [member("fifo", "x")],
  "char-device": [member("char-device", "x", { deviceMajor: 1, deviceMinor: 3 })],
};

/** With force, only these stay as they are; without it, only these are taken. */
function expectedKind(was: string, becomes: string, force: boolean): string {
  if (was === "nothing") return "restored";
  if (becomes === "directory" && was.endsWith("directory")) return "restored";
  if (!force || was === "full directory") return "exists";
  return "restored";
}

for (const force of [false, true]) {
  for (const was of Object.keys(before)) {
    for (const becomes of Object.keys(after)) {
      Deno.test(`${becomes} over ${was} ${force ? "with" : "without"} force`, () => {
        const tree = new MemoryRestoreTree();
        restore(tree, before[was]);
        const old = tree.find("x");

        const { outcomes } = restore(tree, after[becomes], { force });
        const outcome = outcomes.at(-1)!;
        const expected = expectedKind(was, becomes, force);
        assert.equal(outcome.kind, expected, messageOf(outcome));

        const now = tree.find("x");
        if (expected === "exists") {
          assert.equal(now, old, "what was there is untouched");
          assert.match(messageOf(outcome), /^x not restored: /);
        } else {
          assert.equal(now!.type, becomes === "hardlink" ? "file" : becomes);
        }
        if (was === "symlink") assert.equal(text(tree, "goal"), "goal");
        if (was === "full directory") assert.equal(text(tree, "x/kept"), "kept");
        assert.ok(
          tree.paths().every((path) => !path.includes("ectar-")),
          "nothing temporary stays",
        );
      });
    }
  }
}

Deno.test("a directory that exists is used, and its metadata set at the end", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, before["full directory"]);
  restore(tree, [directory("x", { mode: 0o750, mtimeNs: 5n }), file("x/new", "new")]);
  assert.deepEqual(tree.paths(), ["x/", "x/kept", "x/new"]);
  assert.equal(tree.find("x")!.mode, 0o750);
  assert.equal(tree.find("x")!.mtimeNs, 5n);
});

Deno.test("what exists is listed and everything else is extracted", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [file("a", "old"), file("d/b", "old")]);
  const { kinds, summary } = restore(tree, [file("a", "1"), file("d/b", "2"), file("d/c", "3")]);
  assert.deepEqual(kinds, ["exists", "exists", "restored"]);
  assert.equal(summary.counts.exists, 2);
  assert.deepEqual([text(tree, "a"), text(tree, "d/b"), text(tree, "d/c")], ["old", "old", "3"]);
});

Deno.test("a later member of the same name replaces an earlier one without force", () => {
  const pairs: [Member, Member][] = [
    [file("x", "1"), file("x", "2")],
    [file("x", "1"), symlink("x", "y")],
    [symlink("x", "y"), file("x", "2")],
    [file("x", "1"), directory("x")],
    [directory("x"), file("x", "2")],
    [member("fifo", "x"), file("x", "2")],
    [file("x", "1"), member("fifo", "x")],
  ];
  for (const [first, second] of pairs) {
    const tree = new MemoryRestoreTree();
    const { kinds } = restore(tree, [first, second]);
    assert.deepEqual(kinds, ["restored", "restored"], `${first.entry.type}, ${second.entry.type}`);
    assert.equal(tree.find("x")!.type, second.entry.type);
    assert.equal(tree.paths().length, 1);
  }
});

Deno.test("a file that appears while its member is written is not replaced", () => {
  const tree = new MemoryRestoreTree();
  const restorer = new Restorer(tree);
  give(restorer, directory("d"));
  const { entry } = file("d/x", "ours");
  restorer.begin(entry);
  restorer.data(new TextEncoder().encode("ours"), 0);
  restore(tree, [file("d/x", "theirs")]);
  assert.equal(restorer.end(true).kind, "exists");
  assert.equal(text(tree, "d/x"), "theirs");
  assert.deepEqual(tree.paths(), ["d/", "d/x"]);
});

Deno.test("a file with missing parts stands under another name, holes where bytes were lost", () => {
  const tree = new MemoryRestoreTree();
  const { outcomes, summary } = restore(tree, [damaged("d/x", 10, [2, "cd"], [6, "gh"])]);
  assert.deepEqual(tree.paths(), ["d/", "d/x.ectar-partial"]);
  assert.equal(text(tree, "d/x.ectar-partial"), "\0\0cd\0\0gh\0\0");
  assert.equal(messageOf(outcomes[0]), "d/x is incomplete, see d/x.ectar-partial");
  assert.equal(summary.counts.partial, 1);
});

Deno.test("a file with missing parts never replaces anything, not even with force", () => {
  for (const force of [false, true]) {
    const tree = new MemoryRestoreTree();
    const { kinds } = restore(tree, [
      file("x", "whole"),
      file("x.ectar-partial", "a member of that name"),
      damaged("x", 4, [0, "ab"]),
      damaged("x", 4, [0, "cd"]),
    ], { force });
    assert.deepEqual(kinds, ["restored", "restored", "partial", "partial"]);
    assert.equal(text(tree, "x"), "whole");
    assert.equal(text(tree, "x.ectar-partial"), "a member of that name");
    assert.equal(text(tree, "x.ectar-partial.2"), "ab\0\0");
    assert.equal(text(tree, "x.ectar-partial.3"), "cd\0\0");
  }
});

Deno.test("a partial file lends no rights", () => {
  const tree = new MemoryRestoreTree();
  const broken = damaged("x", 4);
  broken.entry.mode = 0o6755;
  broken.entry.xattrs = [
    { name: new TextEncoder().encode("security.capability"), value: new Uint8Array(20) },
  ];
  restore(tree, [broken]);
  const node = tree.find("x.ectar-partial")!;
  assert.equal(node.mode, 0o755);
  assert.equal(node.xattrs.size, 0);
});

Deno.test("a long name leaves room for the partial suffix and is cut between characters", () => {
  const tree = new MemoryRestoreTree();
  const long = "ä".repeat(127);
  assert.deepEqual(restore(tree, [damaged(long, 1)]).kinds, ["partial"]);
  assert.deepEqual(tree.paths(), ["ä".repeat(120) + ".ectar-partial"].map(latin1));
});

/** As the tree in memory keeps names: one character a byte. */
function latin1(name: string): string {
  return String.fromCharCode(...new TextEncoder().encode(name));
}

Deno.test("a hard link is linked only to what this run restored", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [file("a", "a user's other bytes")]);
  const { kinds, outcomes } = restore(tree, [file("a", "archived"), hardLink("b", "a")]);
  assert.deepEqual(kinds, ["exists", "link-target-missing"]);
  assert.equal(
    messageOf(outcomes[1]),
    "b not restored: a, to which it is a hard link, was not restored",
  );
  assert.equal(tree.find("b"), undefined);
});

Deno.test("a hard link to a lost or partial member is reported, and its data can be given", () => {
  const tree = new MemoryRestoreTree();
  const restorer = new Restorer(tree);
  assert.equal(give(restorer, damaged("a", 5, [0, "da"])).kind, "partial");
  assert.equal(give(restorer, hardLink("b", "a")).kind, "link-target-missing");
  assert.equal(give(restorer, file("b", "data!")).kind, "restored");
  assert.equal(give(restorer, hardLink("c", "b")).kind, "restored");
  assert.equal(tree.find("c"), tree.find("b"));
});

Deno.test("a hard link to a name whose later member is lost is not linked to the earlier one", () => {
  const tree = new MemoryRestoreTree();
  const { kinds } = restore(tree, [
    file("a", "first"),
    damaged("a", 6, [0, "sec"]),
    hardLink("b", "a"),
    file("a", "third"),
    hardLink("c", "a"),
  ]);
  assert.deepEqual(kinds, ["restored", "partial", "link-target-missing", "restored", "restored"]);
  assert.equal(text(tree, "c"), "third");
});

Deno.test("a hard link that already is one stays, and nothing temporary is left", () => {
  const tree = new MemoryRestoreTree();
  const { kinds } = restore(tree, [file("a", "1"), hardLink("b", "a"), hardLink("b", "a")]);
  assert.deepEqual(kinds, ["restored", "restored", "restored"]);
  assert.deepEqual(tree.paths(), ["a", "b"]);
});
