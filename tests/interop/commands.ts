/**
 * Runs the stock tools that must be able to restore what ectar writes.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Runs a command to its end; fails the test with its messages when it fails. */
export async function run(command: string, ...args: string[]): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert.ok(success, `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** Stock zunfec: where CI installed it, or on the PATH; undefined where there is none. */
export const ZUNFEC: string | undefined = Deno.env.get("ECTAR_TEST_ZUNFEC") ??
  await onPath("zunfec");

/** Decodes one chunk. It wants at least two share files, so one is named twice. */
export async function zunfec(output: string, shares: readonly string[]): Promise<void> {
  const atLeastTwo = shares.length === 1 ? [shares[0], shares[0]] : shares;
  await run(ZUNFEC!, "-f", "-o", output, ...atLeastTwo);
}

async function onPath(command: string): Promise<string | undefined> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${command}`] })
    .output();
  return success ? command : undefined;
}
