/**
 * The foreign parts inside an executable: Deno, and the npm packages in the bundle.
 *
 * @module
 */

import { cachedPackage } from "./deno_binary.ts";
import { output, PROJECT } from "./run.ts";
import type { Target } from "./targets.ts";

/** A foreign part. */
export interface EmbeddedPart {
  /** Its name on npm. */
  name: string;
  /** Its version. */
  version: string;
  /** Its licence, as SPDX names it. */
  license: string;
  /** Text of the licence. */
  licenseText: string;
  /** SHA-256 of what is embedded, or SHA-512 of the package, in hex. */
  hash: { alg: "SHA-256" | "SHA-512"; content: string };
}

/**
 * Version of the package `deno`, whose licence is Deno's: the packages with the binaries have no text
 * of it. The newest whose dependencies are all there.
 */
const LICENCE_VERSION = "2.9.5";

interface Graph {
  modules: { kind?: string; npmPackage?: string }[];
  npmPackages: Record<string, NpmPackage>;
}

interface NpmPackage {
  name: string;
  version: string;
  dependencies: string[];
  localPath: string;
}

/** All foreign parts of an executable for `target`, by name. */
export async function embeddedParts(target: Target): Promise<EmbeddedPart[]> {
  const lock = JSON.parse(Deno.readTextFileSync(`${PROJECT}deno.lock`));
  const packages = await bundledPackages();
  const parts = packages.map(([id, { name, version, localPath }]) => ({
    name,
    version,
    license: JSON.parse(Deno.readTextFileSync(`${localPath}/package.json`)).license as string,
    licenseText: licenseIn(localPath),
    hash: { alg: "SHA-512" as const, content: hexOfIntegrity(lock.npm[id].integrity) },
  }));
  return [...parts, await denoPart(target)].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The packages that the program imports, and those that they need. */
async function bundledPackages(): Promise<[string, NpmPackage][]> {
  const graph: Graph = JSON.parse(await output(Deno.execPath(), ["info", "--json", "cli.ts"]));
  const wanted = graph.modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  const found = new Map<string, NpmPackage>();
  for (let id = wanted.pop(); id !== undefined; id = wanted.pop()) {
    if (found.has(id)) continue;
    found.set(id, graph.npmPackages[id]);
    wanted.push(...graph.npmPackages[id].dependencies);
  }
  return [...found];
}

async function denoPart(target: Target): Promise<EmbeddedPart> {
  await output(Deno.execPath(), [
    "cache",
    "--quiet",
    "--no-config",
    "--no-lock",
    `npm:deno@${LICENCE_VERSION}`,
  ]);
  return {
    name: target.package,
    version: target.denoVersion,
    license: "MIT",
    licenseText: licenseIn(await cachedPackage("deno", LICENCE_VERSION)),
    hash: { alg: "SHA-256", content: target.denoSha256 },
  };
}

function licenseIn(directory: string): string {
  for (const { name } of Deno.readDirSync(directory)) {
    if (/^licen[cs]e/i.test(name)) {
      return Deno.readTextFileSync(`${directory}/${name}`).trim() + "\n";
    }
  }
  throw new Error(`there is no licence in ${directory}`);
}

function hexOfIntegrity(integrity: string): string {
  return Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();
}
