import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EctarError } from "../../src/errors.ts";
import { memoryDirectory, memoryFile } from "../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../src/tree/memory_tree.ts";
import { toBytes } from "../../src/tree/path_text.ts";
import { noteKinds, optionsFor, pathsOf, produce } from "./tree/source_harness.ts";

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("every kind of node becomes a member with all its metadata", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    d: memoryDirectory({
      file: memoryFile("hello", {
        mode: 0o4751,
        uid: 1000,
        gid: 3_000_000_000,
        mtimeNs: -1_500_000_001n,
        attributes: [{ name: toBytes("user.x"), value: Uint8Array.of(0, 255) }],
      }),
      empty: memoryFile(""),
      link: { kind: "symlink", target: "no/where", mode: 0o777 },
      fifo: { kind: "fifo" },
      tty: { kind: "char-device", deviceMajor: 4, deviceMinor: 64 },
      disk: { kind: "block-device", deviceMajor: 8, deviceMinor: 1 },
    }, { mode: 0o1777 }),
  }));
  tree.users.set(1000, "anna");
  const produced = produce(tree, optionsFor(["d"]));
  assert.deepEqual(pathsOf(produced), [
    "d",
    "d/disk",
    "d/empty",
    "d/fifo",
    "d/file",
    "d/link",
    "d/tty",
  ]);
  const [d, disk, empty, fifo, file, link, tty] = produced.members;
  assert.equal(d.entry.mode, 0o1777);
  assert.deepEqual([disk.entry.type, disk.entry.deviceMajor, disk.entry.deviceMinor], [
    "block-device",
    8,
    1,
  ]);
  assert.equal(empty.entry.size, 0);
  assert.equal(fifo.entry.type, "fifo");
  assert.equal(text(file.content), "hello");
  assert.deepEqual([file.entry.mode, file.entry.uid, file.entry.gid], [
    0o4751,
    1000,
    3_000_000_000,
  ]);
  assert.equal(file.entry.mtimeNs, -1_500_000_001n);
  assert.equal(text(file.entry.user), "anna");
  assert.equal(file.entry.group.length, 0);
  assert.equal(text(file.entry.xattrs[0].name), "user.x");
  assert.deepEqual([...file.entry.xattrs[0].value], [0, 255]);
  assert.equal(text(link.entry.linkTarget), "no/where");
  assert.deepEqual([tty.entry.type, tty.entry.deviceMajor, tty.entry.deviceMinor], [
    "char-device",
    4,
    64,
  ]);
  assert.deepEqual(produced.notes, []);
  assert.deepEqual(produced.totals, {
    members: 7,
    files: 2,
    fileBytes: 5,
    tarBytes: produced.tar.length,
  });
  assert.equal(tree.open, 0);
});

Deno.test("records tell what the members are", () => {
  const tree = new MemoryFileTree(memoryDirectory([
    [
      "a",
      memoryFile("content", { mode: 0o640, uid: 1, gid: 2, mtimeNs: -1n }),
    ],
    [Uint8Array.of(0x62, 0xff), { kind: "symlink", target: 'a "quoted"\n' }],
    ["n", { kind: "char-device", deviceMajor: 1, deviceMinor: 3 }],
  ]));
  tree.users.set(1, "bin");
  const { records, members } = produce(tree, optionsFor(["."]));
  assert.equal(records.length, 4);
  const [top, a, b, n] = records;
  assert.deepEqual([top.path, top.entry_type, top.checksum, top.target], [
    ".",
    "directory",
    "",
    null,
  ]);
  assert.deepEqual(a, {
    path: "./a",
    chunk: 1,
    offset: members[1].offset,
    member_size: members[2].offset - members[1].offset,
    size: 7,
    checksum: sha256(toBytes("content")),
    mode: 0o640,
    mtime: -1,
    mtime_ns: 999_999_999,
    uid: 1,
    gid: 2,
    user: "bin",
    group: null,
    entry_type: "file",
    target: null,
    spans_chunks: false,
  });
  assert.equal(b.path, "./b\ufffd");
  assert.equal(b.path_b64, btoa("./b\xff"));
  assert.equal(b.target, 'a "quoted"\n');
  assert.ok(!("target_b64" in b));
  assert.deepEqual(n.device, [1, 3]);
});

