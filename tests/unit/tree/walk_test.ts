import assert from "node:assert/strict";
import { memoryDirectory, memoryFile, type MemoryNode } from "../../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../../src/tree/memory_tree.ts";
import { packPaths } from "../../../src/tree/name_list.ts";
import { toBytes } from "../../../src/tree/path_text.ts";
import { noteKinds, optionsFor, pathsOf, produce } from "./source_harness.ts";

const file = () => memoryFile("x");
const link = (target: string): MemoryNode => ({ kind: "symlink", target });

function pathsIn(root: MemoryNode, paths: string[], rest = {}): string[] {
  const tree = new MemoryFileTree(root);
  const produced = produce(tree, optionsFor(paths, rest));
  assert.equal(tree.open, 0, "everything opened was closed");
  return pathsOf(produced);
}

Deno.test("directories come before their content, names in the order of their bytes", () => {
  const root = memoryDirectory([
    ["b", file()],
    ["B", file()],
    ["a-", file()],
    ["a", memoryDirectory({ "2": file(), "10": memoryDirectory({}) })],
    ["é", file()],
    [Uint8Array.of(0xff), file()],
    ["\u{10000}", file()],
  ]);
  assert.deepEqual(pathsIn(root, ["."]), [
    ".",
    "./B",
    "./a",
    "./a/10",
    "./a/2",
    "./a-",
    "./b",
    "./é",
    "./\u{10000}",
    "./\ufffd",
  ]);
});

Deno.test("member names lose what GNU tar takes off", () => {
  const root = memoryDirectory({ a: memoryDirectory({ b: memoryDirectory({ c: file() }) }) });
  const named = (path: string) => pathsIn(root, [path]);
  assert.deepEqual(named("a/b"), ["a/b", "a/b/c"]);
  assert.deepEqual(named("./a/b"), ["./a/b", "./a/b/c"]);
  assert.deepEqual(named("a//b///"), ["a/b", "a/b/c"]);
  assert.deepEqual(named("a/./b/."), ["a/b", "a/b/c"]);
  assert.deepEqual(named("/a/b"), ["a/b", "a/b/c"]);
  assert.deepEqual(named("a/../a/b"), ["a/b", "a/b/c"]);
  assert.deepEqual(named("a/b/.."), [".", "b", "b/c"]);
  assert.deepEqual(named("/"), [".", "a", "a/b", "a/b/c"]);
});

Deno.test("what is taken off is told once each", () => {
  const root = memoryDirectory({ a: file(), b: file() });
  const { notes } = produce(new MemoryFileTree(root), optionsFor(["/a", "//b", "../b", "/b", "a"]));
  assert.deepEqual(notes.map(({ message }) => message), [
    'removing leading "/" from member names',
    'removing leading "//" from member names',
    'removing leading "../" from member names',
  ]);
});

Deno.test("each group of paths has its base directory", () => {
  const root = memoryDirectory({
    x: memoryDirectory({ a: file() }),
    y: memoryDirectory({ a: file(), b: file() }),
  });
  const tree = new MemoryFileTree(root);
  const produced = produce(
    tree,
    optionsFor([], {
      groups: [
        { base: toBytes("x"), paths: packPaths(["a"]) },
        { base: toBytes("y"), paths: packPaths(["b", "."]) },
      ],
    }),
  );
  assert.deepEqual(pathsOf(produced), ["a", "b", ".", "./a", "./b"]);
  assert.equal(tree.open, 0);
});

Deno.test("symlinks are stored as such, unless they are to be followed", () => {
  const root = memoryDirectory({
    d: memoryDirectory({ f: link("../t/f"), t: link("../t"), gone: link("nowhere") }),
    t: memoryDirectory({ f: file() }),
  });
  const tree = new MemoryFileTree(root);
  const asLinks = produce(tree, optionsFor(["d"]));
  assert.deepEqual(asLinks.members.map(({ entry }) => entry.type), [
    "directory",
    "symlink",
    "symlink",
    "symlink",
  ]);
  const followed = produce(tree, optionsFor(["d"], { followSymlinks: true }));
  assert.deepEqual(followed.members.map(({ path, entry }) => [path, entry.type]), [
    ["d", "directory"],
    ["d/f", "file"],
    ["d/gone", "symlink"],
    ["d/t", "directory"],
    ["d/t/f", "file"],
  ]);
  assert.deepEqual(noteKinds(followed), ["symlink-kept"]);
  assert.equal(tree.open, 0);
});

