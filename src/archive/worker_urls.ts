/**
 * Where the Worker that reads files is loaded from.
 *
 * @module
 */

import { workerUrl } from "../worker_url.ts";

/** Module of the Worker that reads files. */
export function sourceWorkerUrl(): URL {
  return workerUrl("source_worker", import.meta.url);
}
