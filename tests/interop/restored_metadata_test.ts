/** What was restored, as getfacl, getfattr and getcap see it. */

import assert from "node:assert/strict";
import {
  accessList,
  inScratch,
  isRoot,
  lookAt,
  restoreInto,
  run,
} from "../integration/restore_linux.ts";
import {
  attribute,
  directory,
  file,
  hardLink,
  member,
  messageOf,
  symlink,
} from "../unit/tree/restore_members.ts";

/** `struct vfs_cap_data` of revision 2: cap_net_raw permitted and effective. */
const CAPABILITY = Uint8Array.from([1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

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
