/**
 * Test files whose tests run in a guest with virtual tape drives. A file is loaded twice: on the host
 * each scenario becomes a test, and the first of them boots a guest for all; there, the same file
 * carries the scenarios out, one after the other, and writes down how each ended.
 *
 * @module
 */

import { repairDrives } from "./drives.ts";

/** The guest that a file wants. */
export interface GuestOptions {
  /** Number of drives. */
  drives: number;
  /** Megabytes of each tape. */
  tapeMegabytes: number;
  /** What boots, where it is not what $VTAPE_ENGINE names: see run-vm.sh. */
  engine?: "newer";
  /** What every scenario needs, done once before the first of them. */
  prepare?: Scenario;
}

/** What one test does in the guest. */
export type Scenario = () => Promise<void>;

/** How a scenario ended; a file in the folder that host and guest share. */
interface Result {
  name: string;
  error: string | null;
  milliseconds: number;
}

const RESULTS_VARIABLE = "ECTAR_VM_RESULTS";
/** Only scenarios with this in their names are carried out, for work on a single one. */
const ONLY_VARIABLE = "ECTAR_VM_ONLY";
/** Absolute path, in the project, of the program to test in place of cli.ts. */
const EXECUTABLE_VARIABLE = "ECTAR_TEST_EXECUTABLE";
const PROJECT = new URL("../../", import.meta.url).pathname;
const GUEST_LIMIT_S = 1800;
const SCENARIO_LIMIT_MS = 240_000;

/**
 * Declares the tests of a file.
 *
 * @param file `import.meta.url` of the file
 * @param scenarios what they are called and do, in the order in which they are carried out
 */
export function inGuest(
  file: string,
  options: GuestOptions,
  scenarios: Record<string, Scenario>,
): void {
  const results = Deno.env.get(RESULTS_VARIABLE);
  if (results !== undefined) void carryOut(options.prepare, scenarios, results);
  else declareTests(new URL(file).pathname, options, Object.keys(scenarios));
}

function declareTests(path: string, options: GuestOptions, names: string[]): void {
  const only = Deno.env.get(ONLY_VARIABLE) ?? "";
  let guest: Promise<{ output: string; results: Map<string, Result> }> | undefined;
  for (const name of names) {
    Deno.test({
      name,
      ignore: !name.includes(only),
      fn: async () => {
        guest ??= runGuest(path, options);
        const { output, results } = await guest;
        const result = results.get(name);
        if (result === undefined) throw new Error(`the guest did not get that far:\n${output}`);
        if (result.error !== null) throw new Error(`in the guest: ${result.error}`);
      },
    });
  }
}

async function runGuest(path: string, { drives, tapeMegabytes, engine }: GuestOptions) {
  const folder = await Deno.makeTempDir({ prefix: "ectar-vm-" });
  try {
    const deno = Deno.execPath().replace(/\/[^/]*$/, "");
    const { success, stdout, stderr } = await new Deno.Command(`${PROJECT}tests/vm/run-vm.sh`, {
      args: [
        ...(engine === undefined ? [] : ["-e", engine]),
        ...["-n", `${drives}`, "-s", `${tapeMegabytes}`, "-t", `${GUEST_LIMIT_S}`],
        ...["-v", PROJECT, "-v", `${deno}:/deno`, "-v", `${await npmCache()}:/npm`],
        ...["-v", `${folder}:/results:rw`, "-E", `${RESULTS_VARIABLE}=/results`],
        ...["-E", `${EXECUTABLE_VARIABLE}=${Deno.env.get(EXECUTABLE_VARIABLE) ?? ""}`],
        ...["-E", `${ONLY_VARIABLE}=${Deno.env.get(ONLY_VARIABLE) ?? ""}`, "-E", "NO_COLOR=1"],
        ...["-E", "DENO_DIR=/tmp/deno", "-E", "DENO_NO_UPDATE_CHECK=1"],
        ...["--", "bash", "-c", `mkdir /tmp/deno && ln -s /npm /tmp/deno/npm && exec "$@"`, "sh"],
        ...["/deno/deno", "run", "-A", "--quiet", "--cached-only", path],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const results = await readResults(folder);
    if (!success && results.size === 0) {
      throw new Error(`no guest could be booted and made ready:\n${output}`);
    }
    return { output, results };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where the packages that ectar imports lie; the guest has no network. */
async function npmCache(): Promise<string> {
  await new Deno.Command(Deno.execPath(), { args: ["cache", "--quiet", `${PROJECT}cli.ts`] })
    .output();
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return `${JSON.parse(new TextDecoder().decode(stdout)).denoDir}/npm`;
}

async function readResults(folder: string): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  for await (const { name } of Deno.readDir(folder)) {
    const result: Result = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
    results.set(result.name, result);
  }
  return results;
}

async function carryOut(
  prepare: Scenario | undefined,
  scenarios: Record<string, Scenario>,
  folder: string,
): Promise<void> {
  const only = Deno.env.get(ONLY_VARIABLE) ?? "";
  await prepare?.();
  for (const [number, [name, scenario]] of Object.entries(scenarios).entries()) {
    if (!name.includes(only)) continue;
    const begin = performance.now();
    let error: string | null = null;
    try {
      await limited(scenario());
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
    }
    await repairDrives();
    const milliseconds = Math.round(performance.now() - begin);
    const result: Result = { name, error, milliseconds };
    await Deno.writeTextFile(`${folder}/${number}.json`, JSON.stringify(result));
    console.log(`${error === null ? "ok" : "FAILED"} ${name} (${milliseconds} ms)`);
  }
  // What a failed scenario has left running must not keep the guest.
  Deno.exit(0);
}

async function limited(scenario: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("took too long")), SCENARIO_LIMIT_MS);
  });
  try {
    await Promise.race([scenario, late]);
  } finally {
    clearTimeout(timer);
  }
}
