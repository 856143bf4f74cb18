/**
 * The release under test.
 *
 * @module
 */

import { VERSION } from "../../src/version.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** Where `deno task release` puts it. */
export const DIST = `${PROJECT}dist`;

const MACHINE = Deno.build.arch;

/** The files of a release, by what they are. */
export const RELEASE = {
  tarball: `ectar-${VERSION}-${MACHINE}.tar.gz`,
  deb: `ectar_${VERSION}_${MACHINE === "x86_64" ? "amd64" : "arm64"}.deb`,
  bill: `ectar-${VERSION}-${MACHINE}.cdx.json`,
  sums: `ectar-${VERSION}-${MACHINE}.sha256`,
} as const;

for (const name of Object.values(RELEASE)) {
  try {
    Deno.statSync(`${DIST}/${name}`);
  } catch {
    throw new Error(`there is no dist/${name}; run \`deno task release\` first`);
  }
}
