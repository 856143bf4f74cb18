import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import { Restorer } from "../../../src/tree/restore.ts";
import { MemoryRestoreTree } from "../../../src/tree/restore_memory.ts";
import { Errno } from "../../../src/tree/restore_target.ts";
import { attribute, bytesOf, directory, file, give, hardLink } from "./restore_members.ts";
import { member, messageOf, restore, symlink } from "./restore_members.ts";

Deno.test("directories are closed to others until the end, and then deepest first", () => {
  const tree = new MemoryRestoreTree();
  const restorer = new Restorer(tree);
  give(restorer, directory("a", { mode: 0o555, mtimeNs: -1n }));
  give(restorer, directory("a/b", { mode: 0o2777, mtimeNs: 10n ** 20n }));
  give(restorer, file("a/b/c", "x"));
  assert.equal(tree.find("a")!.mode, 0o700);
  restorer.finish();
  assert.equal(tree.find("a")!.mode, 0o555);
  assert.equal(tree.find("a/b")!.mode, 0o2777);
  assert.equal(tree.find("a")!.mtimeNs, -1n);
  assert.equal(tree.find("a/b")!.mtimeNs, 10n ** 20n);
});

Deno.test("of two members for one directory the later decides its metadata", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [directory("a", { mode: 0o711 }), file("a/f"), directory("a", { mode: 0o750 })]);
  assert.equal(tree.find("a")!.mode, 0o750);
});

Deno.test("directories without a member get the mode the umask leaves", () => {
  const tree = new MemoryRestoreTree({ umask: 0o027 });
  restore(tree, [file("a/b/c", "x")]);
  assert.equal(tree.find("a")!.mode, 0o750);
  assert.equal(tree.find("a/b")!.mode, 0o750);
});

Deno.test("a umask that locks the owner out does not stop a restore", () => {
  const tree = new MemoryRestoreTree({ umask: 0o777, uid: 1000, groups: [1000] });
  assert.deepEqual(restore(tree, [file("a/b", "x")]).kinds, ["restored"]);
  assert.equal(tree.find("a")!.mode, 0o700);
});

Deno.test("the output directory's own member sets its metadata", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [directory(".", { mode: 0o711, mtimeNs: 7n }), file("./a")]);
  assert.equal(tree.root.mode, 0o711);
  assert.equal(tree.root.mtimeNs, 7n);
});

Deno.test("as root owner, set-ID bits, capabilities, lists and devices are restored", () => {
  const tree = new MemoryRestoreTree();
  const { summary } = restore(tree, [
    file("a", "x", {
      mode: 0o6755,
      uid: 70_000,
      gid: 4_294_967_294,
      mtimeNs: -1_500_000_000n,
      xattrs: [attribute("security.capability", "c"), attribute("system.posix_acl_access", "l")],
    }),
    member("block-device", "b", { deviceMajor: 259, deviceMinor: 65_537, mode: 0o660, gid: 6 }),
    symlink("c", "a", { uid: 5, gid: 6, mtimeNs: 9n }),
  ]);
  const a = tree.find("a")!;
  assert.deepEqual([a.mode, a.uid, a.gid, a.mtimeNs], [
    0o6755,
    70_000,
    4_294_967_294,
    -1500000000n,
  ]);
  assert.deepEqual([...a.xattrs.keys()], ["security.capability", "system.posix_acl_access"]);
  const b = tree.find("b")!;
  assert.deepEqual([b.device, b.mode, b.gid], [[259, 65_537], 0o660, 6]);
  const c = tree.find("c")!;
  assert.deepEqual([c.uid, c.gid, c.mtimeNs, c.mode], [5, 6, 9n, 0o777]);
  assert.equal(summary.line, undefined);
});

