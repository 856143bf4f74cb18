/**
 * The package as it would be published: what is in it, and that it works with nothing else.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { withScratch } from "./scratch.ts";

const PROJECT = new URL("../../", import.meta.url);

async function deno(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
  return decoder.decode(stdout) + decoder.decode(stderr);
}

Deno.test("what would be published passes the registry's checks and works by itself", async () => {
  const options = ["--dry-run", "--allow-dirty", "--no-check"];
  const said = await deno(PROJECT.pathname, "publish", ...options);
  const files = [...said.matchAll(/^ *(file:\/\/\S+) \(/gm)]
    .map(([, url]) => url.slice(PROJECT.href.length));
  for (const needed of ["mod.ts", "cli.ts", "deno.json", "LICENSE", "README.md"]) {
    assert(files.includes(needed), needed);
  }
  const strange = /^(tests|bench|scripts|dist|\.)|assembly/;
  assert.deepEqual(files.filter((file) => strange.test(file)), []);

  await withScratch(async (scratch) => {
    for (const file of files) {
      await Deno.mkdir(dirname(`${scratch}/package/${file}`), { recursive: true });
      await Deno.copyFile(new URL(file, PROJECT), `${scratch}/package/${file}`);
    }
    const imports = { "@ectar/ectar": "jsr:@ectar/ectar@^2.0.0" };
    const config = JSON.stringify({ links: ["../package"], imports });
    await Deno.mkdir(`${scratch}/project`);
    await Deno.writeTextFile(`${scratch}/project/deno.json`, config);
    // Reads files and compresses in Workers, which the package must hold, too.
    const example = `${scratch}/package/docs/examples/image_tapes.ts`;
    await Deno.copyFile(example, `${scratch}/project/main.ts`);
    const restored = await deno(`${scratch}/project`, "run", "-A", "main.ts", "../package/ffi");
    assert.match(restored, /all compared/);
    const version = await deno(`${scratch}/project`, "run", "-A", "@ectar/ectar/cli", "--version");
    assert.match(version, /^ectar \d/m);
  });
});
