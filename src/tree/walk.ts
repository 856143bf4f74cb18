/**
 * Walks what a person named, each directory before its content, names sorted by bytes. What goes
 * wrong with one node is noted and the walk goes on. Memory is bounded by the deepest chain of
 * directories and their listings.
 *
 * @module
 */

import { reasonOf } from "../errno_words.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import { Exclusion, type ExclusionOptions } from "./exclusion.ts";
import {
  type FileTree,
  isSameNode,
  type NodeKind,
  type NodeNames,
  type TreeDirectory,
} from "./file_tree.ts";
import { unpackPaths } from "./name_list.ts";
import type { Note } from "./note.ts";
import { type Operand, parseOperand, type PathGroup, withOperandDirectory } from "./operand.ts";
import type { OwnOutputs } from "./own_outputs.ts";
import { PathBuffer } from "./path_buffer.ts";

/** What to walk and how. */
export interface WalkOptions {
  /** What to walk, in this order. */
  groups: readonly PathGroup[];
  /** Store what symlinks lead to instead of the symlinks. @default false */
  followSymlinks?: boolean;
  /** Leave out the content of directories on other file systems than the path named. @default false */
  oneFileSystem?: boolean;
  /** What to leave out. */
  exclude?: ExclusionOptions;
}

/** One node on the walk; valid until the walk goes on. */
export interface WalkNode {
  /** Directory it lies in. */
  directory: TreeDirectory;
  /** Its name there. */
  name: Uint8Array;
  /** Member path. */
  path: Uint8Array;
  /** What it is, as far as the listing says. */
  kind: NodeKind;
  /** Whether what a symlink of that name leads to is meant. */
  follow: boolean;
  /** The directory itself, unless it cannot be opened. */
  opened?: TreeDirectory;
}

interface Level {
  directory: TreeDirectory;
  names: NodeNames;
  next: number;
  /** Length of the member path's part that all names here share. */
  prefixLength: number;
}

/** Walks all groups; `note` hears what went wrong. */
export function* walk(
  tree: FileTree,
  options: WalkOptions,
  own: OwnOutputs,
  note: (note: Note) => void,
): Generator<WalkNode> {
  const walker = new Walker(options, own, note);
  for (const group of options.groups) {
    const base = tree.enter(group.base);
    try {
      for (const path of unpackPaths(group.paths)) {
        const operand = parseOperand(path);
        walker.noteStripped(operand);
        const visit = withOperandDirectory(
          tree,
          base,
          operand,
          (directory) => walker.operand(directory, operand),
        );
        yield* walker.noting(operand.memberPath, visit);
      }
    } finally {
      base.close();
    }
  }
}

/** A note about what a failed call says of a node. Rethrows what is no such failure. */
export function failureNote(error: unknown, path: Uint8Array): Note {
  if (!(error instanceof EctarError)) throw error;
  const shown = printablePath(path);
  if (error.code === "not-found") {
    return { kind: "vanished", path: shown, message: `${shown} vanished before it was read` };
  }
  const reason = reasonOf(error);
  return { kind: "unreadable", path: shown, message: `cannot read ${shown}: ${reason}` };
}

class Walker {
  readonly #options: WalkOptions;
  readonly #own: OwnOutputs;
  readonly #note: (note: Note) => void;
  readonly #exclusion: Exclusion;
  readonly #path = new PathBuffer();
  readonly #levels: Level[] = [];
  readonly #stripped = new Set<string>();

  constructor(options: WalkOptions, own: OwnOutputs, note: (note: Note) => void) {
    this.#options = options;
    this.#own = own;
    this.#note = note;
    this.#exclusion = new Exclusion(options.exclude ?? {});
  }

