/**
 * Very many names: memory of `create`, speed and memory of `list` and `info` beside zstdcat and jq
 * on the same index.
 *
 * @module
 */

import { BASE, createCommand } from "./archives.ts";
import { type Contestant, inTurns, peakMib, speedFigure } from "./compare.ts";
import { hasProgram, type Run, run, shell } from "./measure.ts";
import { MEMORY_GOAL_MIB, memoryFigure } from "./memory_bench.ts";
import { ECTAR, TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Figure, Finding } from "./report.ts";
import { makeManyNames } from "./trees.ts";

/** Of all names, those that are one more name of a file. */
const LINKS_SHARE = 0.2;

const QUERIES = {
  list: ".files[].path",
  info: "{uuid, chunks: (.chunks | length), files: (.files | length)}",
};

/** Measures what very many names cost. */
export function benchNames({ names, rounds }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const links = names * LINKS_SHARE;
    const tree = makeManyNames(scratch, names - links, links);
    const shards = `${scratch}/shards`;
    Deno.mkdirSync(shards);
    const created = await run(createCommand(tree, shards));
    const findings: Finding[] = [
      memoryFigure(
        `create: ${tree.name}, ${links.toLocaleString("en")} of them hard links`,
        created,
      ),
    ];
    const jq = hasProgram("jq");
    for (const [command, query] of Object.entries(QUERIES)) {
      const contestants: Record<string, Contestant> = {
        ours: { command: [...ECTAR, command, "-i", `${shards}/${BASE}`] },
      };
      const peer = `zstdcat ${shards}/${BASE}.index.zst | jq -r '${query}'`;
      if (jq) contestants.theirs = { command: shell(peer) };
      const { ours, theirs } = await inTurns(Math.min(rounds, 3), contestants);
      const what = `${command}, ${tree.name}, beside zstdcat | jq`;
      findings.push(
        jq ? speedFigure(what, 0.5, ours, theirs) : { what, skipped: "jq is not installed" },
        memory(command, tree.name, ours),
      );
    }
    return findings;
  });
}

function memory(command: string, names: string, ours: Run[]): Figure {
  return {
    what: `peak memory of ${command}: ${names}`,
    value: peakMib(ours),
    unit: "MiB",
    goal: MEMORY_GOAL_MIB,
    better: "less",
    note: "",
  };
}
