/**
 * Real trees for the source tests, and GNU tar to extract what was made of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { LinuxFileTree } from "../../ffi/file_tree.ts";
import { cPath, errno, errorName, libc } from "../../ffi/libc.ts";
import type { ProducerOptions } from "../../src/archive/tar_producer.ts";
import { packPaths } from "../../src/tree/name_list.ts";
import { optionsFor, produce, type Produced } from "../unit/tree/source_harness.ts";

const AT_FDCWD = -100;

/** Runs a program to its end and gives its output; fails when it fails. */
export function run(program: string, args: string[], input?: Uint8Array): Uint8Array {
  const script = `exec "$0" "$@"`;
  const file = input === undefined ? undefined : Deno.makeTempFileSync();
  if (file !== undefined) Deno.writeFileSync(file, input!);
  try {
    const { success, stdout, stderr } = new Deno.Command("sh", {
      args: ["-c", file === undefined ? script : `${script} < '${file}'`, program, ...args],
      env: { LC_ALL: "C" },
    }).outputSync();
    assert.ok(success, `${program}: ${new TextDecoder().decode(stderr)}`);
    return stdout;
  } finally {
    if (file !== undefined) Deno.removeSync(file);
  }
}

/** Options for paths below `directory`. */
export function optionsIn(
  directory: string,
  paths: (string | Uint8Array)[],
  rest: Partial<ProducerOptions> = {},
): ProducerOptions {
  const groups = [{ base: new TextEncoder().encode(directory), paths: packPaths(paths) }];
  return optionsFor([], { groups, ...rest });
}

/** The stream of everything in `directory`. */
export function produceFrom(
  directory: string,
  paths: (string | Uint8Array)[] = ["."],
  rest: Partial<ProducerOptions> = {},
): Produced {
  return produce(new LinuxFileTree(), optionsIn(directory, paths, rest));
}

/** Lets GNU tar extract `tar` into a new directory `name` beside the sources. */
export function extractWithTar(tar: Uint8Array, into: string): void {
  Deno.mkdirSync(into);
  const flags = ["--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner"];
  run("tar", [...flags, "-C", into, "-xpf", "-"], tar);
}

/** One line a node: path, kind, mode, owner, time, size, target, names. */
export function inventory(directory: string): string {
  const format = "%P|%y|%m|%U:%G|%T@|%s|%l|%n\\n";
  const listing = run("find", [directory, "-printf", format]);
  const text = new TextDecoder("latin1").decode(listing);
  // Sizes of directories depend on their history.
  return text.split("\n").map((line) => line.replace(/^([^|]*\|d\|.*)\|\d+\|\|\d+$/, "$1"))
    .sort().join("\n");
}

/** Calls libc with a byte path relative to the current directory. */
export function makeAt(directory: string, name: Uint8Array, content: string): void {
  const prefix = new TextEncoder().encode(directory + "/");
  const path = cPath(Uint8Array.from([...prefix, ...name]));
  const descriptor = libc().openat(AT_FDCWD, path, 0o101, 0o644);
  assert.ok(descriptor >= 0, errorName(errno()));
  const bytes = new TextEncoder().encode(content);
  libc().write(descriptor, bytes, BigInt(bytes.length));
  libc().close(descriptor);
}

/** Makes `levels` directories, each in the one before, and a file in the last. */
export function makeDeep(directory: string, name: string, levels: number): void {
  let descriptor = libc().openat(AT_FDCWD, cPath(directory), 0o200000, 0);
  const path = cPath(name);
  for (let level = 0; level < levels; level++) {
    assert.equal(libc().mkdirat(descriptor, path, 0o755), 0, errorName(errno()));
    const below = libc().openat(descriptor, path, 0o200000, 0);
    assert.ok(below >= 0, errorName(errno()));
    libc().close(descriptor);
    descriptor = below;
  }
  libc().close(libc().openat(descriptor, cPath("f"), 0o101, 0o644));
  libc().close(descriptor);
}

/** Runs `test` with a fresh directory, removed afterwards however deep it is. */
export async function withTree(test: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ectar-source-" });
  try {
    await test(directory);
  } finally {
    run("rm", ["-rf", directory]);
  }
}

/** Descriptors this process has open. */
export function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