Deno.test("a slash after a symlink follows it", () => {
  const root = memoryDirectory({ l: link("t"), t: memoryDirectory({ f: link("x") }) });
  const { members } = produce(new MemoryFileTree(root), optionsFor(["l", "l/"]));
  assert.deepEqual(members.map(({ path, entry }) => [path, entry.type]), [
    ["l", "symlink"],
    ["l", "directory"],
    ["l/f", "symlink"],
  ]);
});

Deno.test("following symlinks ends where they lead in circles", () => {
  const root = memoryDirectory({
    a: memoryDirectory({ up: link(".."), self: link("."), b: memoryDirectory({ f: file() }) }),
    l: link("l"),
  });
  const tree = new MemoryFileTree(root);
  const produced = produce(tree, optionsFor(["."], { followSymlinks: true }));
  assert.deepEqual(produced.members.map(({ path, entry }) => [path, entry.type]), [
    [".", "directory"],
    ["./a", "directory"],
    ["./a/b", "directory"],
    ["./a/b/f", "file"],
    ["./a/self", "symlink"],
    ["./a/up", "symlink"],
    ["./l", "symlink"],
  ]);
  assert.deepEqual(noteKinds(produced), ["symlink-kept", "symlink-kept", "symlink-kept"]);
  assert.equal(tree.open, 0);
});

Deno.test("a directory met again through a symlink above it is not entered twice", () => {
  const root = memoryDirectory({ d: memoryDirectory({ l: link("../a") }), a: memoryDirectory({}) });
  root.entries!.find(([name]) => name === "a")![1].entries!.push([
    "d",
    root.entries!.find(([name]) => name === "d")![1],
  ]);
  const produced = produce(new MemoryFileTree(root), optionsFor(["d"], { followSymlinks: true }));
  assert.deepEqual(produced.members.map(({ path, entry }) => [path, entry.type]), [
    ["d", "directory"],
    ["d/l", "directory"],
    ["d/l/d", "directory"],
  ]);
  assert.deepEqual(noteKinds(produced), ["symlink-kept"]);
});

Deno.test("other file systems are stored as empty directories when asked for one only", () => {
  const root = memoryDirectory({
    d: memoryDirectory({
      m: memoryDirectory({ f: file() }, { device: 2 }),
      n: memoryDirectory({ g: file() }),
    }),
  });
  assert.deepEqual(pathsIn(root, ["d"], { oneFileSystem: true }), ["d", "d/m", "d/n", "d/n/g"]);
  assert.deepEqual(pathsIn(root, ["d/m"], { oneFileSystem: true }), ["d/m", "d/m/f"]);
  assert.deepEqual(pathsIn(root, ["d"]), ["d", "d/m", "d/m/f", "d/n", "d/n/g"]);
});

Deno.test("file systems that do not tell kinds in listings are walked alike", () => {
  const faults = { kindHidden: true };
  const root = memoryDirectory({
    d: memoryDirectory({ f: memoryFile("f", { faults }) }, { faults }),
    l: { kind: "symlink", target: "d", faults },
    s: { kind: "socket", faults },
  });
  assert.deepEqual(pathsIn(root, ["."]), [".", "./d", "./d/f", "./l"]);
});

Deno.test("what is excluded is not opened, and nothing below it is stored", () => {
  const root = memoryDirectory({
    a: memoryDirectory({ "x.o": memoryFile("", { faults: { unreadable: true } }), y: file() }),
    cache: memoryDirectory({ y: file() }, { faults: { unreadable: true } }),
  });
  const produced = produce(
    new MemoryFileTree(root),
    optionsFor(["."], { exclude: { patterns: ["*.o", "cache/"] } }),
  );
  assert.deepEqual(pathsOf(produced), [".", "./a", "./a/y"]);
  assert.deepEqual(produced.notes, []);
});

Deno.test("thousands of levels are walked", () => {
  let node = memoryDirectory({ f: file() });
  for (let level = 0; level < 3000; level++) node = memoryDirectory({ d: node });
  assert.equal(pathsIn(node, ["."]).length, 3002);
});
