/**
 * Where the Workers' modules lie: beside the module that starts them, in the source tree as in an
 * executable, where each Worker is bundled into a `.js` file beside the program's.
 *
 * @module
 */

/** URL of the Worker module `name` beside `caller`, which is an `import.meta.url`. */
export function workerUrl(name: string, caller: string): URL {
  return new URL(`./${name}.${caller.endsWith(".js") ? "js" : "ts"}`, caller);
}
