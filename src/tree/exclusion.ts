/**
 * What is left out of an archive, a listing or an extraction.
 *
 * `--exclude` patterns work as in GNU tar: a pattern matches a member path if it matches the whole
 * of it or what follows any slash in it, and everything below what matches is left out too. Wildcards
 * match slashes. A slash at the pattern's end is ignored.
 *
 * `--exclude-from` files have gitignore syntax; their paths are member paths without what is only
 * dots and slashes in front, so `/a` means `a` at the top of the archive.
 *
 * Patterns are text and so match names by their UTF-8 characters; a byte that belongs to no
 * character is matched by `?`, `*` and negated sets only.
 *
 * @module
 */

import ignore, { type Ignore } from "ignore";
import { globSource } from "./glob.ts";
import { matchingText } from "./path_text.ts";

/** Patterns. Can be handed to a Worker. */
export interface ExclusionOptions {
  /** `--exclude` patterns. */
  patterns?: readonly string[];
  /** Contents of `--exclude-from` files, read in this order as one. */
  gitignore?: readonly string[];
}

/** Compiled patterns. */
export class Exclusion {
  /** Matches a path of which nothing above is excluded. */
  readonly #pattern: RegExp | undefined;
  readonly #ignore: Ignore | undefined;

  constructor(options: ExclusionOptions) {
    const patterns = options.patterns ?? [];
    if (patterns.length > 0) {
      const sources = patterns.map((pattern) => globSource(pattern.replace(/(?<=.)\/+$/, "")));
      this.#pattern = new RegExp(`(?:^|/)(?:${sources.join("|")})$`, "su");
    }
    if (options.gitignore !== undefined && options.gitignore.length > 0) {
      this.#ignore = ignore({ ignorecase: false, allowRelativePaths: true });
      for (const content of options.gitignore) this.#ignore.add(content);
    }
  }

  /** Whether the node is left out, given that no directory above it is. */
  excludes(path: Uint8Array, isDirectory: boolean): boolean {
    if (this.#pattern === undefined && this.#ignore === undefined) return false;
    const text = matchingText(path);
    return this.#excludes(text, isDirectory);
  }

  /** Whether the member or any directory above it is left out. */
  excludesMember(path: Uint8Array, isDirectory: boolean): boolean {
    if (this.#pattern === undefined && this.#ignore === undefined) return false;
    const text = matchingText(path);
    for (let slash = text.indexOf("/", 1); slash > 0; slash = text.indexOf("/", slash + 1)) {
      if (this.#excludes(text.slice(0, slash), true)) return true;
    }
    return this.#excludes(text, isDirectory);
  }

  #excludes(text: string, isDirectory: boolean): boolean {
    if (this.#pattern?.test(text)) return true;
    if (this.#ignore === undefined) return false;
    const relative = text.replace(/^(?:\.{0,2}\/+)+/, "");
    if (relative === "" || relative === "." || relative === "..") return false;
    return this.#ignore.ignores(isDirectory ? relative + "/" : relative);
  }
}
