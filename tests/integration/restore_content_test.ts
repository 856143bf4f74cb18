import assert from "node:assert/strict";
import { LinuxRestoreTree } from "../../ffi/restore_tree.ts";
import { EctarError } from "../../src/errors.ts";
import { Restorer } from "../../src/tree/restore.ts";
import { bytesOf, damaged, directory, file, give } from "../unit/tree/restore_members.ts";
import { hardLink, member, messageOf, symlink } from "../unit/tree/restore_members.ts";
import { namesIn } from "../cli/sample_tree.ts";
import { inScratch, isRoot, lookAt, restoreInto, run } from "./restore_linux.ts";

Deno.test("holes take no room, in whole and in partial files", () =>
  inScratch((root) => {
    const size = 100 * 2 ** 30;
    const pieces: [number, Uint8Array][] = [[2 ** 33, bytesOf("middle")]];
    const sparse = [{ offset: 2 ** 33, length: 6 }];
    const { kinds } = restoreInto(root, [
      { ...member("file", "whole", { size, sparse }), pieces },
      { ...member("file", "damaged", { size }), pieces, intact: false },
    ]);
    assert.deepEqual(kinds, ["restored", "partial"]);
    for (const name of ["whole", "damaged.ectar-partial"]) {
      const { size: found, blocks } = lookAt(`${root}/${name}`);
      assert.equal(found, size);
      assert.ok(blocks <= 16, `${blocks} blocks of 512 bytes`);
    }
    using opened = Deno.openSync(`${root}/whole`);
    opened.seekSync(2 ** 33, Deno.SeekMode.Start);
    const bytes = new Uint8Array(7);
    opened.readSync(bytes);
    assert.equal(new TextDecoder().decode(bytes), "middle\0");
  }));

Deno.test("names of any bytes are restored", () =>
  inScratch((root) => {
    const names = [[0xff, 0xfe], [0xc3], [0x0a], [0x5c, 0x6e], [0x80, 0x20], [0x2d, 0x2d]];
    const paths = names.map((name) => Uint8Array.from([0x64, 0x2f, ...name]));
    const { kinds } = restoreInto(root, paths.map((path) => file(path, "x")));
    assert.deepEqual(new Set(kinds), new Set(["restored"]));
    for (const path of paths) {
      assert.equal(lookAt(Uint8Array.from([...bytesOf(`${root}/`), ...path])).kind, "file");
    }
  }));

Deno.test("paths far longer than PATH_MAX are restored, their metadata too", () =>
  inScratch((root) => {
    const depth = 600;
    const part = "directory-name";
    const path = Array.from({ length: depth }, () => part).join("/");
    const { kinds, summary } = restoreInto(root, [
      file(`${path}/f`, "deep"),
      directory(path, { mode: 0o711, mtimeNs: 3n }),
      hardLink(`${path}/g`, `${path}/f`),
    ]);
    assert.deepEqual(kinds, ["restored", "restored", "restored"]);
    assert.equal(summary.line, undefined);
    const found = run("find", root, "-name", "g", "-links", "2", "-printf", "%d");
    assert.equal(found, String(depth + 1));
    assert.equal(run("find", root, "-perm", "711", "-printf", "%d %T@"), `${depth} 0.0000000030`);
  }));

Deno.test("two paths deeper than the directories kept open can be linked", () =>
  inScratch((root) => {
    const deep = (name: string) => Array.from({ length: 300 }, () => name).join("/");
    const restored = restoreInto(root, [
      file(`${deep("a")}/f`, "x"),
      directory(deep("b")),
      hardLink(`${deep("b")}/g`, `${deep("a")}/f`),
      file(`${deep("b")}/h`, "x"),
    ]);
    assert.deepEqual(restored.kinds, ["restored", "restored", "restored", "restored"]);
    for (const name of ["g", "h"]) {
      assert.equal(run("find", `${root}/b`, "-name", name, "-printf", "%d"), "300");
    }
  }));

