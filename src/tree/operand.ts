/**
 * A path that a person named: how to get there, and what its member is called.
 *
 * @module
 */

import { reasonOf } from "../errno_words.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { FileTree, TreeDirectory } from "./file_tree.ts";
import { unpackPaths } from "./name_list.ts";
import { matchingText } from "./path_text.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const HERE = Uint8Array.of(DOT);

/** Paths that are looked up from the same directory. */
export interface PathGroup {
  /** The directory (-C), as bytes. */
  base: Uint8Array;
  /** The paths, packed as by `packPaths`. */
  paths: Uint8Array;
}

/** A path taken apart. */
export interface Operand {
  /** Whether it starts at the root directory. */
  absolute: boolean;
  /** Directories on the way, without empty ones and `.`. */
  way: Uint8Array[];
  /** Last component; `.` or `..` at times. */
  last: Uint8Array;
  /** Whether a symlink of that name stands for what it leads to, as a slash at the end says. */
  followLast: boolean;
  /** Member path of the node itself, never empty. */
  memberPath: Uint8Array;
  /** What stands before the names below it in member paths: empty, or `memberPath` and a slash. */
  memberPrefix: Uint8Array;
  /** What was taken off the front of the path to get the member path: `/`, `../` and the like. */
  stripped: Uint8Array;
}

/** Takes a path apart. Member names are made as GNU tar makes them. */
export function parseOperand(path: Uint8Array): Operand {
  const components = split(path);
  const way = components.filter((component) => !isDots(component, 1));
  const last = way.pop() ?? HERE;
  const stripEnd = strippedLength(path);
  const kept = joinComponents(
    split(path.subarray(stripEnd)).filter((part, index) => index === 0 || !isDots(part, 1)),
  );
  return {
    absolute: path[0] === SLASH,
    way,
    last,
    followLast: path.at(-1) === SLASH || isDots(components.at(-1) ?? HERE, 1),
    memberPath: kept.length === 0 ? HERE : kept,
    memberPrefix: kept.length === 0 ? kept : withSlash(kept),
    stripped: path.subarray(0, stripEnd),
  };
}

/**
 * Opens the directory that the operand's last component lies in and hands it to `use`; closes all
 * that was opened on the way.
 *
 * @throws {EctarError} not-found, permission, io
 */
export function* withOperandDirectory<T>(
  tree: FileTree,
  base: TreeDirectory,
  operand: Operand,
  use: (directory: TreeDirectory) => Generator<T>,
): Generator<T> {
  const opened: TreeDirectory[] = [];
  try {
    let directory = base;
    if (operand.absolute) opened.push(directory = tree.enter(Uint8Array.of(SLASH)));
    for (const component of operand.way) opened.push(directory = directory.enter(component));
    yield* use(directory);
  } finally {
    for (const directory of opened.reverse()) directory.close();
  }
}

/**
 * Makes sure that every path named exists, before anything is written.
 *
 * @throws {EctarError} not-found, permission, io
 */
export function checkOperands(
  tree: FileTree,
  groups: readonly PathGroup[],
): void {
  for (const group of groups) {
    const base = tree.enter(group.base);
    try {
      for (const path of unpackPaths(group.paths)) checkOperand(tree, base, path);
    } finally {
      base.close();
    }
  }
}

/** Whether a path is named twice or lies below another one, as far as their texts tell. */
export function pathsOverlap(groups: readonly PathGroup[]): boolean {
  const named = new Set<string>();
  for (const group of groups) {
    for (const path of unpackPaths(group.paths)) {
      const key = lookupKey(group.base, path);
      if (named.has(key)) return true;
      named.add(key);
    }
  }
  if (named.size < 2) return false;
  for (const key of named) {
    for (let slash = key.lastIndexOf("/"); slash >= 0; slash = key.lastIndexOf("/", slash - 1)) {
      if (named.has(key.slice(0, slash))) return true;
      if (slash === 0) break;
    }
  }
  return false;
}

/** One text for each way to name the same path from the same directory. */
function lookupKey(base: Uint8Array, path: Uint8Array): string {
  const parts = path[0] === SLASH ? split(path) : [...split(base), ...split(path)];
  const absolute = path[0] === SLASH || base[0] === SLASH;
  return (absolute ? "" : ".") +
    parts.filter((part) => !isDots(part, 1)).map((part) => "/" + matchingText(part)).join("");
}

function checkOperand(tree: FileTree, base: TreeDirectory, path: Uint8Array): void {
  const operand = parseOperand(path);
  try {
    const found = withOperandDirectory(tree, base, operand, function* (directory) {
      yield directory.statOf(operand.last, operand.followLast);
    });
    for (const _ of found);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    const shown = printablePath(path);
    const message = error.code === "not-found"
      ? `${shown} does not exist; nothing was written`
      : `cannot look at ${shown}: ${reasonOf(error)}; nothing was written`;
    throw new EctarError(error.code, message, { ...error.context, path: shown });
  }
}

function split(path: Uint8Array): Uint8Array[] {
  const components: Uint8Array[] = [];
  for (let start = 0; start < path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    if (end > start) components.push(path.subarray(start, end));
    start = end + 1;
  }
  return components;
}

/** Bytes up to and with the last `..` component and the slashes after it. */
function strippedLength(path: Uint8Array): number {
  let length = 0;
  for (let start = 0; start < path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    if (isDots(path.subarray(start, end), 2)) length = end;
    start = end + 1;
  }
  while (path[length] === SLASH) length++;
  return length;
}

function isDots(component: Uint8Array, count: number): boolean {
  return component.length === count && component.every((byte) => byte === DOT);
}

function withSlash(path: Uint8Array): Uint8Array {
  const out = new Uint8Array(path.length + 1);
  out.set(path);
  out[path.length] = SLASH;
  return out;
}

function joinComponents(components: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(components.reduce((sum, part) => sum + part.length + 1, 0));
  let at = 0;
  for (const component of components) {
    out.set(component, at);
    out[at + component.length] = SLASH;
    at += component.length + 1;
  }
  return out.subarray(0, Math.max(0, at - 1));
}
