/**
 * Where Workers are loaded from: the modules beside this one, or, in an executable bundled into one
 * file, wherever that file says.
 *
 * @module
 */

let sourceWorker: URL | undefined;

/** Module of the Worker that reads files. */
export function sourceWorkerUrl(): URL {
  return sourceWorker ?? new URL("./source_worker.ts", import.meta.url);
}

/** From now on the Worker that reads files is loaded from `url`. */
export function loadSourceWorkerFrom(url: URL): void {
  sourceWorker = url;
}
