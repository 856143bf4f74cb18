/**
 * Where the compressing Workers' code lies.
 *
 * @module
 */

import { workerUrl } from "../worker_url.ts";

/** The module that compressing Workers run. */
export function zstdWorkerUrl(): URL {
  return workerUrl("zstd_worker", import.meta.url);
}
