/**
 * Runs ectar as a user who may not do everything, also where the tests are run by root.
 *
 * @module
 */

import { ECTAR, EXECUTABLE } from "./run_ectar.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;
const NOBODY = "65534";

/** Whether the tests have root's rights. */
export const IS_ROOT: boolean = Deno.uid() === 0;

/**
 * A command line that runs ectar without privileges. As root that takes a copy in `directory`, for
 * nobody need not be able to read root's: of the executable, or of Deno and ectar.
 */
export async function unprivilegedEctar(directory: string): Promise<readonly string[]> {
  if (!IS_ROOT) return ECTAR;
  const place = `${directory}/for-nobody`;
  await Deno.mkdir(place);
  const ectar = EXECUTABLE !== undefined
    ? await copyExecutable(EXECUTABLE, place)
    : await copySource(place);
  await run("chown", "-R", NOBODY, place);
  await Deno.chmod(directory, 0o755);
  const nobody = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
  return [...nobody, "env", `HOME=${place}`, ...ectar];
}

async function copyExecutable(executable: string, place: string): Promise<string[]> {
  await Deno.copyFile(executable, `${place}/ectar`);
  return [`${place}/ectar`];
}

async function copySource(place: string): Promise<string[]> {
  await Deno.copyFile(Deno.execPath(), `${place}/deno`);
  const parts = ["cli.ts", "deno.json", "deno.lock", "src", "ffi"];
  await run("cp", "-r", ...parts.map((name) => PROJECT + name), place);
  const cache = JSON.parse(await run(Deno.execPath(), "info", "--json")).npmCache;
  await Deno.mkdir(`${place}/cache`);
  await run("cp", "-r", cache, `${place}/cache/npm`);
  return [
    ...["env", `DENO_DIR=${place}/cache`, `${place}/deno`],
    ...["run", "-A", "--quiet", "--no-prompt", "--cached-only", `${place}/cli.ts`],
  ];
}

/** Gives a file or directory and all below it to the unprivileged user. */
export async function giveToUnprivileged(path: string): Promise<void> {
  if (IS_ROOT) await run("chown", "-R", `${NOBODY}:${NOBODY}`, path);
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
