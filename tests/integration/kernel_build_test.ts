/** The WebAssembly in the tree is what its sources say. Needs --allow-read (and asc's env). */
import assert from "node:assert/strict";
import { generateModule, MODULE_BUILDS } from "../../scripts/build_kernels.ts";

const PROJECT = new URL("../../", import.meta.url);

for (const build of MODULE_BUILDS) {
  Deno.test(`${build.output} is what ${build.source} compiles to`, async () => {
    const committed = await Deno.readTextFile(new URL(build.output, PROJECT));
    const built = await generateModule(build);
    // Not assert.equal: a difference of kilobytes of base64 tells nobody anything.
    assert.ok(built === committed, `run "deno run -A scripts/build_kernels.ts" and commit`);
  });
}
