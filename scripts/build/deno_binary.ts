/**
 * Deno's binary for a target, from its npm package, through Deno's own npm client and its cache.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { output } from "./run.ts";
import type { Target } from "./targets.ts";

/**
 * Path of the binary.
 *
 * @throws {Error} when the package cannot be had, or holds another binary than the one known
 */
export async function denoBinary(target: Target): Promise<string> {
  const name = `npm:${target.package}@${target.denoVersion}`;
  await output(Deno.execPath(), ["cache", "--quiet", "--no-config", "--no-lock", name]);
  const path = `${await cachedPackage(target.package, target.denoVersion)}/deno`;
  const sha256 = createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
  if (sha256 !== target.denoSha256) {
    throw new Error(`${name} holds a binary with SHA-256 ${sha256}, not ${target.denoSha256}`);
  }
  return path;
}

/**
 * Folder of a package in Deno's npm cache, whichever registry it came from.
 *
 * @throws {Error} when it is not there
 */
export async function cachedPackage(name: string, version: string): Promise<string> {
  const { npmCache } = JSON.parse(await output(Deno.execPath(), ["info", "--json"]));
  for (const registry of Deno.readDirSync(npmCache)) {
    const path = `${npmCache}/${registry.name}/${name}/${version}`;
    try {
      if (Deno.statSync(path).isDirectory) return path;
    } catch {
      // Another registry's folder.
    }
  }
  throw new Error(`${name} ${version} is not in the npm cache`);
}