Deno.test("as a user everything he may is restored, and one line says what is missing", () => {
  const tree = new MemoryRestoreTree({ uid: 1000, groups: [100, 7] });
  const { kinds, summary } = restore(tree, [
    file("own", "x", { uid: 1000, gid: 100, mode: 0o6751 }),
    file("group", "x", { uid: 1000, gid: 7, mode: 0o2750 }),
    file("root", "x", { uid: 0, gid: 0, mode: 0o6755 }),
    file("cap", "x", {
      uid: 1000,
      gid: 100,
      xattrs: [attribute("security.capability", "c"), attribute("user.a", "b")],
    }),
    member("char-device", "null", { deviceMajor: 1, deviceMinor: 3 }),
    member("fifo", "fifo", { uid: 1000, gid: 100, mode: 0o620 }),
  ]);
  assert.deepEqual(kinds, ["restored", "restored", "restored", "restored", "failed", "restored"]);
  assert.equal(tree.find("own")!.mode, 0o6751);
  assert.deepEqual([tree.find("group")!.gid, tree.find("group")!.mode], [7, 0o2750]);
  assert.equal(tree.find("root")!.mode, 0o755);
  assert.equal(tree.find("fifo")!.mode, 0o620);
  assert.deepEqual([...tree.find("cap")!.xattrs.keys()], ["user.a"]);
  assert.equal(
    summary.line,
    "owner not set: 1 (first: root: EPERM); " +
      "set-user-ID or set-group-ID bit left out: 1 (first: root: owner differs); " +
      "extended attribute not set: 1 (first: cap: security.capability: EPERM); " +
      "device node not made: 1 (first: null: EPERM)",
  );
});

Deno.test("owners are found by name unless numbers are asked for", () => {
  const named = { uid: 5, gid: 5, user: bytesOf("root"), group: bytesOf("nobody-knows") };
  for (const numericOwner of [false, true]) {
    const tree = new MemoryRestoreTree();
    restore(tree, [file("a", "", named), directory("d", named)], { numericOwner });
    for (const path of ["a", "d"]) {
      const { uid, gid } = tree.find(path)!;
      assert.deepEqual([uid, gid], [numericOwner ? 5 : 0, 5]);
    }
  }
});

Deno.test("an owner number that no system has is noted, and no set-ID bit set", () => {
  const tree = new MemoryRestoreTree();
  const { summary } = restore(tree, [file("a", "", { uid: 0xffffffff, mode: 0o4755 })]);
  assert.equal(tree.find("a")!.uid, 0);
  assert.equal(tree.find("a")!.mode, 0o755);
  assert.deepEqual(summary.notes.map(({ kind }) => kind), ["owner", "set-id"]);
});

Deno.test("each part of the metadata can be left out", () => {
  const tree = new MemoryRestoreTree({ umask: 0o027 });
  const { summary } = restore(tree, [
    file("a", "", { uid: 5, gid: 5, mode: 0o7777, xattrs: [attribute("user.a", "b")] }),
    directory("d", { mode: 0o1777 }),
  ], { preserveOwner: false, preservePermissions: false, preserveAttributes: false });
  const a = tree.find("a")!;
  assert.deepEqual([a.uid, a.gid, a.mode, a.xattrs.size], [0, 0, 0o750, 0]);
  assert.equal(tree.find("d")!.mode, 0o750);
  assert.equal(summary.line, undefined);
});

Deno.test("leading components are stripped from names and from hard links' targets", () => {
  const tree = new MemoryRestoreTree();
  const { kinds } = restore(tree, [
    directory("top"),
    file("top/a", "x"),
    hardLink("top/sub/b", "top/a"),
    symlink("top/c", "top/a"),
    hardLink("top/d", "top"),
    file("alone", "x"),
  ], { stripComponents: 1 });
  assert.deepEqual(kinds, [
    "ignored",
    "restored",
    "restored",
    "restored",
    "link-target-missing",
    "ignored",
  ]);
  assert.deepEqual(tree.paths(), ["a", "c", "sub/", "sub/b"]);
  assert.equal(tree.find("sub/b"), tree.find("a"));
  assert.deepEqual(tree.find("c")!.linkTarget, bytesOf("top/a"));
});

Deno.test("stripping counts a leading dot and no leading slash, as in GNU tar", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [file("./a/b"), file("/c/d"), file("e//f")], { stripComponents: 1 });
  assert.deepEqual(tree.paths(), ["a/", "a/b", "d", "f"]);
});

