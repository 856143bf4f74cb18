/**
 * The modules that run as Workers. They are started by address, which neither the bundler nor
 * `deno compile` sees.
 *
 * @module
 */

import { PROJECT } from "./run.ts";

/** Each, relative to the project, sorted. By their names, so that none is forgotten. */
export function workerModules(): string[] {
  const found: string[] = [];
  for (const folder of Deno.readDirSync(`${PROJECT}src`)) {
    if (!folder.isDirectory) continue;
    for (const { name } of Deno.readDirSync(`${PROJECT}src/${folder.name}`)) {
      if (name.endsWith("_worker.ts")) found.push(`src/${folder.name}/${name}`);
    }
  }
  return found.sort();
}
