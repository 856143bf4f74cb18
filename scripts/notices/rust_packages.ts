/**
 * The Rust packages that a Deno binary is made of, as its own lock file names them, through cargo.
 *
 * @module
 */

import { dirname } from "node:path";
import { output } from "../build/run.ts";

/** A Rust package. */
export interface RustPackage {
  /** Its name in the registry of Rust packages. */
  name: string;
  /** Its version. */
  version: string;
  /** Its licences, as it declares them. */
  license: string;
  /** Its authors, as it declares them. */
  authors: string[];
  /** Where its source lies. */
  directory: string;
}

interface Metadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    license_file: string | null;
    authors: string[];
    manifest_path: string;
  }[];
  resolve: {
    root: string;
    nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[];
  };
}

/**
 * The packages that Deno of this version is built from on `triple`, without those that only build or
 * test it. By name.
 */
export async function rustPackages(denoVersion: string, triple: string): Promise<RustPackage[]> {
  const metadata: Metadata = JSON.parse(
    await output("cargo", [
      ...["metadata", "--quiet", "--locked", "--format-version", "1"],
      ...["--filter-platform", triple, "--manifest-path", await manifestOf(denoVersion)],
    ]),
  );
  const dependencies = new Map(metadata.resolve.nodes.map(({ id, deps }) => [id, deps]));
  const reached = new Set<string>();
  for (const queue = [metadata.resolve.root]; queue.length > 0;) {
    const id = queue.pop()!;
    if (reached.has(id)) continue;
    reached.add(id);
    for (const { pkg, dep_kinds } of dependencies.get(id)!) {
      if (dep_kinds.some(({ kind }) => kind === null)) queue.push(pkg);
    }
  }
  return metadata.packages
    .filter(({ id }) => reached.has(id))
    .map((found) => ({
      name: found.name,
      version: found.version,
      license: found.license ?? `see ${found.license_file}`,
      authors: found.authors,
      directory: dirname(found.manifest_path),
    }))
    .sort((a, b) => `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);
}

/** Manifest of the package `deno`, which cargo unpacks when it is asked about it. */
async function manifestOf(version: string): Promise<string> {
  await output("cargo", ["info", "--quiet", `deno@${version}`]);
  const home = Deno.env.get("CARGO_HOME") ?? `${Deno.env.get("HOME")}/.cargo`;
  for (const { name } of Deno.readDirSync(`${home}/registry/src`)) {
    const manifest = `${home}/registry/src/${name}/deno-${version}/Cargo.toml`;
    try {
      if (Deno.statSync(manifest).isFile) return manifest;
    } catch {
      // Another registry's folder.
    }
  }
  throw new Error(`cargo has not unpacked deno ${version}`);
}
