/**
 * How soon the executable is there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXECUTABLE, ok, withScratch } from "./executable.ts";

const ROUNDS = 15;

Deno.test("--help takes at most three times as long as a bare deno run of an empty file", async () => {
  await withScratch(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/empty.ts`, "");
    await ok({ cwd }, "$E --help");
    const bare: number[] = [];
    const help: number[] = [];
    // One after the other in turn, so that both meet the same load; the best of each counts.
    for (let i = 0; i < ROUNDS; i++) {
      bare.push(await milliseconds(Deno.execPath(), "run", `${cwd}/empty.ts`));
      help.push(await milliseconds(EXECUTABLE, "--help"));
    }
    const [bareMs, helpMs] = [Math.min(...bare), Math.min(...help)];
    console.log(`deno run empty.ts ${bareMs.toFixed(0)} ms, ectar --help ${helpMs.toFixed(0)} ms`);
    assert(helpMs <= 3 * bareMs, `${helpMs} ms against ${bareMs} ms`);
  });
});

async function milliseconds(command: string, ...args: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(command, { args, stdout: "null" }).output();
  assert(success);
  return performance.now() - start;
}
