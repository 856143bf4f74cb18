/**
 * Chooses members of an archive, for `--files` and `--exclude` of list and extract.
 *
 * A name chooses the member of just that path and, for a directory, everything below it. A name
 * with wildcards does so too, and chooses besides what it matches from its first to its last
 * character as in GNU tar's `--wildcards` (they match slashes), with all that lies below. Slashes in
 * front, doubled and at the end and components `.` make no difference, neither in names (before
 * their first wildcard) nor in members: `/home` was archived as `home`.
 *
 * @module
 */

import { Exclusion, type ExclusionOptions } from "./exclusion.ts";
import { globSource, isGlob } from "./glob.ts";
import { lossyText, matchingText } from "./path_text.ts";

/** What to choose. */
export interface SelectionOptions {
  /** Names to choose, as text or bytes; all members when absent. */
  files?: readonly (string | Uint8Array)[];
  /** What to leave out of what was chosen. */
  exclude?: ExclusionOptions;
}

interface Wildcard {
  text: string;
  pattern: RegExp;
  used: boolean;
}

/** Compiled choice. */
export class PathSelector {
  readonly #exclusion: Exclusion;
  /** Whether each name has chosen something. */
  readonly #names: Map<string, boolean> | undefined;
  readonly #wildcards: Wildcard[] = [];

  constructor(options: SelectionOptions) {
    this.#exclusion = new Exclusion(options.exclude ?? {});
    if (options.files === undefined) return;
    this.#names = new Map();
    for (const file of options.files) {
      const given = typeof file === "string" ? file : matchingText(file);
      const text = tidy(given);
      this.#names.set(text, false);
      if (isGlob(given)) {
        const pattern = new RegExp(`^(?:${globSource(tidyPattern(given))})(?:/|$)`, "su");
        this.#wildcards.push({ text, pattern, used: false });
      }
    }
  }

  /** Whether the member is chosen and not left out. */
  selects(path: Uint8Array, isDirectory: boolean): boolean {
    return this.#isNamed(path) && !this.#exclusion.excludesMember(path, isDirectory);
  }

  /** The names that have chosen nothing so far, for messages. */
  unused(): string[] {
    return this.#namesThat(false).map((text) => lossyText(new TextEncoder().encode(text)));
  }

  /** The names that have chosen something so far, for another selector's {@link noteUsed}. */
  used(): string[] {
    return this.#namesThat(true);
  }

  /** Names have chosen something elsewhere. */
  noteUsed(names: readonly string[]): void {
    for (const name of names) this.#useName(name);
  }

  #namesThat(areUsed: boolean): string[] {
    const wildcards = new Set(this.#wildcards.filter(({ used }) => used).map(({ text }) => text));
    const found: string[] = [];
    for (const [text, used] of this.#names ?? []) {
      if ((used || wildcards.has(text)) === areUsed) found.push(text);
    }
    return found;
  }

  #isNamed(path: Uint8Array): boolean {
    if (this.#names === undefined) return true;
    const text = tidy(matchingText(path));
    let named = this.#useName(text) || this.#useName("");
    for (let slash = text.indexOf("/", 1); slash > 0; slash = text.indexOf("/", slash + 1)) {
      if (this.#useName(text.slice(0, slash))) named = true;
    }
    for (const wildcard of this.#wildcards) {
      if (wildcard.pattern.test(text)) named = wildcard.used = true;
    }
    return named;
  }

  #useName(text: string): boolean {
    if (!this.#names!.has(text)) return false;
    this.#names!.set(text, true);
    return true;
  }
}

/** Components that are empty or `.`. */
const IDLE = /(?:^|\/)\.?(?:\/|$)/;

/** Without components that lead nowhere; empty for the top itself. */
function tidy(text: string): string {
  if (!IDLE.test(text)) return text;
  return text.split("/").filter((part) => part !== "" && part !== ".").join("/");
}

/** The same for a pattern: in front of its wildcards, and slashes at its end. */
function tidyPattern(text: string): string {
  const [, way, rest] = /^([^*?[\\]*\/)?(.*)$/s.exec(text)!;
  const before = tidy(way ?? "");
  return (before === "" ? "" : before + "/") + rest.replace(/\/+$/, "");
}
