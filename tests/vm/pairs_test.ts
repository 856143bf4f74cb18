/** Archives of 2+2 on four drives, read back without any two of their tapes. */

import assert from "node:assert/strict";
import { devices, loadTapes, saveTapes, sh } from "./drives.ts";
import { ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { LOSSES, namedDrives } from "./lost_tapes.ts";
import { assertSameTree, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const PAIRS = ALL.flatMap((first) => ALL.slice(first + 1).map((second) => [first, second]));
const CREATE = ["create", "-q", "--overwrite", "--tape-devices", devices(...ALL)];

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64 }, {
  "an archive of 2+2": async () => {
    sh("mkdir other && echo text >other/text");
    await ectar(0, ...CREATE, "--no-index", "-o", "other", "other");
    saveTapes("other", 4);
    await makeTree("/tmp/tree", 2);
    const more = ["--parity-shards", "2", "--chunk-size", "1MiB", "-o", "pairs", "tree"];
    await ectar(0, ...CREATE, ...more);
    saveTapes("pairs", 4);
  },

  ...Object.fromEntries(
    Object.entries(LOSSES).map(([name, loss]) => [
      `each pair of tapes ${name}`,
      async () => {
        loadTapes("pairs", ALL);
        for (const pair of PAIRS) {
          for (const drive of pair) loss.lose(drive);
          removeTree("/tmp/restored");
          const drives = namedDrives(loss, ALL, pair);
          const where = ["--tape-devices", drives, "-o", "/tmp/restored"];
          // Two tapes of either archive: it must be said which one is meant.
          if (name === "foreign") where.push("-i", "pairs.index.zst");
          const { stderr } = await ectar(3, "extract", ...where);
          assertSameTree("/tmp/tree", "/tmp/restored/tree");
          assert.match(stderr, loss.said);
          for (const drive of pair) {
            assert.match(stderr, new RegExp(`the tape with shard ${drive} of pairs is in no`));
            loss.bringBack(drive, "pairs");
          }
        }
      },
    ]),
  ),
});
