import assert from "node:assert/strict";
import { attribute, directory, file, hardLink, member } from "../unit/tree/restore_members.ts";
import { messageOf, symlink } from "../unit/tree/restore_members.ts";
import { asNobody, NOBODY } from "./as_nobody.ts";
import { inScratch, isRoot, lookAt, restoreInto } from "./restore_linux.ts";
import { run } from "./restore_linux.ts";

/** `struct vfs_cap_data` of revision 2: cap_net_raw permitted and effective. */
const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A POSIX access control list as in `system.posix_acl_access`: owner, one user, group, mask, other. */
function accessList(user: number, bits: number): Uint8Array {
  const entries: [tag: number, bits: number, id: number][] = [
    [1, 6, 0xffffffff],
    [2, bits, user],
    [4, 4, 0xffffffff],
    [16, 6, 0xffffffff],
    [32, 0, 0xffffffff],
  ];
  const bytes = new DataView(new ArrayBuffer(4 + 8 * entries.length));
  bytes.setUint32(0, 2, true);
  entries.forEach(([tag, permissions, id], index) => {
    bytes.setUint16(4 + 8 * index, tag, true);
    bytes.setUint16(6 + 8 * index, permissions, true);
    bytes.setUint32(8 + 8 * index, id, true);
  });
  return new Uint8Array(bytes.buffer);
}

Deno.test({
  name: "as root owner, mode, time, attributes, lists, devices are as recorded",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      const { outcomes, summary } = restoreInto(root, [
        directory("d", {
          mode: 0o2750,
          uid: 1234,
          gid: 2345,
          mtimeNs: 1_600_000_000_123_456_789n,
          xattrs: [
            attribute("system.posix_acl_access", accessList(77, 4)),
            attribute("system.posix_acl_default", accessList(77, 6)),
            attribute("user.note", "on a directory"),
          ],
        }),
        file("d/suid", "program", {
          mode: 0o6755,
          uid: 1234,
          gid: 2345,
          mtimeNs: -86_400_000_000_001n,
          xattrs: [
            attribute("security.capability", CAPABILITY),
            attribute("trusted.t", new Uint8Array([0, 255, 10])),
            attribute("user.empty", ""),
          ],
        }),
        file("d/list", "x", {
          mode: 0o660,
          xattrs: [attribute("system.posix_acl_access", accessList(88, 2))],
        }),
        file("d/locked", "x", { mode: 0, uid: 4_000_000_000, gid: 4_000_000_001 }),
        member("fifo", "d/fifo", { mode: 0o624, uid: 3, gid: 4, mtimeNs: 5n }),
        member("char-device", "d/char", { mode: 0o666, deviceMajor: 1, deviceMinor: 3 }),
        member("block-device", "d/block", { mode: 0o60, deviceMajor: 259, deviceMinor: 65_537 }),
        symlink("d/link", "/nowhere", {
          uid: 9,
          gid: 10,
          mtimeNs: 1n,
          xattrs: [attribute("trusted.t", "on a link")],
        }),
        hardLink("d/second", "d/suid"),
      ]);
      for (const outcome of outcomes) assert.equal(outcome.kind, "restored", messageOf(outcome));
      assert.equal(summary.line, undefined);

      const d = lookAt(`${root}/d`);
      assert.deepEqual([d.uid, d.gid, d.mtimeNs], [1234, 2345, 1_600_000_000_123_456_789n]);
      assert.equal(d.mode & 0o7000, 0o2000);
      const list = run("getfacl", "-nc", "--absolute-names", `${root}/d`);
      assert.match(list, /^user:77:r--$/m);
      assert.match(list, /^default:user:77:rw-$/m);
      assert.match(run("getfattr", "-d", "--absolute-names", `${root}/d`), /on a directory/);

      const suid = lookAt(`${root}/d/suid`);
      assert.deepEqual([suid.mode, suid.uid, suid.gid, suid.links], [0o6755, 1234, 2345, 2]);
      assert.equal(suid.mtimeNs, -86_400_000_000_001n);
      const attributes = run("getfattr", "-dm-", "-e", "hex", "--absolute-names", `${root}/d/suid`);
      assert.match(attributes, /security\.capability=0x0100000200200000/);
      assert.match(attributes, /trusted\.t=0x00ff0a/);
      assert.match(attributes, /user\.empty/);
      assert.match(run("getcap", `${root}/d/suid`), /cap_net_raw=ep/);

      assert.equal(
        run("getfacl", "-nc", "--absolute-names", `${root}/d/list`).trim(),
        "user::rw-\nuser:88:-w-\ngroup::r--\nmask::rw-\nother::---",
      );
      const locked = lookAt(`${root}/d/locked`);
      assert.deepEqual([locked.mode, locked.uid, locked.gid], [0, 4_000_000_000, 4_000_000_001]);

      const fifo = lookAt(`${root}/d/fifo`);
      assert.deepEqual([fifo.kind, fifo.mode, fifo.uid, fifo.mtimeNs], ["fifo", 0o624, 3, 5n]);
      const char = lookAt(`${root}/d/char`);
      assert.deepEqual(
        [char.kind, char.mode, char.deviceMajor, char.deviceMinor],
        ["char-device", 0o666, 1, 3],
      );
      const block = lookAt(`${root}/d/block`);
      assert.deepEqual(
        [block.kind, block.mode, block.deviceMajor, block.deviceMinor],
        ["block-device", 0o60, 259, 65_537],
      );
      const link = lookAt(`${root}/d/link`);
      assert.deepEqual([link.kind, link.uid, link.gid, link.mtimeNs], ["symlink", 9, 10, 1n]);
      const onLink = run("getfattr", "-hdm-", "--absolute-names", `${root}/d/link`);
      assert.match(onLink, /trusted\.t="on a link"/);
    }),
});