Deno.test("what follows content up to the next block is zeros", () => {
  const tree = new MemoryFileTree(memoryDirectory({ a: memoryFile(new Uint8Array(700).fill(9)) }));
  const { tar } = produce(tree, optionsFor(["a"]));
  const end = tar.lastIndexOf(9) + 1;
  assert.equal(tar.length, end + (1024 - 700) + 1024);
  assert.ok(tar.subarray(end).every((byte) => byte === 0));
});

Deno.test("a name that holds U+FFFD itself needs no base64", () => {
  const tree = new MemoryFileTree(memoryDirectory({ "a\ufffd": memoryFile("") }));
  const { records } = produce(tree, optionsFor(["a\ufffd"]));
  assert.equal(records[0].path, "a\ufffd");
  assert.ok(!("path_b64" in records[0]));
});

Deno.test("later names of a node are hard links to the first member", () => {
  const shared = memoryFile("shared");
  const fifo = { kind: "fifo" as const };
  const tree = new MemoryFileTree(memoryDirectory({
    d: memoryDirectory({ a: shared, b: fifo, z: memoryDirectory({ c: shared, d: fifo }) }),
  }));
  const { members, totals, records } = produce(tree, optionsFor(["d"]));
  assert.deepEqual(
    members.map(({ path, entry }) => [path, entry.type, text(entry.linkTarget)]),
    [
      ["d", "directory", ""],
      ["d/a", "file", ""],
      ["d/b", "fifo", ""],
      ["d/z", "directory", ""],
      ["d/z/c", "hardlink", "d/a"],
      ["d/z/d", "hardlink", "d/b"],
    ],
  );
  assert.equal(totals.fileBytes, 6);
  assert.equal(records[4].target, "d/a");
  assert.equal(records[4].size, 0);
});

Deno.test("a node whose first name could not be stored is stored under its second", () => {
  const shared = memoryFile("shared");
  const tree = new MemoryFileTree(memoryDirectory({ a: shared, b: shared }));
  const produced = produce(tree, optionsFor(["."], { exclude: { patterns: ["./a"] } }));
  assert.deepEqual(produced.members.map(({ entry }) => entry.type), ["directory", "file"]);
});

Deno.test("paths that overlap are stored once, under other names as hard links", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    d: memoryDirectory({ a: memoryFile("aaa"), l: { kind: "symlink", target: "a" } }),
  }));
  const same = produce(tree, optionsFor(["d", "d/a", "d"]));
  assert.deepEqual(pathsOf(same), ["d", "d/a", "d/l", "d"]);
  const other = produce(tree, optionsFor(["d", "./d/a"]));
  assert.deepEqual(
    other.members.map(({ path, entry }) => [path, entry.type, text(entry.linkTarget)]).slice(3),
    [["./d/a", "hardlink", "d/a"]],
  );
});

Deno.test("files with holes are stored without them and hashed with them", () => {
  const data = new Uint8Array(1000).fill(7);
  const size = 1_000_000;
  const tree = new MemoryFileTree(memoryDirectory({
    hole: { kind: "file", segments: { size: 300_000, data: [] } },
    some: {
      kind: "file",
      segments: { size, data: [{ offset: 4096, data }, { offset: 500_000, data }] },
    },
    tail: {
      kind: "file",
      segments: { size: 10_100, data: [{ offset: 10_000, data: data.subarray(0, 100) }] },
    },
  }));
  const produced = produce(tree, optionsFor(["hole", "some", "tail"]));
  const [hole, some, tail] = produced.members;
  assert.deepEqual(hole.entry.sparse, []);
  assert.equal(some.content.length, size);
  const expected = new Uint8Array(size);
  expected.set(data, 4096);
  expected.set(data, 500_000);
  assert.deepEqual(some.content, expected);
  assert.equal(produced.records[0].checksum, sha256(new Uint8Array(300_000)));
  assert.equal(produced.records[1].checksum, sha256(expected));
  assert.equal(produced.records[1].size, size);
  assert.equal(produced.records[2].checksum, sha256(tail.content));
  assert.ok(produced.tar.length < 20_000);
  assert.equal(produced.totals.fileBytes, 300_000 + size + 10_100);
});

