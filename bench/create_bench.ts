/**
 * Speed of `create` beside GNU tar and zstd on the same tree, all to memory, with the files in the
 * page cache.
 *
 * @module
 */

import { createCommand, mixedTree, SHARDS, tar, tarZstd, type Tree, warm } from "./archives.ts";
import { inTurns, speedFigure, speedRatio } from "./compare.ts";
import { run, shell } from "./measure.ts";
import { directorySize, TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Figure, Finding } from "./report.ts";
import { makeSmallFiles } from "./trees.ts";

/** The goal on sizes: within 2 % of zstd's. */
const SIZE_GOAL = 1.02;

/** Compares `create` with its peers. */
export function benchCreate({ rounds, smallFiles, wholeTree }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const mixed = mixedTree(wholeTree);
    const compressed = await compare(scratch, rounds, mixed, [], tarZstd);
    const stored = await compare(scratch, rounds, mixed, ["--no-compression"], tar);
    const small = makeSmallFiles(scratch, smallFiles);
    const ofSmall = await compare(scratch, rounds, small, [], tarZstd);
    return [
      speed(compressed, "create, zstd 3, 10+4, mixed tree, beside tar | zstd -3 -T0", 0.9),
      size(compressed, "size without parity and index, mixed tree, beside tar | zstd -3"),
      {
        ...speed(stored, "create --no-compression, 10+4, beside tar, per byte written", 0.5),
        value: speedRatio(stored.ours, stored.theirs) * stored.ourBytes / stored.theirBytes,
      },
      speed(ofSmall, `create, zstd 3, 10+4, ${small.name}, beside tar | zstd -3 -T0`, 0.6),
    ];
  });
}

type Comparison = Awaited<ReturnType<typeof compare>>;

async function compare(
  scratch: string,
  rounds: number,
  tree: Tree,
  options: string[],
  peer: (tree: Tree, file: string) => string,
) {
  const [file, output] = [`${scratch}/peer`, `${scratch}/shards`];
  const bytes = { theirBytes: 0, ourBytes: 0, ourDataBytes: 0 };
  await run(shell(warm(tree)));
  const runs = await inTurns(rounds, {
    theirs: {
      command: shell(peer(tree, file)),
      cleanUp: () => {
        bytes.theirBytes = Deno.statSync(file).size;
        Deno.removeSync(file);
      },
    },
    ours: {
      command: createCommand(tree, output, [...SHARDS, ...options]),
      prepare: () => Deno.mkdirSync(output),
      cleanUp: () => {
        bytes.ourBytes = directorySize(output);
        bytes.ourDataBytes = directorySize(output, /\.s0\d$/);
        Deno.removeSync(output, { recursive: true });
      },
    },
  });
  return { ...runs, ...bytes };
}

function speed(
  { ours, theirs, ourBytes, theirBytes }: Comparison,
  what: string,
  goal: number,
): Figure {
  const bytes = `; ${ourBytes} bytes with parity and index beside ${theirBytes}`;
  return speedFigure(what, goal, ours, theirs, bytes);
}

function size({ ourDataBytes, theirBytes }: Comparison, what: string): Figure {
  return {
    what,
    value: ourDataBytes / theirBytes,
    unit: "×",
    goal: SIZE_GOAL,
    better: "less",
    note: `${ourDataBytes} bytes beside ${theirBytes}`,
  };
}
