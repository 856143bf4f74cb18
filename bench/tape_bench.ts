/**
 * Speed of `create` onto four tape images beside the same shards as files, all in memory.
 *
 * @module
 */

import { BASE, createCommand, mixedTree, warm } from "./archives.ts";
import { freshDirectory, inTurns, speedFigure } from "./compare.ts";
import { run, shell } from "./measure.ts";
import { ECTAR, TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Finding } from "./report.ts";

const SHARDS = ["--data-shards", "3", "--parity-shards", "1", "--block-size", "512KiB"];
const DRIVES = [0, 1, 2, 3];

/** Compares tapes with files. */
export function benchTapes({ rounds, wholeTree }: Options): Promise<Finding[]> {
  return withScratch(TMPFS, async (scratch) => {
    const tree = mixedTree(wholeTree);
    await run(shell(warm(tree)));
    const output = `${scratch}/archive`;
    const devices = DRIVES.map((drive) => `${output}/t${drive}.tap`).join(",");
    const around = freshDirectory(output);
    const findings: Finding[] = [];
    for (const [how, options] of [["zstd 3", []], ["stored", ["--no-compression"]]] as const) {
      const shards = [...SHARDS, ...options];
      const onto = [
        "create",
        "-q",
        "-o",
        `${output}/${BASE}`,
        "--tape-devices",
        devices,
        ...shards,
      ];
      const { tapes, files } = await inTurns(rounds, {
        files: { command: createCommand(tree, output, shards), ...around },
        tapes: { command: [...ECTAR, ...onto, "-C", tree.directory, ...tree.paths], ...around },
      });
      const what = `create onto 4 tape images, 3+1, ${how}, mixed tree, beside files`;
      findings.push(speedFigure(what, 0.95, tapes, files));
    }
    return findings;
  });
}
