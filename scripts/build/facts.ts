/**
 * What a build writes into the executable about itself, and the entry module that carries it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { BuildFacts } from "../../src/version_build.ts";
import { output, PROJECT } from "./run.ts";

/** The commit of this tree, with `+` when files differ from it; `unknown` outside a repository. */
export async function commitName(): Promise<string> {
  try {
    const commit = (await output("git", ["rev-parse", "HEAD"])).trim();
    const changes = await output("git", ["status", "--porcelain", "--untracked-files=no"]);
    return changes === "" ? commit : `${commit}+`;
  } catch {
    return "unknown";
  }
}

/** When the commit was made, in seconds since 1970: the time of everything in a release. */
export async function commitTime(): Promise<number> {
  try {
    return Number(await output("git", ["log", "-1", "--format=%ct"]));
  } catch {
    return 0;
  }
}

/** The day of the commit in UTC, as `2026-01-31`; empty outside a repository. */
export async function commitDate(): Promise<string> {
  const seconds = await commitTime();
  return seconds === 0 ? "" : new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** Writes the module that an executable starts with; returns its path. */
export function writeEntry(directory: string, facts: BuildFacts): string {
  const path = `${directory}/ectar.ts`;
  const source = pathToFileURL(PROJECT + "src");
  Deno.writeTextFileSync(
    path,
    `import { main } from "${source}/cli/main.ts";\n` +
      `import { describeBuild } from "${source}/version_build.ts";\n\n` +
      `describeBuild(${JSON.stringify(facts)});\nawait main();\n`,
  );
  return path;
}
