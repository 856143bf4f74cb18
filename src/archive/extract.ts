/**
 * Extracting: from proven tar bytes to files, everything or what was selected, past losses where
 * that is wanted.
 *
 * @module
 */

import type { LostPart, TarItem } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import { PathSelector, type SelectionOptions } from "../tree/path_selector.ts";
import { type RestoreOptions, Restorer } from "../tree/restore.ts";
import type { RestoreSummary } from "../tree/restore_report.ts";
import type { RestoreTarget } from "../tree/restore_target.ts";
import { LinkTargetHandler, RestoreHandler } from "./extract_handler.ts";
import { lostMembers } from "./lost_members.ts";
import { readMembers } from "./member_stream.ts";
import type { OpenArchive } from "./open_archive.ts";
import { selectedRanges } from "./selected_ranges.ts";

/** What to extract, where to, and how. */
export interface ExtractOptions {
  /** Where files go. */
  target: RestoreTarget;
  /** What to extract. @default everything */
  selection?: SelectionOptions | undefined;
  /** How files are restored. */
  restore?: RestoreOptions | undefined;
  /** Restore what can be restored when something is lost. @default false */
  partial?: boolean | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Called with the tar offset reached. */
  onProgress?: ((tarOffset: number) => void) | undefined;
  /** Called for each member that was not restored as it was, with one line. */
  onProblem?: ((line: string) => void) | undefined;
}

/** What came of it. */
export interface ExtractSummary {
  /** How many members had which outcome. */
  counts: RestoreSummary["counts"];
  /** What could not be set, in one line; undefined when all was. */
  metadataLine: string | undefined;
  /** Parts of the tar that are lost. */
  lostParts: readonly LostPart[];
  /** Members that are lost or incomplete and known by name, at most {@link MAX_NAMED}. */
  lostMembers: string[];
  /** How many there are. */
  lostMemberCount: number;
  /** Whether the archive is known to end before all was archived that should have been. */
  isUnfinished: boolean;
  /** Whether there may be more lost members whose names nothing tells. */
  unnamedLosses: boolean;
  /** Names in the selection that chose nothing. */
  notFound: string[];
}

/** Most names that a summary holds. */
export const MAX_NAMED = 10_000;

/** Most names in the message of a run that a loss ended. */
const MAX_IN_MESSAGE = 20;

/**
 * Extracts members of an archive.
 *
 * @throws {EctarError} `damaged` when something is lost and `partial` is not set: what was complete
 *   by then stays; `no-space`, `permission`, … when the target gives up
 */
export async function extractArchive(
  archive: OpenArchive,
  options: ExtractOptions,
): Promise<ExtractSummary> {
  return await new Extraction(archive, options).run();
}

class Extraction {
  readonly #archive: OpenArchive;
  readonly #options: ExtractOptions;
  readonly #selector: PathSelector;
  readonly #restorer: Restorer;
  readonly #partialNames: string[] = [];
  /** Hard links without their target that got its data in the end. */
  #linksMadeUpFor = 0;
  /** Whether the tar ended before its end. */
  #endsEarly = false;
  /** The gap that ended the run, where losses are not put up with. */
  #fatal: LostPart["tar"] | undefined;

  constructor(archive: OpenArchive, options: ExtractOptions) {
    this.#archive = archive;
    this.#options = options;
    this.#selector = new PathSelector(options.selection ?? {});
    this.#restorer = new Restorer(options.target, options.restore);
  }