Deno.test({
  name: "a full disk is one error, leaves no half file, and directories are finished",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", root);
      try {
        using tree = new LinuxRestoreTree(bytesOf(root));
        const restorer = new Restorer(tree);
        give(restorer, directory("d", { mode: 0o750 }));
        give(restorer, file("d/small", "fits"));
        const big = file("d/big", "x".repeat(2 ** 20));
        assert.throws(() => give(restorer, big), (error) => {
          assert.ok(error instanceof EctarError);
          assert.equal(error.code, "no-space");
          assert.equal(error.message, "cannot write d/big: No space left on device");
          return true;
        });
        restorer.finish();
        assert.deepEqual(namesIn(`${root}/d`), ["small"]);
        assert.equal(lookAt(`${root}/d`).mode, 0o750);
      } finally {
        run("umount", root);
      }
    }),
});

Deno.test({
  name: "a read-only file system is one error",
  ignore: !isRoot,
  fn: () =>
    inScratch((root) => {
      run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", root);
      try {
        assert.throws(() => restoreInto(root, [file("a", "x"), file("b", "x")]), {
          code: "permission",
          message: "cannot create a: Read-only file system",
        });
      } finally {
        run("umount", root);
      }
    }),
});

Deno.test("an output directory that is missing or no directory is named", () =>
  inScratch((root) => {
    Deno.writeTextFileSync(`${root}/file`, "");
    for (const name of ["missing", "file"]) {
      assert.throws(() => new LinuxRestoreTree(bytesOf(`${root}/${name}`)), (error) => {
        assert.ok(error instanceof EctarError);
        assert.equal(error.code, "not-found");
        assert.match(error.message, new RegExp(`^cannot open output directory ${root}/${name}: `));
        return true;
      });
    }
  }));

Deno.test("nothing is ever written through a hard link or a symbolic link that existed", () =>
  inScratch((root) => {
    Deno.mkdirSync(`${root}/out`);
    Deno.writeTextFileSync(`${root}/precious`, "precious");
    for (const force of [false, true]) {
      Deno.linkSync(`${root}/precious`, `${root}/out/hard`);
      Deno.symlinkSync("../precious", `${root}/out/soft`);
      Deno.symlinkSync("..", `${root}/out/up`);
      const { kinds } = restoreInto(`${root}/out`, [
        file("hard", "changed"),
        file("soft", "changed"),
        file("up/precious", "changed"),
        directory("up"),
      ], { force });
      const taken = force ? "restored" : "exists";
      assert.deepEqual(kinds, [taken, taken, "refused", taken]);
      assert.equal(Deno.readTextFileSync(`${root}/precious`), "precious");
      assert.deepEqual(namesIn(`${root}/out`), ["hard", "soft", "up"]);
      run("rm", "-r", `${root}/out/hard`, `${root}/out/soft`, `${root}/out/up`);
    }
  }));

Deno.test("a directory that a later member replaces is not written to any more", () =>
  inScratch((root) => {
    Deno.mkdirSync(`${root}/out`);
    Deno.mkdirSync(`${root}/elsewhere`);
    const { outcomes } = restoreInto(`${root}/out`, [
      directory("a"),
      directory("a/b"),
      // Not made, but its directory is opened for it and kept.
      file(`a/b/${"n".repeat(256)}`),
      symlink("a/b", "../../elsewhere"),
      file("a/b/f", "x"),
      directory("a/b"),
      file("a/b/f", "x"),
    ]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["restored", "restored", "failed", "restored", "refused", "restored", "restored"],
      outcomes.map(messageOf).join("\n"),
    );
    assert.deepEqual(namesIn(`${root}/elsewhere`), []);
    assert.equal(Deno.readTextFileSync(`${root}/out/a/b/f`), "x");
  }));

