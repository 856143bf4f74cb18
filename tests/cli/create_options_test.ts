/**
 * Every option of `create`, by what it does.
 */

import assert from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { withScratch } from "../integration/scratch.ts";
import { ectar, ectarExits, ectarRefuses } from "./run_ectar.ts";
import { assertSameBytes, assertSameTree, makeSampleTree, namesIn } from "./sample_tree.ts";

const SMALL = ["--data-shards", "2", "--parity-shards", "1"];

interface IndexedFile {
  path: string;
  uid: number;
  gid: number;
  user: string | null;
  group: string | null;
  mode: number;
  entry_type: string;
}

interface Index {
  archive_uuid: string;
  created: string;
  parameters: Record<string, number>;
  chunks: { uncompressed_size: number; shard_size: number }[];
  files: IndexedFile[];
}

async function readIndex(directory: string, name = "b"): Promise<Index> {
  const bytes = zstdDecompressSync(await Deno.readFile(`${directory}/${name}.index.zst`));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Creates archive `b` with options; the names in it. */
async function created(directory: string, ...args: string[]): Promise<string[]> {
  await ectarExits(0, directory, "create", "-q", "--force", "-o", "b", ...SMALL, ...args);
  return (await readIndex(directory)).files.map(({ path }) => path).sort();
}

async function makeNames(directory: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const slash = name.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(`${directory}/${name.slice(0, slash)}`, { recursive: true });
    if (!name.endsWith("/")) await Deno.writeTextFile(`${directory}/${name}`, name);
  }
}

Deno.test("--exclude leaves out what matches, and all below it", () =>
  withScratch(async (directory) => {
    await makeNames(
      directory,
      "in/a.log",
      "in/a.txt",
      "in/sub/b.log",
      "in/cache/x",
      "in/sub/cache/y",
    );
    assert.deepEqual(
      await created(directory, "--exclude", "*.log", "--exclude=cache", "in"),
      ["in", "in/a.txt", "in/sub"],
    );
    assert.deepEqual(
      await created(directory, "--exclude", "in/sub", "in"),
      ["in", "in/a.log", "in/a.txt", "in/cache", "in/cache/x"],
    );
  }));

Deno.test("--exclude-from takes gitignore patterns", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a.log", "in/keep.log", "in/sub/a.log", "in/top", "in/sub/top");
    await Deno.writeTextFile(`${directory}/rules`, "# comment\n*.log\n!keep.log\n/in/top\n");
    assert.deepEqual(
      await created(directory, "--exclude-from", "rules", "in"),
      ["in", "in/keep.log", "in/sub", "in/sub/top"],
    );
    const stdin = new TextEncoder().encode("*.log\n");
    const args = ["create", "-q", "--force", "-o", "b", ...SMALL, "--exclude-from", "-", "in"];
    await ectarExits(0, { cwd: directory, stdin }, ...args);
    assert.equal((await readIndex(directory)).files.length, 4);
  }));

Deno.test("--files-from takes names by line, by zero byte, and from standard input", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a", "in/b b", "in/ c", "in/new\nline", "in/d/e");
    await Deno.writeTextFile(`${directory}/lines`, "in/a\nin/b b\nin/ c\n\nin/d");
    assert.deepEqual(
      await created(directory, "--files-from", "lines"),
      ["in/ c", "in/a", "in/b b", "in/d", "in/d/e"],
    );
    await Deno.writeTextFile(`${directory}/zeros`, "in/a\0in/new\nline\0");
    assert.deepEqual(await created(directory, "--files-from", "zeros"), ["in/a", "in/new\nline"]);
    await Deno.writeTextFile(`${directory}/one`, "in/new\nline");
    assert.deepEqual(
      await created(directory, "--null", "--files-from", "one", "in/a"),
      ["in/a", "in/new\nline"],
    );
    const args = ["create", "-q", "--force", "-o", "b", ...SMALL, "--files-from", "-"];
    const stdin = new TextEncoder().encode("in/d/e\nin/a\n");
    await ectarExits(0, { cwd: directory, stdin }, ...args);
    assert.deepEqual((await readIndex(directory)).files.map(({ path }) => path), [
      "in/d/e",
      "in/a",
    ]);
    await Deno.writeTextFile(`${directory}/bad`, "in/a\nnot there\n");
    const refused = ["create", "-o", "n", ...SMALL, "--files-from"];
    await ectarRefuses(1, /not there/, directory, ...refused, "bad");
    await ectarRefuses(1, /nosuchlist: no such file/, directory, ...refused, "nosuchlist");
    await ectarRefuses(2, /empty path/, directory, "create", "-o", "n", ...SMALL, "in", "");
    await Deno.writeTextFile(`${directory}/empty`, "\n");
    await ectarRefuses(2, /nothing to archive/, directory, ...refused, "empty");
    assert.ok(!namesIn(directory).some((name) => name.startsWith("n.")));
  }));

