/**
 * The Debian package: what is in it, and that installing and purging it leaves a root as it was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import { IS_ROOT, run, withBareRoot } from "./bare_root.ts";
import { DIST, RELEASE } from "./kit.ts";

const PACKAGE = `${DIST}/${RELEASE.deb}`;

Deno.test("dpkg-deb reads the package; all is root's, below /usr, and writable by root only", async () => {
  assert.equal((await run("dpkg-deb", "--field", PACKAGE, "Version")).trim(), VERSION);
  const lines = (await run("dpkg-deb", "--contents", PACKAGE)).trimEnd().split("\n");
  for (const line of lines) {
    const [mode, owner] = line.split(/\s+/);
    assert.equal(owner, "root/root", line);
    assert.match(mode, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/, line);
    assert.match(line, / \.\/usr\//, line);
  }
  const programs = lines.filter((line) => line.startsWith("-rwx"));
  assert.equal(programs.length, 1, "one program");
});

Deno.test({
  name: "it installs, works, and when purged leaves nothing behind",
  ignore: !IS_ROOT,
  fn: () =>
    withBareRoot(async (root) => {
      const before = await root.listing();
      await root.dpkg("--install", PACKAGE);
      assert.equal(await root.dpkg("--verify", "ectar"), "", "all files as in the package");
      const job = "set -e; cd /tmp; mkdir d; seq 10000 >d/a; ectar create -q -o x d; " +
        "rm x.c001.s03; ectar extract -q -i x -o out || [ $? = 3 ]; " +
        'test "$(sha256sum <out/d/a)" = "$(sha256sum <d/a)"; rm -r d out x.*';
      await root.ok(job);
      // The same version again, as when a host is put in order, and then as an upgrade of itself.
      await root.dpkg("--install", PACKAGE);
      assert.match(await root.ok("ectar --version"), new RegExp(`^ectar ${VERSION}$`, "m"));
      assert((await root.listing()).some((line) => line.endsWith(" var/cache/ectar")));
      await root.dpkg("--purge", "ectar");
      assert.deepEqual(await root.listing(), before);
      assert.doesNotMatch(await Deno.readTextFile(`${root.path}/var/lib/dpkg/status`), /ectar/);
      const books = [...Deno.readDirSync(`${root.path}/var/lib/dpkg/info`)];
      assert.deepEqual(books.filter(({ name }) => name.startsWith("ectar")), []);
    }),
});

Deno.test({
  name: "removed without being purged, it leaves nothing behind either",
  ignore: !IS_ROOT,
  fn: () =>
    withBareRoot(async (root) => {
      const before = await root.listing();
      await root.dpkg("--install", PACKAGE);
      await root.ok("ectar --version");
      await root.dpkg("--remove", "ectar");
      assert.deepEqual(await root.listing(), before);
    }),
});
