/**
 * Where the executable is started from, by whom, and where the self-extracting one unpacks to.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  directoryOf,
  EXECUTABLE,
  exists,
  IS_ROOT,
  ok,
  OTHER_USER,
  script,
  UNPACKS,
  withScratch,
} from "./executable.ts";

const BUILD = /^build=(\w+)$/m.exec(Deno.readTextFileSync(EXECUTABLE).slice(0, 2000))?.[1];
const VERSION_LINE = /^ectar \d+\.\d+\.\d+$/m;

/** A test of unpacking. */
function unpacking(name: string, test: (cwd: string) => Promise<void>): void {
  Deno.test({ name, ignore: !UNPACKS, fn: () => withScratch(test) });
}

/** A test of unpacking that acts as somebody else, or mounts. */
function unpackingAsRoot(name: string, test: (cwd: string) => Promise<void>): void {
  Deno.test({ name, ignore: !UNPACKS || !IS_ROOT, fn: () => withScratch(test) });
}

Deno.test("a symbolic link, another directory and a relative path all start it", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, 'ln -s "$E" link && ./link --version && cd / && "$OLDPWD/link" --version');
    await ok({ cwd, env: { PATH: `${cwd}:/usr/bin:/bin` } }, "link --version");
    await ok({ cwd }, 'mkdir "a b" && cp "$E" "a b/it\'s" && cd "a b" && "./it\'s" --version');
  });
});

Deno.test({
  name: "it works with no network interface and no environment",
  ignore: !IS_ROOT,
  fn: () =>
    withScratch(async (cwd) => {
      const unshare = ["--net"];
      await ok(
        { cwd, unshare },
        "echo a >a && env -i $E create -q -o x a && env -i $E verify -i x",
      );
    }),
});

Deno.test({
  name: "a user without account and without HOME can use it",
  ignore: !IS_ROOT,
  fn: () =>
    withScratch(async (cwd) => {
      const home = directoryOf(OTHER_USER, cwd, "work");
      await ok(
        { cwd: home, user: OTHER_USER },
        "echo a >a && $E create -q -o x a && $E verify -i x",
      );
      for (const place of ["/var/tmp", "/tmp"]) {
        await ok({ cwd }, `rm -rf ${place}/ectar-${OTHER_USER}`);
      }
    }),
});

unpacking(
  "it is unpacked where ECTAR_CACHE_DIR says, privately, and then left alone",
  async (cwd) => {
    const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
    await ok({ cwd, env }, "umask 022; $E --version");
    assert.equal((await ok({ cwd }, "stat -c %a cache")).trim(), "700");
    assert.equal((await ok({ cwd }, `stat -c %a cache/${BUILD}`)).trim(), "700");
    const state = "cd cache && stat -c '%n %i %z' */*.js */ectar */checked";
    const before = await ok({ cwd }, state);
    await ok({ cwd, env }, "$E --version");
    assert.equal(await ok({ cwd }, state), before);
    assert.equal((await ok({ cwd }, "ls -A cache")).trim(), BUILD, "nothing else is left");
  },
);

unpacking("the caller's umask is what the program works with", async (cwd) => {
  const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
  await ok({ cwd, env }, "echo a >a; umask 027; $E create -q -o x a; mkdir out");
  assert.equal((await ok({ cwd }, "stat -c %a x.c001.s00")).trim(), "640");
});

unpacking("first runs at the same time all work", async (cwd) => {
  const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
  const runs = Array.from({ length: 4 }, () => ok({ cwd, env }, "$E --version"));
  for (const text of await Promise.all(runs)) assert.match(text, VERSION_LINE);
  assert.equal((await ok({ cwd }, "ls -A cache")).trim(), BUILD);
});

unpacking("a first run that is killed leaves nothing that a later one trusts", async (cwd) => {
  const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
  for (const seconds of ["0.1", "0.4", "0.8"]) {
    await script({ cwd, env }, `timeout -s KILL ${seconds} $E --version`);
  }
  assert.match(await ok({ cwd, env }, "$E --version"), VERSION_LINE);
});

unpacking("files that are changed, cut or gone are put right before they run", async (cwd) => {
  const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
  await ok({ cwd, env }, "$E --version");
  const harm = [
    "chmod u+w ectar.js; echo 'console.log(666)' >ectar.js",
    "cp -p ectar.js t; chmod u+w ectar.js; echo '//' >>ectar.js; touch -r t ectar.js; rm t",
    "chmod u+w ectar; truncate -s 1000 ectar",
    "rm zstd_worker.js",
    "chmod 000 ectar",
    "chmod u+w checked; : >checked",
    "rm checked ectar.js",
  ];
  for (const damage of harm) {
    await ok({ cwd }, `cd cache/${BUILD} && { ${damage}; }`);
    assert.match(await ok({ cwd, env }, "$E --version"), VERSION_LINE, damage);
    await ok({ cwd, env }, `cd cache/${BUILD} && test -x ectar && ! grep -q 666 ectar.js`);
  }
});

unpacking("a damaged or cut copy says so and leaves nothing", async (cwd) => {
  const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
  const copies = [
    'head -c 20000000 "$E" >copy',
    'cp "$E" copy && printf XXXX | dd of=copy bs=1 seek=30000000 conv=notrunc 2>/dev/null',
  ];
  for (const copy of copies) {
    const { code, stderr } = await script({ cwd, env }, `${copy}; chmod +x copy; ./copy --version`);
    assert.equal(code, 1);
    assert.match(stderr, /^ectar: \.\/copy is damaged; copy it once more$/m);
  }
  assert.equal((await ok({ cwd }, "ls -A cache/* | grep -v : || true")).trim(), "");
});

