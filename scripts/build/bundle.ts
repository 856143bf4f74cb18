/**
 * Bundles the program into a few JavaScript files with everything from npm inside: the program
 * itself, split so that a command loads only what it needs, and one file for each Worker.
 *
 * @module
 */

import { COMMANDER_NODE, makeStartFast } from "./fast_start.ts";
import { output, PROJECT } from "./run.ts";
import { nameStably } from "./stable_names.ts";
import { workerModules } from "./workers.ts";

/** One file of the bundle. */
export interface BundledFile {
  /** Its name; all lie in one directory. */
  name: string;
  /** What is in it. */
  content: Uint8Array;
}

/**
 * Bundles `entry`. Works in `directory`, which it empties.
 *
 * @returns the files, by name; the program starts with `ectar.js`
 */
export async function bundleProgram(entry: string, directory: string): Promise<BundledFile[]> {
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  await bundle(entry, "--code-splitting", "--outdir", directory);
  // Each Worker is looked for beside the program's own file.
  for (const worker of workerModules()) {
    const name = worker.slice(worker.lastIndexOf("/") + 1).replace(/\.ts$/, ".js");
    await bundle(PROJECT + worker, "--output", `${directory}/${name}`);
  }
  await bundle(PROJECT + COMMANDER_NODE, "--output", `${directory}/commander_node.js`);
  makeStartFast(directory);
  nameStably(directory);
  return [...Deno.readDirSync(directory)]
    .map(({ name }) => ({ name, content: Deno.readFileSync(`${directory}/${name}`) }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

async function bundle(entry: string, ...options: string[]): Promise<void> {
  const common = ["bundle", "--quiet", "--no-check", "--platform", "deno", "--minify"];
  await output(Deno.execPath(), [...common, ...options, entry]);
}
