/**
 * The native kind of executable, as far as it goes without its runtime (denort), which no package
 * registry has: Deno itself stands in. What comes out holds the program but does not run it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "./bare_root.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

Deno.test("the native kind takes the runtime that DENORT_BIN names, and packs every Worker", async () => {
  const scratch = await Deno.makeTempDir({ prefix: "ectar-native-" });
  try {
    const path = `${scratch}/ectar`;
    const compile = ["run", "-A", "--quiet", `${PROJECT}scripts/compile.ts`, "--kind", "native"];
    const runtime = `DENORT_BIN=${Deno.execPath()}`;
    const said = await run("env", runtime, Deno.execPath(), ...compile, "--output", path);
    assert.match(said, /^made .*: native, /m);
    for (
      const part of ["source_worker.ts", "restore_worker.ts", "drive_worker.ts", "zstd_worker.ts"]
    ) {
      await run("grep", "--quiet", "--fixed-strings", part, path);
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
});
