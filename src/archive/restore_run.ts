/**
 * Restores the members of a tar stream, item by item: all that are selected, then the targets that
 * hard links among them lack.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import type { PathSelector } from "../tree/path_selector.ts";
import { type RestoreOptions, Restorer } from "../tree/restore.ts";
import type { RestoreSummary } from "../tree/restore_report.ts";
import type { RestoreTarget } from "../tree/restore_target.ts";
import { LinkTargetHandler, RestoreHandler, type RestoreHooks } from "./extract_handler.ts";
import { ItemDecoder, type StreamPart } from "./member_stream.ts";

/** What came of a pass over the archive. */
export interface PassResult {
  /** Tar offset where the archive is cut off, undefined where it is not. */
  cut: number | undefined;
  /** Members that were met and chosen in the first pass. */
  chosen: number;
  /** By path text of the target: chosen hard links whose target was not restored so far. */
  missingTargets: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Hard links whose target is incomplete. */
  lostLinks: readonly Uint8Array[];
}

/** One restore, on the calling thread. */
export class RestoreRun {
  readonly #hooks: RestoreHooks;
  readonly #restorer: Restorer;
  readonly #members: RestoreHandler;
  #targets: LinkTargetHandler | undefined;
  #decoder: ItemDecoder;

  constructor(
    target: RestoreTarget,
    selector: PathSelector,
    restore: RestoreOptions | undefined,
    hooks: RestoreHooks,
  ) {
    this.#hooks = hooks;
    this.#restorer = new Restorer(target, restore);
    this.#members = new RestoreHandler(this.#restorer, selector, hooks);
    this.#decoder = new ItemDecoder(this.#members);
  }

  /** @throws {EctarError} when no further member can be restored, or the tar is wrong */
  take(item: TarItem): void {
    this.#decoder.take(item);
  }

  /** Ends a pass; the next restores the targets that links lack. */
  end(part: StreamPart): PassResult {
    const cut = this.#decoder.end(part);
    const { chosen, lostLinks } = this.#members;
    const missingTargets = this.#targets?.stillMissing ?? this.#members.missingTargets;
    this.#targets = new LinkTargetHandler(this.#restorer, missingTargets, this.#hooks);
    this.#decoder = new ItemDecoder(this.#targets);
    return { cut, chosen, missingTargets, lostLinks };
  }

  /** Sets the metadata of directories and sums up; to be called in every case. */
  finish(): RestoreSummary {
    return this.#restorer.finish();
  }
}
