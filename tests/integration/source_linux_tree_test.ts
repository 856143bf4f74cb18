import assert from "node:assert/strict";
import { LinuxFileTree } from "../../ffi/file_tree.ts";
import { noteKinds, pathsOf, produce } from "../unit/tree/source_harness.ts";
import {
  makeAt,
  makeDeep,
  openDescriptors,
  optionsIn,
  produceFrom,
  run,
  withTree,
} from "./source_harness.ts";
import { asNobody } from "./as_nobody.ts";

const isRoot = Deno.uid() === 0;

Deno.test("names that are not UTF-8 are found, stored and recorded as they are", () =>
  withTree((top) => {
    const name = Uint8Array.of(0xe9, 0x74, 0xe9);
    makeAt(top, name, "latin");
    const { members, records } = produceFrom(top, [name]);
    assert.deepEqual([...members[0].entry.path], [...name]);
    assert.equal(new TextDecoder().decode(members[0].content), "latin");
    assert.equal(records[0].path_b64, btoa("\xe9t\xe9"));
  }));

Deno.test("paths longer than PATH_MAX are walked with few descriptors", () =>
  withTree((top) => {
    makeDeep(top, "d".repeat(200), 60);
    const tree = new LinuxFileTree(3);
    const before = openDescriptors();
    const produced = produce(tree, optionsIn(top, ["."]));
    assert.equal(openDescriptors(), before);
    assert.equal(produced.members.length, 62);
    assert.equal(produced.members.at(-1)!.entry.path.length, 1 + 60 * 201 + 2);
    assert.deepEqual(produced.notes, []);
  }));

Deno.test("hundreds of levels are walked with few descriptors", () =>
  withTree((top) => {
    makeDeep(top, "d", 500);
    const produced = produce(new LinuxFileTree(8), optionsIn(top, ["."]));
    assert.equal(produced.members.length, 502);
    assert.deepEqual(produced.notes, []);
  }));

Deno.test("a directory is read again from its place after its descriptor was given up", () =>
  withTree((top) => {
    let path = top;
    for (let level = 0; level < 12; level++) {
      Deno.writeTextFileSync(`${path}/z`, String(level));
      Deno.mkdirSync(path += "/d");
    }
    const produced = produce(new LinuxFileTree(2), optionsIn(top, ["."]));
    const files = produced.members.filter(({ entry }) => entry.type === "file");
    assert.deepEqual(
      files.map(({ content }) => new TextDecoder().decode(content)),
      ["11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"],
    );
    assert.deepEqual(produced.notes, []);
  }));

Deno.test("sockets are skipped with a note", () =>
  withTree((top) => {
    const listener = Deno.listen({ transport: "unix", path: `${top}/socket` });
    try {
      const produced = produceFrom(top);
      assert.deepEqual(pathsOf(produced), ["."]);
      assert.deepEqual(noteKinds(produced), ["socket-skipped"]);
    } finally {
      listener.close();
    }
  }));

Deno.test({
  name: "what another user may not read is noted, what he may is stored",
  ignore: !isRoot,
  fn: () =>
    withTree((top) => {
      Deno.chmodSync(top, 0o755);
      Deno.writeTextFileSync(`${top}/open`, "for all");
      Deno.writeTextFileSync(`${top}/secret`, "for me", { mode: 0o600 });
      Deno.mkdirSync(`${top}/shut`, { mode: 0o700 });
      Deno.writeTextFileSync(`${top}/shut/x`, "x");
      Deno.mkdirSync(`${top}/unsearchable`);
      Deno.writeTextFileSync(`${top}/unsearchable/y`, "y");
      Deno.chmodSync(`${top}/unsearchable`, 0o744);
      const produced = asNobody(() => produceFrom(top));
      assert.deepEqual(pathsOf(produced), [".", "./open", "./shut", "./unsearchable"]);
      assert.deepEqual(produced.notes.map(({ kind, path }) => [kind, path]), [
        ["unreadable", "./secret"],
        ["unreadable", "./shut"],
        ["unreadable", "./unsearchable/y"],
      ]);
      assert.throws(() => asNobody(() => produceFrom(top, ["shut/x"])), { code: "permission" });
      assert.throws(() => asNobody(() => produceFrom(`${top}/shut`)), { code: "permission" });
    }),
});