Deno.test("what goes wrong with a node is noted and the rest is stored", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    a: memoryFile("", { faults: { vanished: true } }),
    b: memoryFile("secret", { faults: { unreadable: true } }),
    c: memoryDirectory({ x: memoryFile("x") }, { faults: { unreadable: true } }),
    d: memoryFile("d", { faults: { attributesUnreadable: true } }),
    s: { kind: "socket" },
    z: memoryFile("last"),
  }));
  const produced = produce(tree, optionsFor(["."]));
  assert.deepEqual(pathsOf(produced), [".", "./c", "./d", "./z"]);
  assert.deepEqual(produced.notes.map(({ kind, path }) => [kind, path]), [
    ["vanished", "./a"],
    ["unreadable", "./b"],
    ["unreadable", "./c"],
    ["metadata-unreadable", "./d"],
    ["socket-skipped", "./s"],
  ]);
  for (const note of produced.notes) assert.match(note.message, /\.\/[a-z]/);
  assert.equal(tree.open, 0);
});

Deno.test("a file that shrinks is filled up with zeros to the size announced", () => {
  for (const endsAt of [0, 1, 511, 4000]) {
    const content = new Uint8Array(5000).fill(1);
    const tree = new MemoryFileTree(memoryDirectory({
      f: memoryFile(content, { faults: { endsAt } }),
      g: memoryFile("next"),
    }));
    const produced = produce(tree, optionsFor(["f", "g"]));
    const expected = new Uint8Array(5000).fill(1, 0, endsAt);
    assert.deepEqual(produced.members[0].content, expected);
    assert.equal(produced.records[0].checksum, sha256(expected));
    assert.deepEqual(noteKinds(produced), ["shrunk-while-read"]);
    assert.equal(text(produced.members[1].content), "next");
  }
});

Deno.test("a file that cannot be read to its end is filled up with zeros and noted", () => {
  const content = new Uint8Array(700_000).fill(1);
  const tree = new MemoryFileTree(memoryDirectory({
    f: memoryFile(content, { faults: { failsAt: 300_000 } }),
  }));
  const produced = produce(tree, optionsFor(["f"]));
  assert.deepEqual(produced.members[0].content, new Uint8Array(700_000).fill(1, 0, 300_000));
  assert.deepEqual(noteKinds(produced), ["unreadable"]);
  assert.match(produced.notes[0].message, /byte 300000 \(input\/output error\)/);
});

Deno.test("a file that changes while it is read is noted", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    f: memoryFile("abc", { faults: { keepsChanging: true } }),
    g: memoryFile("abc"),
  }));
  const produced = produce(tree, optionsFor(["f", "g"]));
  assert.deepEqual(produced.notes.map(({ kind, path }) => [kind, path]), [
    ["changed-while-read", "f"],
  ]);
});

Deno.test("a file of size 0 that has content is stored empty and noted, and an empty one is not", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    f: memoryFile("abc", { faults: { sizeHidden: true } }),
    g: memoryFile("abc", { faults: { sizeHidden: true, keepsChanging: true } }),
    h: memoryFile("abc", { faults: { sizeHidden: true, failsAt: 0 } }),
    i: memoryFile(""),
  }));
  const produced = produce(tree, optionsFor(["f", "g", "h", "i"]));
  assert.deepEqual(produced.members.map(({ content }) => content.length), [0, 0, 0, 0]);
  assert.deepEqual(produced.notes.map(({ kind, path }) => [kind, path]), [
    ["size-untrue", "f"],
    ["changed-while-read", "g"],
    ["unreadable", "h"],
  ]);
  assert.equal(produced.notes[0].message, "f has content although its size is 0: stored empty");
  assert.equal(produced.notes[2].message, "h cannot be read (input/output error): stored empty");
});

