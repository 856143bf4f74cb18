/**
 * Makes `dist/ectar`, one executable with everything inside.
 *
 *     deno task compile [--target TRIPLE] [--kind native|self-extracting] [--output FILE]
 *
 * Native ones come from `deno compile`. Where its runtime cannot be had, as where only package
 * registries are reached, the executable is a self-extracting one; `--kind` insists.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../src/version.ts";
import { bundleProgram } from "./build/bundle.ts";
import { denoBinary } from "./build/deno_binary.ts";
import { commitDate, commitName, writeEntry } from "./build/facts.ts";
import { compileNative } from "./build/native.ts";
import { PROJECT } from "./build/run.ts";
import { type Target, targetNamed } from "./build/targets.ts";
import { packExecutable } from "./selfextract/pack.ts";

const KINDS = ["native", "self-extracting"] as const;
type Kind = typeof KINDS[number];

/** What is wanted of an executable. */
export interface CompileOptions {
  /** Platform. */
  target: Target;
  /** Kind; whichever can be had by default. */
  kind?: Kind | undefined;
  /** Where to; its directory exists. */
  path: string;
}

/**
 * The kind that `name` means.
 *
 * @throws {Error} when there is none of that name
 */
export function kindNamed(name: string | undefined): Kind | undefined {
  const kind = KINDS.find((each) => each === name);
  if (name !== undefined && kind === undefined) {
    throw new Error(`--kind is one of ${KINDS.join(", ")}`);
  }
  return kind;
}

/** Makes an executable, saying how. */
export async function compile({ target, kind, path }: CompileOptions): Promise<void> {
  const work = `${path}.build`;
  await Deno.mkdir(work, { recursive: true });
  try {
    const source = { commit: await commitName(), date: await commitDate() };
    if (kind !== "self-extracting") {
      const entry = writeEntry(work, { kind: "native (deno compile)", ...source });
      const obstacle = await compileNative(entry, target, `${work}/ectar`);
      if (obstacle === undefined) {
        Deno.renameSync(`${work}/ectar`, path);
        return say(path, "native", target);
      }
      if (kind === "native") throw new Error(`no native executable can be made: ${obstacle}`);
      console.log(`no native executable: ${obstacle}`);
    }
    const entry = writeEntry(work, { kind: "self-extracting", ...source });
    const deno = Deno.readFileSync(await denoBinary(target));
    const bundle = await bundleProgram(entry, `${work}/bundle`);
    write(path, packExecutable({ version: VERSION, target, deno, bundle }));
    say(path, "self-extracting", target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

function write(path: string, parts: Uint8Array[]): void {
  // A name of its own first: the old executable may be running, and a half-written one may not stay.
  const partial = `${path}.partial`;
  using file = Deno.openSync(partial, { write: true, create: true, truncate: true });
  for (const part of parts) {
    for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
  }
  Deno.chmodSync(partial, 0o755);
  Deno.renameSync(partial, path);
}

function say(path: string, kind: Kind, target: Target): void {
  const mebibytes = (Deno.statSync(path).size / 2 ** 20).toFixed(1);
  console.log(`made ${path}: ${kind}, for ${target.triple}, ${mebibytes} MiB`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      target: { type: "string" },
      kind: { type: "string" },
      output: { type: "string", default: PROJECT + "dist/ectar" },
    },
  });
  const path = resolve(values.output);
  await Deno.mkdir(dirname(path), { recursive: true });
  await compile({ target: targetNamed(values.target), kind: kindNamed(values.kind), path });
}