Deno.test("access times stay as they are", () =>
  withTree((top) => {
    Deno.writeTextFileSync(`${top}/f`, "x");
    run("touch", ["-a", "-d", "2001-01-01 UTC", `${top}/f`]);
    run("touch", ["-a", "-d", "2001-01-01 UTC", top]);
    produceFrom(top);
    const times = new TextDecoder().decode(run("stat", ["-c", "%X", `${top}/f`, top]));
    assert.equal(times, "978307200\n978307200\n");
  }));

Deno.test({
  name: "another file system is stored as an empty directory when asked for one only",
  ignore: !isRoot,
  fn: () =>
    withTree((top) => {
      Deno.mkdirSync(`${top}/mnt`);
      run("mount", ["-t", "tmpfs", "none", `${top}/mnt`]);
      try {
        Deno.writeTextFileSync(`${top}/mnt/f`, "x");
        const one = { oneFileSystem: true };
        assert.deepEqual(pathsOf(produceFrom(top, ["."], one)), [".", "./mnt"]);
        assert.deepEqual(pathsOf(produceFrom(top, ["mnt"], one)), ["mnt", "mnt/f"]);
        assert.deepEqual(pathsOf(produceFrom(top)), [".", "./mnt", "./mnt/f"]);
      } finally {
        run("umount", [`${top}/mnt`]);
      }
    }),
});

Deno.test("circles of symlinks are stored, followed or not", () =>
  withTree((top) => {
    Deno.mkdirSync(`${top}/d`);
    Deno.writeTextFileSync(`${top}/d/f`, "x");
    Deno.symlinkSync("..", `${top}/d/up`);
    Deno.symlinkSync("me", `${top}/me`);
    Deno.symlinkSync("d", `${top}/to-d`);
    assert.deepEqual(pathsOf(produceFrom(top)), [".", "./d", "./d/f", "./d/up", "./me", "./to-d"]);
    const followed = produceFrom(top, ["."], { followSymlinks: true });
    assert.deepEqual(pathsOf(followed), [
      ".",
      "./d",
      "./d/f",
      "./d/up",
      "./me",
      "./to-d",
      "./to-d/f",
      "./to-d/up",
    ]);
    assert.deepEqual(noteKinds(followed), ["symlink-kept", "symlink-kept", "symlink-kept"]);
  }));

Deno.test("member names are those that GNU tar gives", () =>
  withTree((top) => {
    Deno.mkdirSync(`${top}/a/b`, { recursive: true });
    Deno.writeTextFileSync(`${top}/a/b/f`, "x");
    const ways = ["a", "./a", "a/b/", "a/../a", "a/b/..", ".", `${top}/a`, "a//b/f"];
    for (const path of ways) {
      const theirs = run("tar", ["-C", `${top}/a/..`, "--sort=name", "-cf", "-", path]);
      const names = new TextDecoder().decode(run("tar", ["-tf", "-"], theirs))
        .split("\n").filter((name) => name !== "").map((name) => name.replace(/\/+$/, ""));
      const expected = names.map((name) => name.replaceAll("//", "/"));
      assert.deepEqual(pathsOf(produceFrom(top, [path])).sort(), expected.sort(), path);
    }
  }));

Deno.test("exclusion is that of GNU tar", () =>
  withTree((top) => {
    for (const path of ["a/x.o", "a/b/x.o", "a/b/keep", "ab/cache/f", "cache/f", "é/ü", "w*w/f"]) {
      Deno.mkdirSync(`${top}/${path.replace(/\/[^/]*$/, "")}`, { recursive: true });
      Deno.writeTextFileSync(`${top}/${path}`, "x");
    }
    const patterns = [
      "*.o",
      "a/b",
      "b",
      "a*p",
      "cache",
      "./cache",
      "[ac]*",
      "?",
      "w\\*w",
      "w*",
      "./a/*",
      "x.?",
      "[!a-z]",
      "/a",
      "b/x*",
    ];
    for (const pattern of patterns) {
      const theirs = new TextDecoder().decode(run("sh", [
        "-c",
        'LC_ALL=C.UTF-8 tar -C "$0" --quoting-style=literal --exclude "$1" -cf - . | tar --quoting-style=literal -tf -',
        top,
        pattern,
      ])).split("\n").filter((name) => name !== "").map((name) => name.replace(/\/$/, ""));
      const mine = pathsOf(produceFrom(top, ["."], { exclude: { patterns: [pattern] } }));
      assert.deepEqual(mine.sort(), theirs.sort(), pattern);
    }
  }));
