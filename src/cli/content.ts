/**
 * What `create` archives, as its arguments and options say.
 *
 * @module
 */

import type { ArchiveContent } from "../archive/archive_content.ts";
import { EctarError } from "../errors.ts";
import { packNameList } from "../tree/name_list.ts";
import { readOptionFile, readPatternFiles } from "./option_file.ts";

/** Those options; `exclude` as they give it. */
export interface ContentOptions extends Omit<ArchiveContent, "paths" | "packedPaths" | "exclude"> {
  exclude?: string[] | undefined;
  excludeFrom?: string[] | undefined;
  filesFrom?: string[] | undefined;
  null?: true | undefined;
}

/**
 * Puts together what is archived, reading the files that options name.
 *
 * @throws {EctarError} `usage` when nothing is named, or when such a file cannot be read
 */
export async function contentOf(
  paths: string[],
  options: ContentOptions,
  signal: AbortSignal,
): Promise<ArchiveContent> {
  const lists = await readNameLists(options, signal);
  const gitignore = await readPatternFiles(options.excludeFrom ?? [], signal);
  if (paths.length === 0 && lists.length === 0) {
    throw new EctarError("usage", "nothing to archive was named", {
      hint: "name files or directories, or give --files-from FILE",
    });
  }
  const packedPaths = lists.length === 0
    ? undefined
    : new Uint8Array(await new Blob(lists).arrayBuffer());
  const patterns = options.exclude ?? [];
  return { ...options, paths, packedPaths, exclude: { patterns, gitignore } };
}

/** Packed paths; the pieces belong one after the other. */
async function readNameLists(
  { filesFrom = [], null: zeroSeparated }: ContentOptions,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const lists: Uint8Array[] = [];
  for (const file of filesFrom) {
    const content = await readOptionFile(file, signal);
    lists.push(zeroSeparated ? packNameList(content, true) : packNameList(content), END_OF_NAME);
  }
  return lists as Uint8Array<ArrayBuffer>[];
}

const END_OF_NAME = Uint8Array.of(0);
