/**
 * What `create` onto files and `create` onto tapes have in common.
 *
 * @module
 */

import type { CreateHooks } from "../archive/create.ts";
import { isShortfall } from "../tree/note.ts";
import type { CommandContext } from "./program.ts";
import type { ProgressLine } from "./progress.ts";
import type { DriveOptions } from "./tape_options.ts";

/** Options that say where the shards go. */
export interface OutputOptions extends DriveOptions {
  dataShards?: number | undefined;
  parityShards?: number | undefined;
  blockSize?: number | undefined;
  force?: true | undefined;
  overwrite?: true | undefined;
  onDriveFailure: "continue" | "stop";
  minParity: number;
  imageCapacity?: number | undefined;
  verify?: true | undefined;
  json?: true | undefined;
  progress?: boolean | undefined;
}

/** What reads back; loaded before anything is written, since that may take a day. */
export async function loadReadBack({ verify }: OutputOptions) {
  return verify ? await import("./read_back.ts") : undefined;
}

/** What a run is told, and what it tells. */
export function hooksOf({ signal, terminal }: CommandContext, line: ProgressLine): CreateHooks {
  let totalBytes: number | undefined;
  return {
    signal,
    onNote: (note) => terminal.outcome(`ectar: ${note.message}`, isShortfall(note)),
    onSize: line.isShown ? (tarBytes) => totalBytes = tarBytes : undefined,
    onProgress: ({ tarBytes, chunk }) =>
      line.update({ verb: "archived", doneBytes: tarBytes, totalBytes, detail: `chunk ${chunk}` }),
  };
}
