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
import { matchingText } from "../tree/path_text.ts";
import type { RestoreOptions } from "../tree/restore.ts";
import type { RestoreSummary } from "../tree/restore_report.ts";
import type { RestoreTarget } from "../tree/restore_target.ts";
import type { RestoreHooks } from "./extract_handler.ts";
import { lostMembers } from "./lost_members.ts";
import { streamItems, type StreamPart, unfinished } from "./member_stream.ts";
import type { OpenArchive } from "./open_archive.ts";
import type { PassResult } from "./restore_run.ts";
import { type SelectedRanges, selectedRanges } from "./selected_ranges.ts";
import { openLocalSink, type SinkResult, type TarSink } from "./tar_sink.ts";

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
  const { target, restore } = options;
  return await extractInto(
    archive,
    options,
    ({ selector, hooks }) => openLocalSink(target, selector, restore, hooks),
  );
}

/** What a sink is opened for. */
export interface SinkNeeds {
  /** Chooses members, and is asked later which names chose none. */
  selector: PathSelector;
  /** Who hears what happened. */
  hooks: RestoreHooks;
  /** Tar bytes to come, infinity where nothing tells. */
  tarBytes: number;
}

/**
 * Extracts members of an archive into the sink that `open` gives, which does the restoring.
 *
 * @throws {EctarError} as {@link extractArchive}
 */
export async function extractInto(
  archive: OpenArchive,
  options: Omit<ExtractOptions, "target" | "restore">,
  open: (needs: SinkNeeds) => TarSink,
): Promise<ExtractSummary> {
  return await new Extraction(archive, options).run(open);
}

/** Items to read. */
interface Items {
  items: AsyncGenerator<TarItem>;
  part: StreamPart;
  /** Members that an index says are in them. */
  members?: number;
  /** Bytes of them, infinity where nothing tells. */
  tarBytes: number;
}

class Extraction {
  readonly #archive: OpenArchive;
  readonly #options: Omit<ExtractOptions, "target" | "restore">;
  readonly #selector: PathSelector;
  readonly #partialNames: string[] = [];
  /** Hard links without their target that got its data in the end. */
  #linksMadeUpFor = 0;
  /** Whether the tar ended before its end. */
  #endsEarly = false;
  /** What ended the run, where losses are not put up with. */
  #loss: { tar: LostPart["tar"]; error: EctarError } | undefined;

  constructor(archive: OpenArchive, options: Omit<ExtractOptions, "target" | "restore">) {
    this.#archive = archive;
    this.#options = options;
    this.#selector = new PathSelector(options.selection ?? {});
  }

  async run(open: (needs: SinkNeeds) => TarSink): Promise<ExtractSummary> {
    const selected = await this.#items((path, isDirectory) =>
      this.#selector.selects(path, isDirectory)
    );
    const sink = open({
      selector: this.#selector,
      hooks: {
        onProblem: (line) => this.#options.onProblem?.(line),
        onPartial: (path) => this.#partialNames.push(path),
      },
      tarBytes: selected.tarBytes,
    });
    let finished: SinkResult;
    let pending: readonly Uint8Array[];
    try {
      const pass = await this.#pass(selected, sink);
      this.#checkIndex(selected.members, pass.chosen);
      pending = [...pass.lostLinks, ...await this.#restoreLinkTargets(pass, sink)];
    } catch (error) {
      throw await this.#withLostNames(error);
    } finally {
      finished = await sink.finish();
    }
    this.#selector.noteUsed(finished.usedNames);
    return await this.#summary(finished, pending);
  }

  /** The parts of the tar that hold what is selected, or all of it where nothing tells. */
  async #items(selects: (path: Uint8Array, isDirectory: boolean) => boolean): Promise<Items> {
    const reader = this.#archive.requireShards();
    const { files } = this.#options.selection ?? {};
    const selected = files === undefined ? undefined : await this.#ranges(selects);
    if (selected === undefined) {
      return { items: reader.tar(), part: "whole", tarBytes: reader.knownTarBytes };
    }
    const { ranges, members } = selected;
    const tarBytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    return { items: reader.ranges(ranges), part: "members", members, tarBytes };
  }

  /** Where the index says that members lie; undefined where none can be read to its end. */
  async #ranges(
    selects: (path: Uint8Array, isDirectory: boolean) => boolean,
  ): Promise<SelectedRanges | undefined> {
    if (this.#archive.index === undefined) return undefined;
    try {
      return await selectedRanges(this.#archive, selects);
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#archive.remark(`${error.message}; it is not used, and the whole archive is read`);
      return undefined;
    }
  }

  async #pass({ items, part }: Items, sink: TarSink): Promise<PassResult> {
    const { signal, onProgress } = this.#options;
    await streamItems(items, sink, {
      signal,
      onPiece: onProgress,
      onGap: (start, end, reason) => this.#lose(start, end, reason),
    });
    const pass = await sink.end(part);
    if (pass.cut !== undefined) this.#lose(pass.cut, undefined, unfinished(pass.cut));
    return pass;
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

  /**
   * Hard links whose target was not restored get the target's data where the archive has it.
   *
   * @returns the links whose target it does not have
   */
  async #restoreLinkTargets(
    { missingTargets }: PassResult,
    sink: TarSink,
  ): Promise<readonly Uint8Array[]> {
    if (missingTargets.size === 0) return [];
    const selects = (path: Uint8Array) => missingTargets.has(matchingText(path));
    const { missingTargets: still } = await this.#pass(await this.#items(selects), sink);
    const links = [...still.values()].flat();
    this.#linksMadeUpFor = [...missingTargets.values()].flat().length - links.length;
    return links;
  }

  /** The error of a gap with the names of the members in it, as far as an index tells. */
  async #withLostNames(error: unknown): Promise<unknown> {
    if (error !== this.#loss?.error) return error;
    const { tar, error: { code, message, context } } = this.#loss!;
    const selects = (path: Uint8Array, isDirectory: boolean) =>
      this.#selector.selects(path, isDirectory);
    const { names, count } = await lostMembers(this.#archive, [{ tar }], selects);
    if (count === 0) return error;
    const more = count > MAX_IN_MESSAGE ? ` and ${count - MAX_IN_MESSAGE} more` : "";
    const named = `${message}; members in this first loss: ` +
      names.slice(0, MAX_IN_MESSAGE).join(", ") + `${more}; what comes after it was not read`;
    return new EctarError(code, named, context, { cause: error });
  }

  /** Bytes of the tar are lost: the end, unless losses are put up with. */
  #lose(start: number, end: number | undefined, reason: string): void {
    this.#endsEarly ||= end === undefined;
    if (this.#options.partial) return;
    const bytes = end === undefined ? `tar bytes from ${start} on` : `tar bytes ${start} to ${end}`;
    const { name } = this.#archive;
    const error = new EctarError("damaged", `${name}: ${reason} (${bytes} are lost)`, {
      archive: name,
      hint: "find more shards, or restore the rest with --partial",
    });
    this.#loss = { tar: { start, end }, error };
    throw error;
  }

  async #summary(finished: SinkResult, pending: readonly Uint8Array[]): Promise<ExtractSummary> {
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
