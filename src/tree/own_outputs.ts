/**
 * Keeps the files of the archive being written out of it.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { type FileTree, isSameNode, type NodeStat, type TreeDirectory } from "./file_tree.ts";
import { parseOperand, withOperandDirectory } from "./operand.ts";
import { lossyText } from "./path_text.ts";

/** What belongs to the archive being written. Can be handed to a Worker. */
export interface OwnOutputOptions {
  /** Files that exist already, such as tape images or a report. Those that do not are ignored. */
  files?: readonly Uint8Array[];
  /** Directories in which names that match (as lossy UTF-8 text) belong to the archive. */
  directories?: readonly { path: Uint8Array; names: RegExp }[];
}

/** Recognises what belongs to the archive being written. */
export class OwnOutputs {
  readonly #files: NodeStat[] = [];
  readonly #directories: { stat: NodeStat; names: RegExp }[] = [];

  /** Looks everything up now; paths are relative to the current directory. */
  constructor(tree: FileTree, options: OwnOutputOptions = {}) {
    for (const path of options.files ?? []) {
      const stat = lookUp(tree, path);
      if (stat !== undefined) this.#files.push(stat);
    }
    for (const { path, names } of options.directories ?? []) {
      const stat = lookUp(tree, path);
      if (stat !== undefined) this.#directories.push({ stat, names });
    }
  }

  /** Whether the node is one of the files. */
  isOwnNode(stat: NodeStat): boolean {
    return this.#files.some((file) => isSameNode(file, stat));
  }

  /** Whether `name` in `directory` is one that the archive gives to its files. */
  isOwnName(directory: TreeDirectory, name: Uint8Array): boolean {
    for (const own of this.#directories) {
      if (!isSameNode(own.stat, directory.stat)) continue;
      own.names.lastIndex = 0;
      if (own.names.test(lossyText(name))) return true;
    }
    return false;
  }
}

function lookUp(tree: FileTree, path: Uint8Array): NodeStat | undefined {
  const here = tree.enter(Uint8Array.of(0x2e));
  try {
    const operand = parseOperand(path);
    const found = withOperandDirectory(tree, here, operand, function* (directory) {
      yield directory.statOf(operand.last, true);
    });
    for (const stat of found) return stat;
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
  } finally {
    here.close();
  }
  return undefined;
}
