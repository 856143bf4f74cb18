/**
 * The programs in docs/examples, run as their headers say, with no more permissions than these name;
 * and one of them from outside, as the package of another project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { withScratch } from "./scratch.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;
const EXAMPLES = `${PROJECT}docs/examples`;

/** Arguments of `deno` in the header of an example. */
function commandIn(path: string): string[] {
  const [, command] = /^ \* {5}deno (run .*)$/m.exec(Deno.readTextFileSync(path))!;
  return command.split(" ");
}

async function deno(cwd: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: args as string[],
    cwd,
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

async function makeTree(directory: string): Promise<void> {
  await Deno.mkdir(`${directory}/sub`, { recursive: true });
  await Deno.writeTextFile(`${directory}/sub/notes.txt`, "all is well\n".repeat(1000));
  await Deno.writeFile(`${directory}/noise`, crypto.getRandomValues(new Uint8Array(60_000)));
  await Deno.symlink("sub/notes.txt", `${directory}/link`);
}

const names = [...Deno.readDirSync(EXAMPLES)].map(({ name }) => name);

for (const name of names) {
  Deno.test(`docs/examples/${name} does what it says`, async () => {
    await withScratch(async (scratch) => {
      await makeTree(`${scratch}/tree`);
      const args = commandIn(`${EXAMPLES}/${name}`)
        .map((arg) => arg === "DIRECTORY" ? `${scratch}/tree` : arg);
      assert.match(await deno(PROJECT, args), /restored.* compared$/m);
    });
  });
}

Deno.test("a project elsewhere uses the package by its name, checked and run", async () => {
  await withScratch(async (scratch) => {
    await makeTree(`${scratch}/tree`);
    const outside = `${scratch}/project`;
    await Deno.mkdir(outside);
    const config = { links: [PROJECT], imports: { "@ectar/ectar": "jsr:@ectar/ectar@^2.0.0" } };
    await Deno.writeTextFile(`${outside}/deno.json`, JSON.stringify(config));
    await Deno.copyFile(`${EXAMPLES}/image_tapes.ts`, `${outside}/main.ts`);
    await deno(outside, ["check", "main.ts"]);
    assert.match(await deno(outside, ["run", "-A", "main.ts", "../tree"]), /all compared$/m);
  });
});