Deno.test("a directory swapped for a link during the restore leads nowhere", () =>
  inScratch((root) => {
    const [out, outside] = [`${root}/out`, `${root}/outside`];
    Deno.mkdirSync(out);
    Deno.mkdirSync(outside);
    const swapper = new Deno.Command("sh", {
      args: [
        "-c",
        'while :; do mv "$0/d" "$0/was"; ln -s ../outside "$0/d"; rm "$0/d"; mv "$0/was" "$0/d"; done',
        out,
      ],
      stderr: "null",
    }).spawn();
    try {
      const until = performance.now() + 1500;
      let restored = 0;
      for (let index = 0; performance.now() < until; index++) {
        using tree = new LinuxRestoreTree(bytesOf(out));
        const restorer = new Restorer(tree);
        const members = [directory("d"), file(`d/f${index}`, "x"), symlink(`d/s${index}`, "x")];
        for (const each of [...members, hardLink(`d/h${index}`, `d/f${index}`)]) {
          if (give(restorer, each).kind === "restored") restored++;
        }
        restorer.finish();
      }
      assert.ok(restored > 0);
    } finally {
      swapper.kill("SIGKILL");
    }
    assert.deepEqual(namesIn(outside), []);
  }));

Deno.test("a killed restore leaves hidden temporary files and no half file under its own name", async () => {
  const root = Deno.makeTempDirSync({ prefix: "ectar-restore-" });
  try {
    const script = `
      import { LinuxRestoreTree } from "${import.meta.resolve("../../ffi/restore_tree.ts")}";
      import { Restorer } from "${import.meta.resolve("../../src/tree/restore.ts")}";
      import { file, bytesOf } from "${import.meta.resolve("../unit/tree/restore_members.ts")}";
      const restorer = new Restorer(new LinuxRestoreTree(bytesOf(Deno.args[0])));
      restorer.begin(file("name", "0123456789").entry);
      restorer.data(bytesOf("01234"), 0);
      console.log("half");
      setInterval(() => {}, 1000);`;
    Deno.writeTextFileSync(`${root}/script.ts`, script);
    Deno.mkdirSync(`${root}/out`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `${root}/script.ts`, `${root}/out`],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    await reader.cancel();
    await child.status;
    const names = namesIn(`${root}/out`);
    assert.equal(names.length, 1);
    assert.match(names[0], /^\.name\.ectar-[0-9a-z]{8}$/);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("no descriptor stays open, whatever became of the members", () =>
  inScratch((root) => {
    const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
    restoreInto(root, [file("warm", "up")]);
    const before = open();
    const members = Array.from({ length: 300 }, (_, index) => [
      file(`d${index}/f`, "x"),
      damaged(`d${index}/p`, 5, [0, "x"]),
      symlink(`d${index}/s`, "x"),
      file(`d${index}/s/x`, "x"),
      file("n".repeat(300), "x"),
      file("warm", "x"),
    ]).flat();
    restoreInto(root, members);
    assert.equal(open(), before);
  }));

Deno.test("a hundred thousand files in a thousand directories come back quickly", () => {
  const root = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "ectar-restore-" });
  try {
    using tree = new LinuxRestoreTree(bytesOf(root));
    const restorer = new Restorer(tree);
    const content = new Uint8Array(4096).fill(7);
    const started = performance.now();
    for (let index = 0; index < 100_000; index++) {
      const parent = `d${Math.floor(index / 100)}`;
      if (index % 100 === 0) give(restorer, directory(parent, { mode: 0o555 }));
      restorer.begin(member("file", `${parent}/f${index}`, { size: 4096 }).entry);
      restorer.data(content, 0);
      assert.equal(restorer.end(true).kind, "restored");
    }
    const { counts, line } = restorer.finish();
    const seconds = (performance.now() - started) / 1000;
    assert.deepEqual([counts.restored, line], [101_000, undefined]);
    assert.equal(run("sh", "-c", `find ${root} -type f -size 4096c | wc -l`).trim(), "100000");
    // An idle core needs three seconds; a busy one must not fail here.
    assert.ok(seconds < 60, `${seconds} s`);
  } finally {
    run("rm", "-rf", root);
  }
});