Deno.test("-C takes paths relative to a directory, but not the output", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a", "in/d/e");
    await Deno.writeTextFile(`${directory}/list`, "d/e\n");
    assert.deepEqual(await created(directory, "-C", "in", "a", "--files-from", "list"), [
      "a",
      "d/e",
    ]);
    assert.deepEqual(await created(directory, "-C", "in/d", "."), [".", "./e"]);
    const args = ["create", "-o", "n", ...SMALL, "-C", "nosuch", "."];
    await ectarRefuses(1, /nosuch/, directory, ...args);
  }));

Deno.test("--owner, --group and --numeric-owner", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a");
    const owners = async (...args: string[]) => {
      await created(directory, ...args, "in");
      const [{ uid, gid, user, group }] = (await readIndex(directory)).files;
      return { uid, gid, user, group };
    };
    const own = await owners();
    assert.equal(own.uid, Deno.uid());
    assert.deepEqual(await owners("--owner", "somebody:12345", "--group=people:54321"), {
      uid: 12345,
      gid: 54321,
      user: "somebody",
      group: "people",
    });
    assert.deepEqual(await owners("--owner", "root"), { ...own, uid: 0, user: "root" });
    assert.equal((await owners("--group", "4000000000")).gid, 4_000_000_000);
    assert.deepEqual(await owners("--numeric-owner"), { ...own, user: null, group: null });
    for (const wrong of ["no such user", "4294967296", "x:-1"]) {
      const args = ["create", "-o", "n", ...SMALL, "--owner", wrong, "in"];
      await ectarRefuses(2, /--owner/, directory, ...args);
    }
  }));

Deno.test("--follow-symlinks archives what links lead to", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a", "else/file");
    await Deno.symlink("../else", `${directory}/in/folder`);
    await Deno.symlink("a", `${directory}/in/link`);
    assert.deepEqual(await created(directory, "in"), ["in", "in/a", "in/folder", "in/link"]);
    const types = (await readIndex(directory)).files.map(({ entry_type }) => entry_type);
    assert.equal(types.filter((type) => type === "symlink").length, 2);
    assert.deepEqual(
      await created(directory, "--follow-symlinks", "in"),
      ["in", "in/a", "in/folder", "in/folder/file", "in/link"],
    );
    await ectarExits(0, directory, "extract", "-i", "b", "-o", "out");
    assert.equal(await Deno.readTextFile(`${directory}/out/in/folder/file`), "else/file");
    assert.ok(Deno.lstatSync(`${directory}/out/in/link`).isFile);
    // A link to a directory above must not go on for ever.
    await Deno.symlink("..", `${directory}/in/up`);
    const args = ["create", "--force", "-o", "b", ...SMALL, "--follow-symlinks", "in"];
    assert.match((await ectarExits(3, directory, ...args)).stderr, /in\/up/);
  }));

Deno.test(
  "--one-file-system stays on it",
  { ignore: Deno.uid() !== 0 },
  () =>
    withScratch(async (directory) => {
      await makeNames(directory, "in/a", "in/mount/hidden");
      const mount = ["-t", "tmpfs", "tmpfs", `${directory}/in/mount`];
      if (
        !(await new Deno.Command("mount", { args: mount, stderr: "null" }).output()).success
      ) return;
      try {
        await Deno.writeTextFile(`${directory}/in/mount/other`, "");
        assert.deepEqual(
          await created(directory, "in"),
          ["in", "in/a", "in/mount", "in/mount/other"],
        );
        assert.deepEqual(await created(directory, "--one-file-system", "in"), [
          "in",
          "in/a",
          "in/mount",
        ]);
      } finally {
        await new Deno.Command("umount", { args: [`${directory}/in/mount`] }).output();
      }
    }),
);