Deno.test("owners are overridden as asked for", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    f: memoryFile("", { uid: 5, gid: 6, mode: 0o4755 }),
  }));
  tree.users.set(5, "five").set(7, "seven");
  tree.groups.set(6, "six");
  const ownerOf = (rest: object) => {
    const { uid, gid, user, group, mode } = produce(tree, optionsFor(["f"], rest)).members[0].entry;
    return [uid, text(user), gid, text(group), mode];
  };
  assert.deepEqual(ownerOf({}), [5, "five", 6, "six", 0o4755]);
  assert.deepEqual(ownerOf({ numericOwner: true }), [5, "", 6, "", 0o4755]);
  assert.deepEqual(ownerOf({ owner: "seven" }), [7, "seven", 6, "six", 0o4755]);
  assert.deepEqual(ownerOf({ owner: "who:99", group: ":98" }), [99, "who", 98, "six", 0o4755]);
  assert.deepEqual(ownerOf({ owner: "7", numericOwner: true }), [7, "", 6, "", 0o4755]);
  assert.deepEqual(ownerOf({ preservePermissions: false }), [0, "", 0, "", 0o755]);
  assert.throws(() => ownerOf({ owner: "nobody-here" }), { code: "usage" });
});

Deno.test("without permissions ACLs go and other attributes stay", () => {
  const attributes = ["security.x", "system.posix_acl_access", "user.y"]
    .map((name) => ({ name: toBytes(name), value: new Uint8Array(0) }));
  attributes[1].value = Uint8Array.of(2, 0, 0, 0);
  const tree = new MemoryFileTree(memoryDirectory({ f: memoryFile("", { attributes }) }));
  const kept = produce(tree, optionsFor(["f"], { preservePermissions: false })).members[0].entry;
  assert.deepEqual(kept.xattrs.map(({ name }) => text(name)), ["security.x", "user.y"]);
});

Deno.test("a path that does not exist is refused before anything is written", () => {
  const tree = new MemoryFileTree(memoryDirectory({ a: memoryFile("a") }));
  for (const paths of [["a", "b"], ["a/b"], ["c/d"]]) {
    assert.throws(
      () => produce(tree, optionsFor(paths)),
      (error) =>
        error instanceof EctarError && error.code === "not-found" &&
        error.message.includes(paths.at(-1)!),
    );
  }
  assert.equal(tree.open, 0);
});

Deno.test("an archive of nothing is tar's end blocks", () => {
  const produced = produce(new MemoryFileTree(memoryDirectory({})), optionsFor([]));
  assert.deepEqual(produced.tar, new Uint8Array(1024));
  assert.equal(produced.frames.length, 1);
  assert.deepEqual(produced.totals, { members: 0, files: 0, fileBytes: 0, tarBytes: 1024 });
});

Deno.test("a member that no tar can hold is noted", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    a: { kind: "file", segments: { size: 2 ** 60, data: [] } },
    b: memoryFile("b"),
  }));
  const produced = produce(tree, optionsFor(["a", "b"]));
  assert.deepEqual(pathsOf(produced), ["b"]);
  assert.deepEqual(noteKinds(produced), ["unreadable"]);
});

Deno.test("the archive's own files are left out", () => {
  const image = memoryFile("tape");
  const tree = new MemoryFileTree(memoryDirectory({
    d: memoryDirectory({
      "t.tap": image,
      out: memoryDirectory({ "b.c001.s00": memoryFile("shard"), "b.txt": memoryFile("mine") }),
      "b.c001.s00": memoryFile("another's"),
    }),
  }));
  const produced = produce(
    tree,
    optionsFor(["d"], {
      ownOutputs: {
        files: [toBytes("d/t.tap"), toBytes("d/none")],
        directories: [{ path: toBytes("d/out"), names: /^b\.c\d+\.s\d+$/g }],
      },
    }),
  );
  assert.deepEqual(pathsOf(produced), ["d", "d/b.c001.s00", "d/out", "d/out/b.txt"]);
  assert.deepEqual(noteKinds(produced), ["own-output-skipped", "own-output-skipped"]);
});

Deno.test("a flood of notes is cut short and counted", () => {
  const entries = Object.fromEntries(
    Array.from({ length: 10_500 }, (_, index) => [`s${index}`, { kind: "socket" as const }]),
  );
  const produced = produce(new MemoryFileTree(memoryDirectory(entries)), optionsFor(["."]));
  assert.equal(produced.notes.length, 10_001);
  assert.match(produced.notes.at(-1)!.message, /^500 more notes/);
});
