import assert from "node:assert/strict";
import { attribute, directory, file, member } from "../unit/tree/restore_members.ts";
import { messageOf, symlink } from "../unit/tree/restore_members.ts";
import { asNobody, NOBODY } from "./as_nobody.ts";
import { accessList, inScratch, isRoot, lookAt, restoreInto } from "./restore_linux.ts";

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
