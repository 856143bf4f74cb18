/**
 * A root directory with nothing in it but a shell, coreutils, gzip, tar, diff and the C library: the host
 * that a release is carried to. It has no network.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname } from "node:path";

/** Making a root, mounting and changing to it needs this. */
export const IS_ROOT = Deno.uid() === 0;

/** What coreutils has of what ectar, its instructions and these tests call, and a few more. */
const PROGRAMS = (
  "cat chmod cp date env head id install ls mkdir mkfifo mktemp mv rm seq sha256sum stat sync tail " +
  "touch uname gzip tar sh diff"
).split(" ");

/** Debian's packages whose files are there, for the dependencies of a package. */
const PACKAGES = ["libc6", "libgcc-s1"];

/** Runs a command of this machine; returns what it prints. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  assert(
    success,
    `${command} ${args.join(" ")}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
  return decoder.decode(stdout);
}

/** A bare root. */
export class BareRoot {
  /** Its place outside. */
  readonly path: string;

  /** The root at `path`. */
  constructor(path: string) {
    this.path = path;
  }

  /** Makes one in the empty directory `path`. */
  static async make(path: string): Promise<BareRoot> {
    for (const name of ["bin", "lib", "lib64", "sbin"]) {
      await Deno.mkdir(`${path}/usr/${name}`, { recursive: true });
      await Deno.symlink(`usr/${name}`, `${path}/${name}`);
    }
    for (const name of ["dev", "etc", "proc", "root", "tmp", "var/cache", "usr/local/bin"]) {
      await Deno.mkdir(`${path}/${name}`, { recursive: true });
    }
    await Deno.chmod(path, 0o755);
    await Deno.chmod(`${path}/tmp`, 0o1777);
    await run("mknod", "-m", "666", `${path}/dev/null`, "c", "1", "3");
    await Deno.writeTextFile(`${path}/etc/hostname`, "bare\n");
    await copyPrograms(path);
    await knowPackages(path);
    return new BareRoot(path);
  }

  /** Runs a shell script in root's home, with no network; returns how it ended. */
  async script(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" env -i ' +
      'PATH=/usr/local/bin:/usr/bin sh -c "cd /root && $1"';
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: [
        ...["-k", "5", "120", "unshare", "--net", "--mount", "--pid", "--fork"],
        ...["sh", "-c", enter, this.path, text],
      ],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Runs a script, which must succeed; returns what it prints. */
  async ok(text: string): Promise<string> {
    const { code, stdout, stderr } = await this.script(text);
    assert.equal(code, 0, `${text}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Calls dpkg on this root; the root itself has none. */
  async dpkg(...args: string[]): Promise<string> {
    return await run("dpkg", `--root=${this.path}`, ...args);
  }

  /** Everything in it but dpkg's own books and what is mounted: kind, mode, size and name. */
  async listing(): Promise<string[]> {
    const options = ["!", "-path", "*/var/lib/dpkg/*", "!", "-path", "*/proc/*"];
    const format = ["-printf", "%y %m %s %P\n"];
    const all = await run("find", this.path, ...options, "!", "-type", "d", ...format);
    const directories = await run(
      "find",
      this.path,
      ...options,
      "-type",
      "d",
      "-printf",
      "d %m %P\n",
    );
    return (all + directories).trimEnd().split("\n").sort();
  }
}

/** Gives a bare root to `test` and removes it. */
export async function withBareRoot(test: (root: BareRoot) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "ectar-bare-" });
  try {
    await test(await BareRoot.make(path));
  } finally {
    await run("rm", "-rf", "--one-file-system", path);
  }
}

async function copyPrograms(path: string): Promise<void> {
  const libraries = new Set(await librariesOf(Deno.execPath()));
  for (const name of PROGRAMS) {
    const program = (await run("sh", "-c", `command -v ${name}`)).trim();
    const file = await Deno.realPath(program);
    await Deno.copyFile(file, `${path}/usr/bin/${name}`);
    for (const library of await librariesOf(file)) libraries.add(library);
  }
  for (const library of libraries) {
    await Deno.mkdir(dirname(path + library), { recursive: true });
    await Deno.copyFile(await Deno.realPath(library), path + library);
  }
}

async function librariesOf(program: string): Promise<string[]> {
  const text = await run("ldd", program);
  return [...text.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, library]) => library);
}

/** Tells dpkg which of this machine's packages are there, for the dependencies of others. */
async function knowPackages(path: string): Promise<void> {
  const books = `${path}/var/lib/dpkg`;
  await Deno.mkdir(`${books}/info`, { recursive: true });
  await Deno.mkdir(`${books}/updates`);
  const status: string[] = [];
  for (const name of PACKAGES) {
    status.push(await run("dpkg-query", "--status", name));
  }
  // What these depend on in turn is not looked at when another package is installed.
  await Deno.writeTextFile(`${books}/status`, status.join("\n"));
}
