/**
 * Hostile archives put to `ectar extract`, each with a world of its own: a directory to restore to,
 * and beside it things that no archive may create, change or read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { EctarRun } from "../cli/run_ectar.ts";
import { ectarBatch } from "./command_batch.ts";
import { type HostileArchive, writeHostile } from "./hostile_archive.ts";
import { withScratch } from "./scratch.ts";

/** One attempt, and what becomes of it. */
export interface Attempt {
  name: string;
  /** Makes the tar, given the world's directory, in which `outside` and `target` lie. */
  tar: (world: string) => Uint8Array | Promise<Uint8Array>;
  /** Command. @default extract, to the target */
  command?: string[];
  /** Other options of it. */
  options?: string[];
  /** What more is in the archive: an index, another name inside. */
  archive?: Omit<HostileArchive, "tar">;
  /** What lies in the target before. */
  prepare?: (target: string) => Promise<void>;
  /** Exit code. */
  code: number;
  /** Part of what is said; WORLD stands for the world's directory without its leading slash. */
  says?: string;
  /** `path type` of everything in the target afterwards, such as "a/b f"; WORLD as above, without its parents. */
  left: string[];
}

/** Puts all attempts to one run of the program and checks what became of each. */
export async function assertHarmless(attempts: readonly Attempt[]): Promise<void> {
  await withScratch(async (scratch) => {
    const worlds: string[] = [];
    const commands: string[][] = [];
    for (const [i, each] of attempts.entries()) {
      const { tar, options = [], archive = {}, prepare } = each;
      const world = `${scratch}/w${i}`;
      const { command = ["extract", "-o", `${world}/target`] } = each;
      await makeWorld(world);
      await writeHostile(`${world}/archive`, "a", { ...archive, tar: await tar(world) });
      await prepare?.(`${world}/target`);
      worlds.push(world);
      commands.push([...command, "-i", `${world}/archive/a`, ...options]);
    }
    const before = worlds.map(surroundings);
    const runs = await ectarBatch(scratch, commands);
    const after = worlds.map(surroundings);
    // So that others than root can look into, and remove, directories that nobody may enter.
    lines("chmod", "-R", "u+rwX", ...worlds.map((world) => `${world}/target`));
    for (const [i, attempt] of attempts.entries()) {
      assert.equal(after[i], before[i], attempt.name);
      assertOutcome(attempt, worlds[i], runs[i]);
    }
  });
}

function assertOutcome(attempt: Attempt, world: string, run: EctarRun): void {
  const { name, code, says, left, command } = attempt;
  const known = (text: string) => text.replaceAll("WORLD", world.slice(1));
  const found = lines("find", `${world}/target`, "-mindepth", "1", "-printf", "%P %y\\n")
    .filter((line) => !world.startsWith(`/${line.slice(0, -2)}/`));
  const output = run.stdout + run.stderr;
  // Who is not root cannot give members the owners of others, and is told so.
  const isToldOfOwners = code === 0 && run.code === 3 && Deno.uid() !== 0 && command === undefined;
  assert.equal(isToldOfOwners ? code : run.code, code, `${name}: ${output}`);
  assert.deepEqual(found.sort(), left.map(known).sort(), `${name}: ${output}`);
  if (says !== undefined) assert.ok(output.includes(known(says)), `${name}: ${output}`);
  const grep = ["-rls", "--devices=skip", "--exclude=hard", SECRET, `${world}/target`];
  assert.deepEqual(lines("grep", ...grep), [], `${name} reads what lies outside`);
}

/** What stands in the files outside. */
const SECRET = "not for the archive";

async function makeWorld(world: string): Promise<void> {
  for (const directory of ["", "/target", "/archive", "/outside", "/outside/directory"]) {
    await Deno.mkdir(world + directory);
  }
  for (const name of ["victim", "directory/victim"]) {
    await Deno.writeTextFile(`${world}/outside/${name}`, `${SECRET}\n`, { mode: 0o600 });
  }
}

/**
 * Everything around the target with all that can change about it: the time of change tells of every
 * write, link and change of metadata, the time of access (where the system keeps it) of reading.
 */
function surroundings(world: string): string {
  const facts = "%p %y %i %m %U %G %n %s %T@ %C@";
  return lines(
    "find",
    ...[world, "-path", `${world}/target`, "-prune", "-o", "-path", `${world}/archive`, "-prune"],
    ...["-o", "-type", "f", "-printf", `${facts} %A@\\n`, "-o", "-printf", `${facts}\\n`],
  ).join("\n");
}

/** Lines of the standard output of a command. */
function lines(command: string, ...args: string[]): string[] {
  const { stdout } = new Deno.Command(command, { args, stderr: "inherit" }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}
