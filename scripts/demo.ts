/**
 * Shows the main job on real files: archives a directory onto three tape images and onto shard
 * files, loses a tape and five shards, restores from the rest, and compares every byte.
 *
 *     deno task demo [DIRECTORY]
 *
 * Without DIRECTORY it takes the project itself. Nothing is written outside a temporary directory.
 *
 * @module
 */

import { PROJECT } from "./build/run.ts";
import { describeTree, type TreeDescription } from "./tree_description.ts";

function say(text: string): void {
  console.log(text);
}

async function ectar(cwd: string, ...args: string[]): Promise<void> {
  say(`\n$ ectar ${args.join(" ")}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROJECT + "cli.ts", ...args],
    cwd,
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  say(`exit code ${code}`);
  // 3 is "done, with something to know": a lost tape is worth a word.
  if (code !== 0 && code !== 3) throw new Error(`ectar ${args[0]} failed`);
}

function lose(cwd: string, ...names: string[]): void {
  say(`\n$ rm ${names.join(" ")}`);
  for (const name of names) Deno.removeSync(`${cwd}/${name}`);
}

function compare(original: TreeDescription, restored: TreeDescription): void {
  const differences: string[] = [];
  for (const [path, line] of original) {
    const other = restored.get(path);
    if (other === undefined) differences.push(`missing: ${path}`);
    else if (other !== line) differences.push(`different: ${path}: ${line} / ${other}`);
  }
  for (const path of restored.keys()) if (!original.has(path)) differences.push(`new: ${path}`);
  if (differences.length > 0) throw new Error(differences.slice(0, 20).join("\n"));
  say(
    `compared ${original.size} files and directories: content, modes, owners, times are the same`,
  );
}

async function main(directory: string): Promise<void> {
  const source = await Deno.realPath(directory);
  const work = await Deno.makeTempDir({ prefix: "ectar-demo-" });
  const parent = source.slice(0, source.lastIndexOf("/")) || "/";
  const name = source.slice(source.lastIndexOf("/") + 1);
  try {
    const original = await describeTree(source);

    say("Three tapes, one of them destroyed:");
    const tapes = ["t0.tap", "t1.tap", "t2.tap"];
    await ectar(
      work,
      "create",
      "--tape-devices",
      tapes.join(","),
      "-o",
      "backup",
      "-C",
      parent,
      name,
    );
    lose(work, "t1.tap");
    await ectar(work, "extract", "--tape-devices", "t2.tap,t0.tap", "-o", "from-tapes");
    compare(original, await describeTree(`${work}/from-tapes/${name}`));

    say("\nFifteen shard files, any five of them lost:");
    await ectar(work, "create", "-o", "onfiles", "-C", parent, name);
    lose(work, ...[0, 3, 7, 11, 14].map((s) => `onfiles.c001.s${String(s).padStart(2, "0")}`));
    await ectar(work, "extract", "-i", "onfiles", "-o", "from-files");
    compare(original, await describeTree(`${work}/from-files/${name}`));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  say("\nEverything came back.");
}

try {
  await main(Deno.args[0] ?? PROJECT);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
