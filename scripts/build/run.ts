/**
 * Runs a program of the build and takes what it prints.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The project's directory, ending in a slash. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Standard output of a command run in the project's directory.
 *
 * @throws {Error} with what the command said, when it fails
 */
export async function output(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: PROJECT,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`${command} ${args.join(" ")} failed: ${decoder.decode(stderr).trim()}`);
}
