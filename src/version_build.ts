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
  /** Day of that commit, as `2026-01-31`; empty when it is not known. */
  date: string;
}

let facts: BuildFacts = { kind: "run from source", commit: "unknown", date: "" };

/** Sets the facts; an executable does so first of all. */
export function describeBuild(described: BuildFacts): void {
  facts = described;
}

/** Day of the source, as `2026-01-31`; empty when it is not known. */
export function buildDate(): string {
  return facts.date;
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