Deno.test("--no-preserve-permissions records no owners and leaves modes to the umask", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a");
    await Deno.chmod(`${directory}/in/a`, 0o4711);
    await created(directory, "in");
    assert.equal((await readIndex(directory)).files[1].mode, 0o4711);
    await created(directory, "--no-preserve-permissions", "in");
    for (const { uid, gid, user, group, mode } of (await readIndex(directory)).files) {
      assert.deepEqual([uid, gid, user, group], [0, 0, null, null]);
      assert.ok(mode === 0o755 || mode === 0o644, mode.toString(8));
    }
  }));

Deno.test("--compression-level 1 to 22 and --no-compression all come back, smaller or not", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    const words = Array.from({ length: 150_000 }, (_, i) => `word${i * i % 7919}`).join(" ");
    await Deno.writeTextFile(`${directory}/in/text`, words);
    const sizes: number[] = [];
    for (
      const how of [["--no-compression"], ["--compression-level", "1"], [
        "--compression-level",
        "22",
      ]]
    ) {
      await created(directory, ...how, "in");
      sizes.push((await readIndex(directory)).chunks[0].shard_size);
      await ectarExits(0, directory, "extract", "-i", "b", "-o", "out");
      await assertSameTree(`${directory}/in`, `${directory}/out/in`);
      await Deno.remove(`${directory}/out`, { recursive: true });
    }
    assert.ok(sizes[0] > words.length / 2 && sizes[0] < words.length / 2 + 10_000);
    assert.ok(sizes[1] < sizes[0] / 2);
    assert.ok(sizes[2] < sizes[1]);
  }));

Deno.test("--no-index writes none, and everything works", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 1);
    await ectarExits(0, directory, "create", "-q", "-o", "b", ...SMALL, "--no-index", "in");
    const files = ["b.c001.s00", "b.c001.s01", "b.c001.s02"];
    assert.deepEqual(namesIn(directory), [...files, "in"]);
    await ectarExits(0, directory, "extract", "-i", "b", "-o", "out");
    await assertSameTree(`${directory}/in`, `${directory}/out/in`);
    const args = ["--files", "in/large0", "-o", "one"];
    await ectarExits(0, directory, "extract", "-i", "b", ...args);
    assert.deepEqual(namesIn(`${directory}/one/in`), ["large0"]);
  }));

Deno.test("--chunk-size and --block-size in all their spellings", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 2);
    const sizes: [string, number][] = [
      ["1048576", 2 ** 20],
      ["1M", 2 ** 20],
      ["1024K", 2 ** 20],
      ["1MB", 2 ** 20],
      ["0.5MiB", 2 ** 19],
      ["700KB", 700 * 1024],
    ];
    for (const [text, bytes] of sizes) {
      await created(directory, "--chunk-size", text, "in");
      const { chunks, parameters } = await readIndex(directory);
      assert.equal(parameters.chunk_size, bytes);
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.uncompressed_size === bytes));
      assert.ok(chunks.length >= 3);
    }
    await created(directory, "--block-size", "10KB", "in");
    for (const shard of ["s00", "s01", "s02"]) {
      assert.equal(Deno.statSync(`${directory}/b.c001.${shard}`).size % 10240, 0);
    }
    await ectarExits(0, directory, "extract", "-i", "b", "-o", "out");
    await assertSameTree(`${directory}/in`, `${directory}/out/in`);
  }));

