/**
 * A tree of files as lines that can be compared: type, mode, owner, time, size, content.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** By path below the root: what is there. */
export type TreeDescription = Map<string, string>;

/** Describes everything below `root`. */
export async function describeTree(root: string): Promise<TreeDescription> {
  const lines: TreeDescription = new Map();
  await describe(root, ".", lines);
  return lines;
}

async function describe(root: string, path: string, lines: TreeDescription): Promise<void> {
  const full = `${root}/${path}`;
  const info = await Deno.lstat(full);
  const common = [(info.mode ?? 0).toString(8), info.uid, info.gid].join(" ");
  const time = info.mtime?.getTime();
  if (info.isSymlink) {
    lines.set(path, `symlink ${info.uid} ${info.gid} ${await Deno.readLink(full)}`);
  } else if (info.isDirectory) {
    lines.set(path, `directory ${common} ${time}`);
    const names = [];
    for await (const entry of Deno.readDir(full)) names.push(entry.name);
    for (const name of names) await describe(root, `${path}/${name}`, lines);
  } else if (info.isFile) {
    lines.set(path, `file ${common} ${time} ${info.size} ${await contentHash(full)}`);
  } else {
    lines.set(path, `special ${common} ${time} ${info.rdev}`);
  }
}

async function contentHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const bytes of file.readable) hash.update(bytes);
  return hash.digest("hex");
}