Deno.test({
  name: "what a default list of the target directory would add is not taken for the member's own",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      const list = attribute("system.posix_acl_default", accessList(77, 6));
      restoreInto(root, [directory("d", { xattrs: [list] }), file("d/f", "x"), directory("d/e")]);
      assert.doesNotMatch(run("getfacl", "-nc", "--absolute-names", `${root}/d/f`), /77/);
      assert.doesNotMatch(run("getfacl", "-nc", "--absolute-names", `${root}/d/e`), /77/);
    }),
});

Deno.test({
  name: "as a user the rest is restored, read-only directories too, and one line says what is not",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      const { outcomes, summary } = asNobody(() =>
        restoreInto(root, [
          directory("closed", { mode: 0, uid: NOBODY, gid: NOBODY, mtimeNs: 5n }),
          directory("closed/inner", { mode: 0o111, uid: NOBODY, gid: NOBODY, mtimeNs: 6n }),
          file("closed/inner/f", "x", {
            mode: 0o4400,
            uid: NOBODY,
            gid: NOBODY,
            mtimeNs: -1n,
            xattrs: [
              attribute("system.posix_acl_access", accessList(88, 2)),
              attribute("trusted.t", "x"),
              attribute("user.u", "x"),
            ],
          }),
          file("suid", "x", { mode: 0o4755 }),
          member("char-device", "null", { deviceMajor: 1, deviceMinor: 3 }),
          member("fifo", "fifo", { mode: 0o640, uid: NOBODY, gid: NOBODY }),
          symlink("link", "nowhere", { uid: NOBODY, gid: NOBODY, mtimeNs: 7n }),
        ])
      );
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ["restored", "restored", "restored", "restored", "failed", "restored", "restored"],
      );
      assert.equal(messageOf(outcomes[4]), "cannot create null: Operation not permitted");
      assert.equal(
        summary.line,
        "extended attribute not set: 1 " +
          "(first: closed/inner/f: trusted.t: Operation not permitted); " +
          "owner not set: 1 (first: suid: Operation not permitted); " +
          "set-user-ID or set-group-ID bit left out: 1 (first: suid: owner differs); " +
          "device node not made: 1 (first: null: Operation not permitted)",
      );
      assert.deepEqual([lookAt(`${root}/closed`).mode, lookAt(`${root}/closed`).mtimeNs], [0, 5n]);
      const inner = lookAt(`${root}/closed/inner`);
      assert.deepEqual([inner.mode, inner.mtimeNs], [0o111, 6n]);
      const f = lookAt(`${root}/closed/inner/f`);
      assert.deepEqual([f.mode & 0o7700, f.uid, f.mtimeNs], [0o4600, NOBODY, -1n]);
      assert.equal(lookAt(`${root}/suid`).mode, 0o755);
      assert.equal(lookAt(`${root}/fifo`).mode, 0o640);
      assert.equal(lookAt(`${root}/link`).mtimeNs, 7n);
    }),
});

Deno.test({
  name: "as a user, directories of his that exist and are read-only take members",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) =>
      asNobody(() => {
        const own = { uid: NOBODY, gid: NOBODY };
        restoreInto(root, [directory("d", { mode: 0o555, ...own }), file("d/a", "x", own)]);
        const { outcomes, summary } = restoreInto(root, [
          directory("d", { mode: 0o311, ...own }),
          file("d/b", "x", own),
        ]);
        assert.deepEqual(outcomes.map(({ kind }) => kind), ["restored", "restored"]);
        assert.equal(summary.line, undefined);
        assert.equal(lookAt(`${root}/d`).mode, 0o311);
        // Searchable and writable, but not readable: O_PATH still leads there.
        const third = restoreInto(root, [
          file("d/c", "x", own),
          directory("d", { mode: 0o355, mtimeNs: 9n, ...own }),
        ]);
        assert.deepEqual(third.kinds, ["restored", "restored"]);
        assert.equal(third.summary.line, undefined);
        assert.deepEqual([lookAt(`${root}/d`).mode, lookAt(`${root}/d`).mtimeNs], [0o355, 9n]);
      })
    ),
});

Deno.test({
  name: "as a user, a directory of someone else refuses its member and no other",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      Deno.mkdirSync(`${root}/roots`, { mode: 0o755 });
      const { outcomes } = asNobody(() =>
        restoreInto(root, [file("roots/a", "x"), file("b", "x")])
      );
      assert.deepEqual(outcomes.map(({ kind }) => kind), ["failed", "restored"]);
      assert.equal(messageOf(outcomes[0]), "cannot create roots/a: Permission denied");
    }),
});

Deno.test("the umask rules implied directories and, when asked, everything", () =>
  inScratch((root) => {
    const before = Deno.umask(0o027);
    try {
      restoreInto(root, [file("exact/f", "x", { mode: 0o666 }), directory("e", { mode: 0o777 })]);
      restoreInto(root, [file("less/f", "x", { mode: 0o4777 })], { preservePermissions: false });
    } finally {
      Deno.umask(before);
    }
    const modes = ["exact", "exact/f", "e", "less", "less/f"].map((path) =>
      lookAt(`${root}/${path}`).mode
    );
    assert.deepEqual(modes, [0o750, 0o666, 0o777, 0o750, 0o750]);
  }));
