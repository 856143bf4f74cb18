/**
 * Real file trees for the interoperability tests of the tar codec: made and read back by Python,
 * which handles names of any bytes; packed and unpacked by GNU tar and bsdtar.
 *
 * @module
 */

import type { EntryType, ExtendedAttribute, TarEntry } from "../../../src/tar/entry.ts";
import {
  encodeMemberHeader,
  END_OF_ARCHIVE,
  paddingAfter,
} from "../../../src/tar/encode_member.ts";
import { normalizeSegments } from "../../../src/tar/sparse_map.ts";

/** One node as read_tree.py saw it. */
export interface Node {
  path: string;
  type: EntryType;
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: string;
  size: number;
  target: string;
  major: number;
  minor: number;
  xattrs: Record<string, string>;
  hash: string;
  stretches: { offset: number; length: number; data: string }[];
  firstName: string;
  allocated: number;
}

const HERE = new URL(".", import.meta.url).pathname;

export const hex = (bytes: Uint8Array): string => bytes.toHex();
const fromHex = (text: string): Uint8Array => Uint8Array.fromHex(text);
export const hexOf = (text: string): string => hex(new TextEncoder().encode(text));

const TIME_LIMIT_S = 60;

/** Runs a tool that must succeed, and soon; a missing one is an error, too. */
export function run(command: string, args: string[], directory: string): Uint8Array {
  const result = new Deno.Command("timeout", {
    args: [String(TIME_LIMIT_S), command, ...args],
    cwd: directory,
    env: { LC_ALL: "C.UTF-8", TZ: "UTC", PYTHONUTF8: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  if (result.code !== 0) {
    const complaint = new TextDecoder().decode(result.stderr).slice(0, 2000);
    throw new Error(`${command} ${args.join(" ")} ended with ${result.code}: ${complaint}`);
  }
  return result.stdout;
}

/** Runs `body` with a fresh directory that is removed afterwards, whatever is in it. */
export async function withScratch(body: (directory: string) => void | Promise<void>) {
  // Short, because names of nearly PATH_MAX bytes are made below it; on disk, because tmpfs may lack
  // extended attributes of users.
  const directory = Deno.makeTempDirSync({ dir: "/tmp", prefix: "ectar-tar-" });
  try {
    await body(directory);
  } finally {
    run("rm", ["-rf", directory], "/tmp");
  }
}

/** A tree of what even v7 tars can hold (`plain`) or of everything (`full`). */
export function makeTree(directory: string, kind: "plain" | "full"): void {
  Deno.mkdirSync(directory);
  run("python3", [`${HERE}make_tree.py`, directory, kind], "/");
}

/**
 * All nodes of a tree, the directory itself first, in the order a walk meets them. Without `data`
 * only hashes tell of their content, which is enough to compare large trees.
 */
export function readTree(directory: string, data = true): Node[] {
  const lines = run("python3", [`${HERE}read_tree.py`, directory, ...data ? ["data"] : []], "/");
  return new TextDecoder().decode(lines).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The tar entry for a node as ectar would make it. */
export function entryOf(node: Node): TarEntry {
  const isHardLink = node.type === "file" && node.firstName !== node.path;
  const stored = node.stretches.reduce((sum, part) => sum + part.length, 0);
  const isSparse = node.type === "file" && !isHardLink && stored < node.size;
  return {
    path: fromHex(node.path),
    type: isHardLink ? "hardlink" : node.type,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    user: node.uid === 0 ? new TextEncoder().encode("root") : new Uint8Array(0),
    group: node.gid === 0 ? new TextEncoder().encode("root") : new Uint8Array(0),
    size: isHardLink ? 0 : node.size,
    mtimeNs: BigInt(node.mtimeNs),
    linkTarget: fromHex(isHardLink ? node.firstName : node.target),
    deviceMajor: node.major,
    deviceMinor: node.minor,
    xattrs: isHardLink ? [] : xattrsOf(node),
    sparse: isSparse ? normalizeSegments(node.stretches, node.size) : undefined,
  };
}

function xattrsOf(node: Node): ExtendedAttribute[] {
  return Object.keys(node.xattrs).sort()
    .map((name) => ({ name: fromHex(name), value: fromHex(node.xattrs[name]) }));
}

/** Writes a tar of the nodes with ectar's encoder. */
export function writeTar(file: string, nodes: readonly Node[]): void {
  using out = Deno.openSync(file, { write: true, create: true, truncate: true });
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += out.writeSync(bytes.subarray(at));
  };
  for (const node of nodes) {
    const entry = entryOf(node);
    write(encodeMemberHeader(entry));
    if (entry.type !== "file") continue;
    let size = 0;
    for (const part of node.stretches) {
      write(fromHex(part.data));
      size += part.length;
    }
    write(new Uint8Array(paddingAfter(size)));
  }
  write(END_OF_ARCHIVE);
}

/** What two trees must have in common; the rest of a node is about how it was read. */
export function comparable(node: Node): Record<string, unknown> {
  const { stretches: _stretches, allocated: _allocated, ...rest } = node;
  return rest;
}
