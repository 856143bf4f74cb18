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
  const info = JSON.parse(await output(Deno.execPath(), ["info", "--json"]));
  const path = `${info.npmCache}/registry.npmjs.org/${target.package}/${target.denoVersion}/deno`;
  const sha256 = createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
  if (sha256 !== target.denoSha256) {
    throw new Error(`${name} holds a binary with SHA-256 ${sha256}, not ${target.denoSha256}`);
  }
  return path;
}