  async run(): Promise<ExtractSummary> {
    let finished: RestoreSummary;
    let pending: readonly Uint8Array[];
    try {
      const handler = new RestoreHandler(this.#restorer, this.#selector, {
        onProblem: (line) => this.#options.onProblem?.(line),
        onPartial: (path) => this.#partialNames.push(path),
      });
      const selected = await this.#items((path, isDirectory) =>
        this.#selector.selects(path, isDirectory)
      );
      await this.#stream(selected, handler);
      this.#checkIndex(selected.members, handler.chosen);
      await this.#restoreLinkTargets(handler);
      pending = handler.lostLinks;
    } catch (error) {
      throw await this.#withLostNames(error);
    } finally {
      finished = this.#restorer.finish();
    }
    return await this.#summary(finished, pending);
  }

  /** The parts of the tar that hold what is selected, or all of it where nothing tells. */
  async #items(
    selects: (path: Uint8Array, isDirectory: boolean) => boolean,
  ): Promise<{ items: AsyncGenerator<TarItem>; part: "whole" | "members"; members?: number }> {
    const reader = this.#archive.requireShards();
    const { files } = this.#options.selection ?? {};
    if (files === undefined || this.#archive.index === undefined) {
      return { items: reader.tar(), part: "whole" };
    }
    const { ranges, members } = await selectedRanges(this.#archive, selects);
    return { items: reader.ranges(ranges), part: "members", members };
  }

  async #stream(
    { items, part }: { items: AsyncGenerator<TarItem>; part: "whole" | "members" },
    handler: RestoreHandler | LinkTargetHandler,
  ): Promise<void> {
    const { signal, onProgress, partial } = this.#options;
    await readMembers(items, handler, {
      signal,
      onPiece: onProgress,
      onGap: (start, end, reason) => {
        this.#endsEarly ||= end === undefined;
        if (!partial) throw this.#lossError(start, end, reason);
      },
    }, part);
  }

  /** What the index promised must have been where it said, or be known to be lost. */
  #checkIndex(promised: number | undefined, found: number): void {
    const { name, reader } = this.#archive;
    if (promised === undefined || found >= promised || reader?.lost.length !== 0) return;
    const missing = `${promised - found} of ${promised} members that were asked for`;
    throw new EctarError("damaged", `${name}: ${missing} are not where the index says`, {
      archive: name,
      hint: "move the index away and try again: without it the whole archive is read",
    });
  }

  /** Hard links whose target was not restored get the target's data where the archive has it. */
  async #restoreLinkTargets({ missingTargets, lostLinks }: RestoreHandler): Promise<void> {
    if (missingTargets.size === 0) return;
    const handler = new LinkTargetHandler(this.#restorer, missingTargets, {
      onProblem: (line) => this.#options.onProblem?.(line),
      onPartial: (path) => this.#partialNames.push(path),
    });
    const selects = (path: Uint8Array) => handler.wants(path);
    await this.#stream(await this.#items(selects), handler);
    this.#linksMadeUpFor = countOf(missingTargets) - countOf(handler.stillMissing);
    for (const links of handler.stillMissing.values()) {
      for (const link of links) lostLinks.push(link);
    }
  }

  /** The error of a gap with the names of the members in it, as far as an index tells. */
  async #withLostNames(error: unknown): Promise<unknown> {
    if (this.#fatal === undefined || !(error instanceof EctarError)) return error;
    const selects = (path: Uint8Array, isDirectory: boolean) =>
      this.#selector.selects(path, isDirectory);
    const { names, count } = await lostMembers(this.#archive, [{ tar: this.#fatal }], selects);
    if (count === 0) return error;
    const more = count > MAX_IN_MESSAGE ? ` and ${count - MAX_IN_MESSAGE} more` : "";
    const message = `${error.message}; members in this first loss: ` +
      names.slice(0, MAX_IN_MESSAGE).join(", ") + `${more}; what comes after it was not read`;
    return new EctarError(error.code, message, error.context, { cause: error });
  }

  #lossError(start: number, end: number | undefined, reason: string): EctarError {
    this.#fatal = { start, end };
    const bytes = end === undefined ? `tar bytes from ${start} on` : `tar bytes ${start} to ${end}`;
    return new EctarError("damaged", `${this.#archive.name}: ${reason} (${bytes} are lost)`, {
      archive: this.#archive.name,
      hint: "find more shards, or restore the rest with --partial",
    });
  }

  async #summary(
    finished: RestoreSummary,
    pending: readonly Uint8Array[],
  ): Promise<ExtractSummary> {
    const lostParts = outermost(this.#archive.reader?.lost ?? []);
    const named = new Set(this.#partialNames);
    for (const link of pending) named.add(printablePath(link));
    const lost = await lostMembers(
      this.#archive,
      lostParts,
      (path, isDirectory) => this.#selector.selects(path, isDirectory),
    );
    for (const name of lost.names) named.add(name);
    const { counts } = finished;
    counts["link-target-missing"] -= this.#linksMadeUpFor;
    return {
      counts,
      metadataLine: finished.line,
      lostParts,
      lostMembers: [...named].slice(0, MAX_NAMED),
      lostMemberCount: Math.max(named.size, lost.count),
      isUnfinished: this.#endsEarly || this.#archive.index?.head.complete === false,
      unnamedLosses: lostParts.length > 0 && !lost.complete,
      notFound: this.#selector.unused(),
    };
  }
}

function countOf(links: ReadonlyMap<string, readonly Uint8Array[]>): number {
  return links.values().reduce((count, { length }) => count + length, 0);
}

/** Without the parts that lie within others: what was read twice is lost once. */
function outermost(parts: readonly LostPart[]): LostPart[] {
  const endOf = ({ tar }: LostPart) => tar.end ?? Infinity;
  const sorted = [...parts].sort((a, b) => a.tar.start - b.tar.start || endOf(b) - endOf(a));
  let reached = -1;
  return sorted.filter((part) => {
    const reachesFurther = endOf(part) > reached;
    reached = Math.max(reached, endOf(part));
    return reachesFurther;
  });
}
