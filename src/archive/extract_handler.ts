/**
 * Hands the members of a tar that are wanted to the restorer.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import type { TarEntry } from "../tar/entry.ts";
import type { TarHandler, TarProblem } from "../tar/tar_handler.ts";
import { matchingText } from "../tree/path_text.ts";
import type { PathSelector } from "../tree/path_selector.ts";
import type { Restorer } from "../tree/restore.ts";

/** Who hears what happened. */
export interface RestoreHooks {
  /** One line for each member that was not restored as it was. */
  onProblem: (line: string) => void;
  /** Printable path of each file that is incomplete. */
  onPartial: (path: string) => void;
}

/** Restores selected members. */
export class RestoreHandler implements TarHandler {
  /** By path text of the target: hard links that were selected while their target was not there. */
  readonly missingTargets = new Map<string, Uint8Array[]>();
  /** Hard links whose target is incomplete. */
  readonly lostLinks: Uint8Array[] = [];
  readonly #partial = new Set<string>();
  readonly #restorer: Restorer;
  readonly #selector: PathSelector;
  readonly #hooks: RestoreHooks;
  /** Members that were met and chosen. */
  chosen = 0;
  #entry: TarEntry | undefined;

  constructor(restorer: Restorer, selector: PathSelector, hooks: RestoreHooks) {
    this.#restorer = restorer;
    this.#selector = selector;
    this.#hooks = hooks;
  }

  entry(entry: TarEntry): void {
    const wanted = this.#selector.selects(entry.path, entry.type === "directory");
    this.#entry = wanted ? entry : undefined;
    if (!wanted) return;
    this.chosen++;
    this.#restorer.begin(entry);
  }

  data(bytes: Uint8Array, fileOffset: number): void {
    if (this.#entry !== undefined) this.#restorer.data(bytes, fileOffset);
  }

  entryEnd(intact: boolean): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    const outcome = this.#restorer.end(intact);
    if (outcome.kind === "link-target-missing") {
      this.#missLink(entry);
      return;
    }
    if (outcome.kind === "partial") {
      this.#partial.add(matchingText(entry.path));
      this.#hooks.onPartial(printablePath(entry.path));
    }
    if (outcome.kind !== "restored" && outcome.kind !== "ignored") {
      this.#hooks.onProblem(outcome.message);
    }
  }

  end(): void {}

  problem(problem: TarProblem): void {
    this.#hooks.onProblem(problem.message);
  }

  #missLink({ path: name, linkTarget }: TarEntry): void {
    // Kept, and told to another thread: without what else lies in its buffer.
    const path = name.slice();
    const target = matchingText(linkTarget);
    const links = this.missingTargets.get(target);
    if (this.#partial.has(target)) this.lostLinks.push(path);
    else if (links === undefined) this.missingTargets.set(target, [path]);
    else links.push(path);
  }
}

/**
 * Restores the targets of hard links under the first link's name, and the other links to it.
 */
export class LinkTargetHandler implements TarHandler {
  readonly #restorer: Restorer;
  readonly #missing: Map<string, readonly Uint8Array[]>;
  readonly #hooks: RestoreHooks;
  #links: readonly Uint8Array[] | undefined;

  constructor(
    restorer: Restorer,
    missing: ReadonlyMap<string, readonly Uint8Array[]>,
    hooks: RestoreHooks,
  ) {
    this.#restorer = restorer;
    this.#missing = new Map(missing);
    this.#hooks = hooks;
  }

  /** Links whose target has not been met. */
  get stillMissing(): ReadonlyMap<string, readonly Uint8Array[]> {
    return this.#missing;
  }

  entry(entry: TarEntry): void {
    const target = matchingText(entry.path);
    this.#links = entry.type === "hardlink" ? undefined : this.#missing.get(target);
    if (this.#links === undefined) return;
    this.#missing.delete(target);
    this.#restorer.begin({ ...entry, path: this.#links[0] });
  }

  data(bytes: Uint8Array, fileOffset: number): void {
    if (this.#links !== undefined) this.#restorer.data(bytes, fileOffset);
  }

  entryEnd(intact: boolean): void {
    if (this.#links === undefined) return;
    const [first, ...others] = this.#links;
    this.#links = undefined;
    const outcome = this.#restorer.end(intact);
    if (outcome.kind === "partial") this.#hooks.onPartial(printablePath(first));
    if (outcome.kind !== "restored" && outcome.kind !== "ignored") {
      this.#hooks.onProblem(outcome.message);
    }
    for (const link of others) this.#link(link, first);
  }

  end(): void {}

  problem(problem: TarProblem): void {
    this.#hooks.onProblem(problem.message);
  }

  #link(path: Uint8Array, target: Uint8Array): void {
    const nothing = new Uint8Array(0);
    this.#restorer.begin({
      path,
      type: "hardlink",
      linkTarget: target,
      mode: 0,
      uid: 0,
      gid: 0,
      user: nothing,
      group: nothing,
      size: 0,
      mtimeNs: 0n,
      deviceMajor: 0,
      deviceMinor: 0,
      xattrs: [],
      sparse: undefined,
    });
    const outcome = this.#restorer.end(true);
    if (outcome.kind !== "restored" && outcome.kind !== "ignored") {
      this.#hooks.onProblem(outcome.message);
    }
  }
}