Deno.test("members can be renamed and left out", () => {
  const tree = new MemoryRestoreTree();
  const rename = (path: Uint8Array) => path[0] === 0x62 ? undefined : bytesOf("in").length && path;
  const { kinds } = restore(tree, [file("a", "x"), file("b", "x"), hardLink("c", "b")], {
    rename: (path) => rename(path) || undefined,
  });
  assert.deepEqual(kinds, ["restored", "ignored", "link-target-missing"]);
  assert.deepEqual(tree.paths(), ["a"]);
});

Deno.test("content arrives in any pieces and what never arrives is zero", () => {
  const tree = new MemoryRestoreTree();
  restore(tree, [
    { ...member("file", "a", { size: 9 }), pieces: [[4, bytesOf("ef")], [0, bytesOf("ab")]] },
    { ...member("file", "b", { size: 3 }) },
  ]);
  assert.deepEqual([...tree.find("a")!.content], [0x61, 0x62, 0, 0, 0x65, 0x66, 0, 0, 0]);
  assert.deepEqual([...tree.find("b")!.content], [0, 0, 0]);
});

const fatal: [operation: string, errno: number, code: string, name: string][] = [
  ["create", Errno.ENOSPC, "no-space", "ENOSPC"],
  ["write", Errno.ENOSPC, "no-space", "ENOSPC"],
  ["write", Errno.EDQUOT, "no-space", "EDQUOT"],
  ["close", Errno.EDQUOT, "no-space", "EDQUOT"],
  ["rename", Errno.ENOSPC, "no-space", "ENOSPC"],
  ["mkdir", Errno.EROFS, "permission", "EROFS"],
  ["write", Errno.EIO, "io", "EIO"],
];

for (const [operation, errno, code, name] of fatal) {
  Deno.test(`${name} at ${operation} ends the restore and leaves nothing temporary`, () => {
    let armed = true;
    const tree = new MemoryRestoreTree({
      fault: (now) => armed && now === operation ? errno : undefined,
    });
    const restorer = new Restorer(tree);
    assert.throws(() => give(restorer, file("d/a\n", "x")), (error) => {
      assert.ok(error instanceof EctarError);
      assert.equal(error.code, code);
      assert.equal(error.context.errno, name);
      assert.match(error.message, /^cannot [a-z ]+ d(\/a\\n)?: E[A-Z]+$/);
      return true;
    });
    armed = false;
    restorer.finish();
    assert.deepEqual(tree.paths().filter((path) => path !== "d/"), []);
  });
}

for (const operation of ["create", "write", "close", "rename"]) {
  Deno.test(`EACCES at ${operation} concerns one member`, () => {
    const tree = new MemoryRestoreTree({
      fault: (now) => now === operation && armed ? Errno.EACCES : undefined,
    });
    let armed = true;
    const restorer = new Restorer(tree);
    const outcome = give(restorer, file("a", "x"));
    armed = false;
    assert.equal(outcome.kind, "failed");
    assert.match(messageOf(outcome), /^cannot (create|write) a: EACCES$/);
    assert.equal(give(restorer, file("b", "x")).kind, "restored");
    assert.deepEqual(tree.paths(), ["b"]);
  });
}

Deno.test("no space for an attribute is noted; the file is restored", () => {
  const tree = new MemoryRestoreTree({
    fault: (operation) => operation === "setxattr" ? Errno.ENOSPC : undefined,
  });
  const { kinds, summary } = restore(tree, [
    file("a", "x", { xattrs: [attribute("user.a", "b")] }),
    file("b", "x", { xattrs: [attribute("user.a", "b"), attribute("user.c", "d")] }),
  ]);
  assert.deepEqual(kinds, ["restored", "restored"]);
  assert.equal(
    summary.line,
    "extended attribute not set: 3 (first: a: user.a: ENOSPC)",
  );
});

Deno.test("an abandoned member leaves nothing", () => {
  const tree = new MemoryRestoreTree();
  const restorer = new Restorer(tree);
  restorer.begin(file("a", "abc").entry);
  restorer.data(bytesOf("ab"), 0);
  assert.equal(tree.paths().length, 1);
  restorer.abort();
  assert.deepEqual(tree.paths(), []);
  assert.throws(() => restorer.end(true));
  restorer.begin(file("b", "abc").entry);
  restorer.begin(file("c").entry);
  assert.equal(restorer.end(true).kind, "restored");
  assert.deepEqual(tree.paths(), ["c"]);
});