Deno.test("the same input and pins give the same bytes", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 5);
    const pins = [
      ...["--uuid", "123e4567-e89b-42d3-a456-426614174000", "--created", "2026-01-31T12:00:00Z"],
      ...["--chunk-size", "2M", "--block-size", "4K"],
    ];
    for (const place of ["one", "two"]) {
      await Deno.mkdir(`${directory}/${place}`);
      await ectarExits(0, directory, "create", "-q", "-o", `${place}/b`, ...SMALL, ...pins, "in");
    }
    const names = namesIn(`${directory}/one`);
    assert.deepEqual(namesIn(`${directory}/two`), names);
    for (const name of names) {
      const [one, two] = await Promise.all(
        ["one", "two"].map((place) => Deno.readFile(`${directory}/${place}/${name}`)),
      );
      assertSameBytes(one, two, name);
    }
    const { archive_uuid, created } = await readIndex(`${directory}/one`);
    assert.equal(archive_uuid, "123e4567-e89b-42d3-a456-426614174000");
    assert.equal(Date.parse(created), Date.UTC(2026, 0, 31, 12));
    await ectarExits(
      0,
      directory,
      "create",
      "-q",
      "-o",
      "b",
      ...SMALL,
      "--created",
      "@86400",
      "in",
    );
    assert.equal(Date.parse((await readIndex(directory)).created), 86_400_000);
  }));

Deno.test("--json tells what was done; -q says nothing; -v no less than usual", () =>
  withScratch(async (directory) => {
    await makeSampleTree(`${directory}/in`, 1);
    const run = (...args: string[]) =>
      ectar(directory, "create", "--force", "-o", "b", ...SMALL, ...args, "in");
    const json = await run("--json", "-q");
    assert.equal(json.code, 0);
    assert.equal(json.stderr, "");
    const summary = JSON.parse(json.stdout);
    assert.equal(summary.archive_name, "b");
    assert.equal(summary.complete, true);
    assert.equal(summary.chunks, 1);
    assert.equal(summary.archive_uuid, (await readIndex(directory)).archive_uuid);
    const shards = ["s00", "s01", "s02"].map((shard) =>
      Deno.statSync(`${directory}/b.c001.${shard}`)
    );
    assert.equal(summary.shard_bytes, shards.reduce((sum, { size }) => sum + size, 0));
    const quiet = await run("-q");
    assert.deepEqual([quiet.stdout, quiet.stderr], ["", ""]);
    const normal = await run();
    assert.equal(normal.stdout, "");
    assert.match(normal.stderr, /archived \d+ members/);
    assert.ok((await run("-v", "-v")).lines.length >= normal.lines.length);
    // What is wrong is told in spite of -q.
    await ectarRefuses(1, /nosuch/, directory, "create", "-q", "-o", "n", "nosuch");
  }));

Deno.test("the archive's own files are not archived", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "a", "b.txt");
    const run = await ectarExits(0, directory, "create", "-q", "-o", "b", ...SMALL, ".");
    assert.equal(run.stderr, "");
    const names = async () => (await readIndex(directory)).files.map(({ path }) => path).sort();
    assert.deepEqual(await names(), [".", "./a", "./b.txt"]);
    // Left by killed runs, or just being made.
    await makeNames(directory, ".b.c001.s00.ectar-0123abcd", ".b.index.zst.ectar-0123abcd");
    await makeNames(directory, `.ectar-records-${crypto.randomUUID()}`);
    await ectarExits(0, directory, "create", "-q", "--force", "-o", "./b", ...SMALL, ".");
    assert.deepEqual(await names(), [".", "./a", "./b.txt"]);
    // Of another archive: a user's files like any other.
    await makeNames(directory, "c.c001.s00");
    await ectarExits(0, directory, "create", "-q", "--force", "-o", "./b", ...SMALL, ".");
    assert.deepEqual(await names(), [".", "./a", "./b.txt", "./c.c001.s00"]);
  }));

Deno.test("temporary files of a killed run are told", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "in/a", ".b.c001.s00.ectar-0123abcd", ".c.c001.s00.ectar-0123abcd");
    const run = await ectarExits(0, directory, "create", "-o", "b", ...SMALL, "in");
    assert.match(
      run.stderr,
      /temporary files.*killed \(1, such as \.b\.c001\.s00\.ectar-0123abcd\); remove/,
    );
  }));

Deno.test("names that look like options are archived behind --", () =>
  withScratch(async (directory) => {
    await makeNames(directory, "-x", "--force");
    assert.deepEqual(await created(directory, "--", "-x", "--force"), ["--force", "-x"]);
  }));
