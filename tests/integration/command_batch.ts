/**
 * Many command lines, one after the other in one process that prints where its own output goes: what
 * a terminal would get, without starting a program for each.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { assertNoDefect, type EctarRun } from "../cli/run_ectar.ts";

/** No batch of these tests takes nearly as long. */
const TIME_LIMIT_S = 120;

/** Stands between the output of two command lines; nothing that ectar prints is like it. */
const MARK = "\x00\x00 exit ";

/** Runs the command lines; each is as from `ectar()`, if the program ends with it. */
export async function ectarBatch(
  cwd: string,
  commands: readonly (readonly string[])[],
): Promise<EctarRun[]> {
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["-k", "5", String(TIME_LIMIT_S), Deno.execPath(), "run", "-A", "--quiet", "--no-prompt"]
      .concat(import.meta.url, JSON.stringify(commands)),
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).split(MARK));
  assert.equal(code, 0, err.at(-1));
  assert.deepEqual([out.length, err.length], [commands.length + 1, commands.length + 1]);
  // Behind each mark stands the exit code of the command line before it.
  const textOf = (part: string, i: number) => i === 0 ? part : part.slice(part.indexOf("\n") + 1);
  return commands.map((args, i) => {
    const stderrText = textOf(err[i], i);
    const result: EctarRun = {
      code: parseInt(out[i + 1]),
      stdout: textOf(out[i], i),
      stderr: stderrText,
      lines: stderrText.split("\n").filter((line) => line !== ""),
    };
    assertNoDefect(result, args);
    return result;
  });
}

if (import.meta.main) {
  for (const args of JSON.parse(Deno.args[0]) as string[][]) {
    const code = await run(args, new AbortController().signal);
    const mark = new TextEncoder().encode(`${MARK}${code}\n`);
    Deno.stdout.writeSync(mark);
    Deno.stderr.writeSync(mark);
  }
  Deno.exit(0);
}
