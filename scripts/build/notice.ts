/**
 * The notice of what Deno's binary contains, made by `scripts/deno_notice.ts`.
 *
 * @module
 */

import { PROJECT } from "./run.ts";

/** Version of Deno that the notice is of. */
export const NOTICE_VERSION = "2.9.6";

/** Platform that it is of. */
export const NOTICE_TRIPLE = "x86_64-unknown-linux-gnu";

/** The file. */
export const NOTICE_PATH = `${PROJECT}scripts/notices/deno-${NOTICE_VERSION}.txt`;

/** A Rust package in Deno's binary. */
export interface NotedPackage {
  name: string;
  version: string;
  /** Its licences, as an expression of SPDX where the package says it so. */
  license: string;
}

/** The Rust packages that the notice names. */
export function notedPackages(): NotedPackage[] {
  const notice = Deno.readTextFileSync(NOTICE_PATH);
  const list = notice.slice(notice.indexOf("\nRust packages\n"), notice.indexOf("\nV8 and the "));
  return [...list.matchAll(/^(\S+) (\d\S*): ([^[\n]+?)(?: \[|, by |$)/gm)]
    .map(([, name, version, license]) => ({
      name,
      version,
      // The older way to write a choice.
      license: license.replaceAll(/ ?\/ ?/g, " OR "),
    }));
}
