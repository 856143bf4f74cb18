/**
 * What the thread that reads an archive and the one that restores its files tell each other.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import type { PackedError } from "../packed_error.ts";
import type { SelectionOptions } from "../tree/path_selector.ts";
import type { RestoreOptions } from "../tree/restore.ts";
import type { StreamPart } from "./member_stream.ts";
import type { PassResult } from "./restore_run.ts";
import type { SinkResult } from "./tar_sink.ts";

/** What is to be restored, where to and how. */
export interface RestoreJob {
  /** Output directory, which exists. */
  directory: Uint8Array;
  selection: SelectionOptions;
  restore: Omit<RestoreOptions, "rename">;
  /** A word: not zero once what has not been begun is to be dropped. */
  stop: SharedArrayBuffer;
}

/** To the Worker: first the job, then items and ends of passes, `finish` last. */
export type SinkRequest =
  | { type: "begin"; job: RestoreJob }
  | { type: "item"; item: TarItem }
  | { type: "end"; part: StreamPart }
  | { type: "finish" };

/** What members gave rise to since the last answer. */
export interface Told {
  /** A line for each that was not restored as it was. */
  problems: string[];
  /** Printable paths of those that are incomplete. */
  partial: string[];
}

/**
 * From the Worker: one for each item, end and `finish`, after an `error` only for `finish`; and
 * `told` where there is much to tell.
 */
export type SinkAnswer =
  & { told: Told }
  & (
    | { type: "told" }
    | { type: "taken" }
    | { type: "ended"; pass: PassResult }
    | { type: "finished"; result: SinkResult }
    | { type: "error"; error: PackedError; of: SinkRequest["type"] }
  );
