/**
 * What this build of ectar is, beyond its version. An executable's entry module says so; run from
 * source, nobody does.
 *
 * @module
 */

import { VERSION } from "./version.ts";

/** What only the build knows. */
export interface BuildFacts {
  /** How the executable was made. */
  kind: string;
  /** Commit of the source; ends in `+` when the tree had changes. */
  commit: string;
}

let facts: BuildFacts = { kind: "run from source", commit: "unknown" };

/** Sets the facts; an executable does so first of all. */
export function describeBuild(described: BuildFacts): void {
  facts = described;
}

/** What `ectar --version` prints: the version alone in its first line. */
export function versionText(): string {
  return [
    `ectar ${VERSION}`,
    `kind: ${facts.kind}`,
    `commit: ${facts.commit}`,
    `deno: ${Deno.version.deno}`,
    `target: ${Deno.build.target}`,
  ].join("\n");
}