  noteStripped(operand: Operand): void {
    const prefix = printablePath(operand.stripped);
    if (prefix === "" || this.#stripped.has(prefix)) return;
    this.#stripped.add(prefix);
    const path = printablePath(operand.memberPath);
    this.#note({
      kind: "names-stripped",
      path,
      message: `removing leading "${prefix}" from member names`,
    });
  }

  /** Passes `nodes` on; a failure ends them with a note. */
  *noting(path: Uint8Array, nodes: Generator<WalkNode>): Generator<WalkNode> {
    try {
      yield* nodes;
    } catch (error) {
      this.#note(failureNote(error, path));
    }
  }

  /** The operand's node and everything below it. */
  *operand(directory: TreeDirectory, operand: Operand): Generator<WalkNode> {
    const { kind, device } = directory.statOf(operand.last, operand.followLast);
    this.#path.set(operand.memberPath);
    const mayFollow = operand.followLast || this.#options.followSymlinks === true;
    const node = this.#look(directory, operand.last, kind, mayFollow);
    if (node === undefined) return;
    const rootDevice = node.opened?.stat.device ?? device;
    try {
      yield node;
      this.#path.set(operand.memberPrefix);
      if (node.opened !== undefined) this.#enter(node.opened);
      while (this.#levels.length > 0) {
        const level = this.#levels[this.#levels.length - 1];
        if (level.next === level.names.count) {
          this.#levels.pop();
          level.directory.close();
          continue;
        }
        const below = this.#next(level);
        if (below === undefined) continue;
        yield below;
        if (below.opened === undefined) continue;
        const { opened } = below;
        if (this.#isBarred(opened, rootDevice)) opened.close();
        else {
          this.#path.appendSlash();
          this.#enter(opened);
        }
      }
    } finally {
      for (const level of this.#levels.reverse()) level.directory.close();
      this.#levels.length = 0;
    }
  }

  #next(level: Level): WalkNode | undefined {
    const index = level.next++;
    const name = level.names.name(index);
    this.#path.append(level.prefixLength, name);
    if (this.#own.isOwnName(level.directory, name)) {
      const path = printablePath(this.#path.view());
      const message = `${path} belongs to the archive being written: left out`;
      this.#note({ kind: "own-output-skipped", path, message });
      return undefined;
    }
    return this.#look(
      level.directory,
      name,
      level.names.kind(index),
      this.#options.followSymlinks === true,
    );
  }

  /** What is under `name`, or undefined when it is left out or gone. */
  #look(
    directory: TreeDirectory,
    name: Uint8Array,
    listed: NodeKind,
    mayFollow: boolean,
  ): WalkNode | undefined {
    const path = this.#path.view();
    try {
      let kind = listed;
      if (kind === "unknown") kind = directory.statOf(name, false).kind;
      if (mayFollow && kind === "symlink") {
        const target = this.#target(directory, name, path);
        if (target === undefined) return this.#symlink(directory, name, path);
        kind = target;
      }
      if (this.#exclusion.excludes(path, kind === "directory")) return undefined;
      const node: WalkNode = { directory, name, path, kind, follow: mayFollow };
      return kind === "directory" ? this.#openDirectory(node, mayFollow) : node;
    } catch (error) {
      this.#note(failureNote(error, path));
      return undefined;
    }
  }

  /** Kind of what a symlink leads to, or undefined when that is nothing. */
  #target(directory: TreeDirectory, name: Uint8Array, path: Uint8Array): NodeKind | undefined {
    try {
      return directory.statOf(name, true).kind;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#noteKept(path, "leads nowhere: stored as a symlink");
      return undefined;
    }
  }

  #symlink(directory: TreeDirectory, name: Uint8Array, path: Uint8Array): WalkNode | undefined {
    if (this.#exclusion.excludes(path, false)) return undefined;
    return { directory, name, path, kind: "symlink", follow: false };
  }

  #openDirectory(node: WalkNode, mayFollow: boolean): WalkNode {
    try {
      node.opened = node.directory.openDirectory(node.name, mayFollow);
    } catch (error) {
      // What cannot be listed still has a mode and an owner worth keeping.
      const note = failureNote(error, node.path);
      if (note.kind === "vanished") throw error;
      this.#note(note);
      return node;
    }
    const { opened } = node;
    if (!this.#options.followSymlinks || !this.#isAbove(opened)) return node;
    opened.close();
    delete node.opened;
    if (node.directory.statOf(node.name, false).kind === "symlink") {
      this.#noteKept(node.path, "leads back to a directory above it: stored as a symlink");
      return { ...node, kind: "symlink", follow: false };
    }
    this.#noteKept(node.path, "is reached again through a symlink: stored without its content");
    return node;
  }

  #isAbove(directory: TreeDirectory): boolean {
    return this.#levels.some((level) => isSameNode(level.directory.stat, directory.stat));
  }

  #noteKept(path: Uint8Array, what: string): void {
    const shown = printablePath(path);
    this.#note({ kind: "symlink-kept", path: shown, message: `${shown} ${what}` });
  }

  #isBarred(directory: TreeDirectory, device: number): boolean {
    return this.#options.oneFileSystem === true && directory.stat.device !== device;
  }

  /** Goes on inside `directory`; the path buffer ends with its prefix. */
  #enter(directory: TreeDirectory): void {
    const prefixLength = this.#path.length;
    try {
      this.#levels.push({ directory, names: directory.names(), next: 0, prefixLength });
    } catch (error) {
      directory.close();
      this.#note(failureNote(error, this.#path.view()));
    }
  }
}
