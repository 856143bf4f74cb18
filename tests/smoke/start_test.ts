/**
 * How soon the executable is there, side by side with Deno itself. The figures are printed, not
 * judged: how fast a machine is, and what else it does, says nothing about ectar.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXECUTABLE, ok, withScratch } from "./executable.ts";

const ROUNDS = 15;

/** Times an empty program; `--help` should stay within that. */
const GOAL = 3;

Deno.test("--help is timed beside a bare deno run of an empty file", async () => {
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
    console.log(
      `best of ${ROUNDS}: deno run empty.ts ${bareMs.toFixed(0)} ms, ` +
        `ectar --help ${helpMs.toFixed(0)} ms: ${
          (helpMs / bareMs).toFixed(1)
        } times (goal: ${GOAL})`,
    );
  });
});

async function milliseconds(command: string, ...args: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(command, { args, stdout: "null" }).output();
  assert(success);
  return performance.now() - start;
}
