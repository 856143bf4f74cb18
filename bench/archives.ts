/**
 * What is archived, and the commands that do it: ectar's, and its peers'.
 *
 * @module
 */

import { ECTAR, exists } from "./places.ts";

/** Paths below a directory. */
export interface Tree {
  /** What it is, for people. */
  name: string;
  directory: string;
  paths: string[];
}

/** Data and parity shards of most comparisons. */
export const SHARDS = ["--data-shards", "10", "--parity-shards", "4"];

/** Base name of archives in their directories. */
export const BASE = "b";

/** Archives `tree` into the directory `output`, as {@link BASE}. */
export function createCommand(tree: Tree, output: string, options: string[] = SHARDS): string[] {
  const { directory, paths } = tree;
  const place = ["-o", `${output}/${BASE}`];
  return [...ECTAR, "create", "-q", ...place, ...options, "-C", directory, ...paths];
}

/** Restores what {@link createCommand} put into `input` to the directory `output`. */
export function extractCommand(input: string, output: string): string[] {
  return [...ECTAR, "extract", "-q", "-i", `${input}/${BASE}`, "-o", output];
}

/** Shell line: `tree` as a compressed tar. */
export function tarZstd({ directory, paths }: Tree, file: string): string {
  return `tar -C ${directory} -cf - ${paths.join(" ")} | zstd -3 -T0 -q -f -o ${file}`;
}

/** Shell line: `tree` as a tar. */
export function tar({ directory, paths }: Tree, file: string): string {
  return `tar -C ${directory} -cf ${file} ${paths.join(" ")}`;
}

/** Shell line: brings the files of a tree into the page cache. */
export function warm({ directory, paths }: Tree): string {
  return `tar -C ${directory} -cf - ${paths.join(" ")} | cat > /dev/null`;
}

/** Programs, libraries, texts, pictures: 1 to 2 GB on most systems, or some 100 MB. */
export function mixedTree(whole: boolean): Tree {
  const paths = whole ? [`lib/${Deno.build.arch}-linux-gnu`, "lib/gcc", "share"] : ["lib/gcc"];
  const there = paths.filter((path) => exists(`/usr/${path}`));
  return {
    name: "mixed tree",
    directory: "/usr",
    paths: there.length === 0 ? ["share/doc"] : there,
  };
}
