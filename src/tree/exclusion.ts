/**
 * What is left out of an archive, a listing or an extraction.
 *
 * `--exclude` patterns work as in GNU tar: a pattern matches a member path if it matches the whole
 * of it or what follows any slash in it, and everything below what matches is left out too. Wildcards
 * match slashes. A pattern with a slash at its end matches directories only (in GNU tar nothing).
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
  /** Match a path of which nothing above is excluded. */
  readonly #pattern: RegExp | undefined;
  readonly #directoryPattern: RegExp | undefined;
  readonly #ignore: Ignore | undefined;
  readonly #isEmpty: boolean;

  constructor(options: ExclusionOptions) {
    const patterns = options.patterns ?? [];
    this.#pattern = anyOf(patterns.filter((pattern) => !pattern.endsWith("/")));
    this.#directoryPattern = anyOf(
      patterns.filter((pattern) => pattern.endsWith("/"))
        .map((pattern) => pattern.replace(/\/+$/, "")),
    );
    if (options.gitignore !== undefined && options.gitignore.length > 0) {
      this.#ignore = ignore({ ignorecase: false, allowRelativePaths: true });
      for (const content of options.gitignore) this.#ignore.add(content);
    }
    this.#isEmpty = patterns.length === 0 && this.#ignore === undefined;
  }

  /** Whether the node is left out, given that no directory above it is. */
  excludes(path: Uint8Array, isDirectory: boolean): boolean {
    if (this.#isEmpty) return false;
    return this.#excludes(matchingText(path), isDirectory);
  }

  /** Whether the member or any directory above it is left out. */
  excludesMember(path: Uint8Array, isDirectory: boolean): boolean {
    if (this.#isEmpty) return false;
    const text = matchingText(path);
    for (let slash = text.indexOf("/", 1); slash > 0; slash = text.indexOf("/", slash + 1)) {
      if (this.#excludes(text.slice(0, slash), true)) return true;
    }
    return this.#excludes(text, isDirectory);
  }

  #excludes(text: string, isDirectory: boolean): boolean {
    if (this.#pattern?.test(text)) return true;
    if (isDirectory && this.#directoryPattern?.test(text)) return true;
    if (this.#ignore === undefined) return false;
    const relative = text.replace(/^(?:\.{0,2}\/+)+/, "");
    if (relative === "" || relative === "." || relative === "..") return false;
    return this.#ignore.ignores(isDirectory ? relative + "/" : relative);
  }
}

/** Matches what any of the patterns does, at the start of a path or after a slash in it. */
function anyOf(patterns: string[]): RegExp | undefined {
  if (patterns.length === 0) return undefined;
  return new RegExp(`(?:^|/)(?:${patterns.map(globSource).join("|")})$`, "su");
}
