/**
 * Where the tar stream of an archive goes to be restored: into this thread, or into a Worker so that
 * reading goes on while files are written.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import type { PathSelector } from "../tree/path_selector.ts";
import type { RestoreOptions } from "../tree/restore.ts";
import type { RestoreSummary } from "../tree/restore_report.ts";
import type { RestoreTarget } from "../tree/restore_target.ts";
import type { RestoreHooks } from "./extract_handler.ts";
import type { ItemTaker, StreamPart } from "./member_stream.ts";
import { type PassResult, RestoreRun } from "./restore_run.ts";

/** What came of all of it. */
export interface SinkResult extends Omit<RestoreSummary, "notes"> {
  /** Names in the selection that have chosen something, unless the caller's selector knows. */
  usedNames: readonly string[];
}

/**
 * Takes a tar stream and restores the members that are selected. It takes the whole archive first; if
 * then hard links lack their targets, a second pass with at least those.
 */
export interface TarSink extends ItemTaker {
  /**
   * Ends a pass.
   *
   * @throws {EctarError} what went wrong with what was taken
   */
  end(part: StreamPart): Promise<PassResult>;
  /**
   * Sets the metadata of directories and lets go of everything. To be called once in every case, after
   * a failure too; what was taken and not begun by then is dropped.
   */
  finish(): Promise<SinkResult>;
}

/** A sink that restores in this thread: needs no permission but the target's. */
export function openLocalSink(
  target: RestoreTarget,
  selector: PathSelector,
  restore: RestoreOptions | undefined,
  hooks: RestoreHooks,
): TarSink {
  const run = new RestoreRun(target, selector, restore, hooks);
  return {
    take: (item: TarItem) => run.take(item),
    settle: () => {},
    end: (part) => Promise.try(() => run.end(part)),
    finish: () =>
      Promise.try(() => {
        const { counts, line } = run.finish();
        return { counts, line, usedNames: [] };
      }),
  };
}