unpacking("a directory that others may write to, or lies in one, is refused", async (cwd) => {
  await ok({ cwd }, "mkdir open && chmod 777 open");
  const { code, stderr } = await script(
    { cwd, env: { ECTAR_CACHE_DIR: `${cwd}/open/cache` } },
    "$E -V",
  );
  assert.equal(code, 1);
  assert.match(stderr, /it is, or lies, in a directory that others may write to/);
  assert(!exists(`${cwd}/open/cache/${BUILD}/ectar`));
});

unpacking("a path that is not absolute is refused", async (cwd) => {
  const { code, stderr } = await script({ cwd, env: { ECTAR_CACHE_DIR: "cache" } }, "$E -V");
  assert.equal(code, 1);
  assert.match(stderr, /cache: it is no absolute path/);
});

unpackingAsRoot("root runs nothing that another user planted", async (cwd) => {
  await ok({ cwd, env: { ECTAR_CACHE_DIR: `${cwd}/cache` } }, "$E --version");
  await ok({ cwd }, `chown -R ${OTHER_USER} cache && printf 'evil' >cache/${BUILD}/ectar.js`);
  const { code, stderr } = await script({ cwd, env: { ECTAR_CACHE_DIR: `${cwd}/cache` } }, "$E -V");
  assert.equal(code, 1);
  assert.match(stderr, /a directory of another user/);
});

unpackingAsRoot("root pays no attention to HOME and XDG_CACHE_HOME", async (cwd) => {
  const home = directoryOf(OTHER_USER, cwd, "home");
  const before = exists(`/var/cache/ectar/${BUILD}`);
  await ok({ cwd, env: { HOME: home, XDG_CACHE_HOME: `${home}/xdg` } }, "$E --version");
  assert.equal((await ok({ cwd }, "ls -A home")).trim(), "");
  assert(exists(`/var/cache/ectar/${BUILD}/checked`));
  if (!before) await Deno.remove(`/var/cache/ectar/${BUILD}`, { recursive: true });
});

unpackingAsRoot("root goes elsewhere when /var/cache cannot be written to", async (cwd) => {
  const unshare = ["--mount"];
  const mounts =
    "mount -t tmpfs -o ro,mode=755 none /var/cache && mount -t tmpfs -o mode=700 none /root";
  const text = await ok({ cwd: "/", unshare }, `${mounts} && $E -V`);
  assert.match(text, VERSION_LINE, cwd);
});

unpackingAsRoot(
  "a home that is read-only, full or not for programs is passed over",
  async (cwd) => {
    const home = directoryOf(OTHER_USER, cwd, "home");
    const run = `setpriv --reuid=${OTHER_USER} --regid=${OTHER_USER} --clear-groups`;
    const own = `uid=${OTHER_USER},mode=755`;
    await ok({ cwd }, 'cp "$E" copy');
    const mounts = [`ro,${own}`, `size=20m,${own}`, `noexec,${own}`];
    for (const options of mounts) {
      const text = `mount -t tmpfs -o ${options} none ${home} && mount -t tmpfs none /var/tmp && ` +
        `chmod 1777 /var/tmp && HOME=${home} ${run} $E -V && ls -A ${home}/.cache/ectar/* 2>/dev/null`;
      const { stdout, stderr } = await script({ cwd: "/", unshare: ["--mount"] }, text);
      assert.match(stdout, VERSION_LINE, `${options}: ${stderr}`);
      assert.doesNotMatch(stdout, /ectar\.js|\.new/, `${options} leaves files behind`);
    }
  },
);

unpackingAsRoot("where nothing can be used it says what was tried", async (cwd) => {
  const tmpfs = ["/var/tmp", "/tmp", "/dev/shm"].map((place) =>
    `mount -t tmpfs -o ro none ${place}`
  );
  const run = `setpriv --reuid=${OTHER_USER} --regid=${OTHER_USER} --clear-groups`;
  // The executable may lie below what is mounted over.
  await ok({ cwd }, 'cp "$E" copy');
  const { code, stderr } = await script(
    { cwd: "/", unshare: ["--mount"], env: { HOME: `${cwd}/none` } },
    `${tmpfs.join(" && ")} && ${run} ${cwd}/copy -V`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /ECTAR_CACHE_DIR can name one\. Tried:\n {2}\/.*: it cannot be made/);
});

unpackingAsRoot("a directory that another group may write to is refused", async (cwd) => {
  const home = directoryOf(OTHER_USER, cwd, "home");
  await ok({ cwd }, `chmod 775 ${home} && chgrp 1 ${home}`);
  const env = { ECTAR_CACHE_DIR: `${home}/cache` };
  const { code, stderr } = await script({ cwd, user: OTHER_USER, env }, "$E -V");
  assert.equal(code, 1, "another group could replace the cache");
  assert.match(stderr, /others may write to/);
});

unpacking(
  "a build that nobody started for a month is removed when another is unpacked",
  async (cwd) => {
    const env = { ECTAR_CACHE_DIR: `${cwd}/cache` };
    await ok({ cwd }, "umask 077; mkdir -p cache/0ld cache/new cache/.new.x; touch cache/new/used");
    await ok({ cwd }, "touch -d '40 days ago' cache/0ld/used cache/.new.x");
    await ok({ cwd, env }, "$E -V");
    assert.deepEqual((await ok({ cwd }, "ls -A cache")).trim().split("\n"), [BUILD, "new"]);
  },
);
