/**
 * Where the Workers that read and restore files are loaded from.
 *
 * @module
 */

import { workerUrl } from "../worker_url.ts";

/** Module of the Worker that reads files. */
export function sourceWorkerUrl(): URL {
  return workerUrl("source_worker", import.meta.url);
}

/** Module of the Worker that restores files. */
export function restoreWorkerUrl(): URL {
  return workerUrl("restore_worker", import.meta.url);
}
