/** Archives of 3+1 on four drives, read back with tapes lost, foreign and in any order. */

import assert from "node:assert/strict";
import { blankTapes, devices, loadTape, loadTapes, saveTapes, sh } from "./drives.ts";
import { ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { LOSSES, namedDrives } from "./lost_tapes.ts";
import { assertSameTree, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const CREATE = ["create", "-q", "--overwrite", "--tape-devices", devices(...ALL)];

/** Extracts from these drives, which must bring back the whole tree; returns what was said. */
async function restores(code: number, tree: string, drives: string, ...more: string[]) {
  removeTree("/tmp/restored");
  const where = ["--tape-devices", drives, "-o", "/tmp/restored"];
  const { stderr } = await ectar(code, "extract", ...where, ...more);
  assertSameTree(`/tmp/${tree}`, `/tmp/restored/${tree}`);
  return stderr;
}

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64 }, {
  "an archive of 3+1 comes back exactly, with all tapes and without one": async () => {
    await makeTree("/tmp/large", 20);
    await ectar(0, ...CREATE, "--chunk-size", "6MiB", "-o", "large", "large");
    await restores(0, "large", devices(...ALL));
    await restores(3, "large", devices(3, 1, 2));
  },

  "tapes in another order, drives named in another order": async () => {
    await makeTree("/tmp/tree", 2);
    await ectar(0, ...CREATE, "--chunk-size", "1MiB", "-o", "main", "tree");
    saveTapes("main", 4);
    sh("mkdir other && cp tree/deep/text other");
    await ectar(0, ...CREATE, "-o", "other", "other");
    saveTapes("other", 4);
    // Each tape in each drive once.
    for (const order of [[3, 2, 1, 0], [2, 1, 0, 3], [1, 0, 3, 2], [0, 3, 2, 1]]) {
      loadTapes("main", order);
      await restores(0, "tree", devices(...order));
    }
  },

  ...Object.fromEntries(
    Object.entries(LOSSES).map(([name, loss]) => [
      `each single tape ${name}`,
      async () => {
        loadTapes("main", ALL);
        for (const lost of ALL) {
          loss.lose(lost);
          const said = await restores(3, "tree", namedDrives(loss, ALL, [lost]));
          assert.match(said, new RegExp(`the tape with shard ${lost} of main is in no drive`));
          assert.match(said, loss.said);
          if (loss.named) {
            assert.match(
              said,
              new RegExp(`drive /dev/nst${lost}(: not of main| cannot be read): `),
            );
          }
          loss.bringBack(lost, "main");
        }
      },
    ]),
  ),

  "tapes of two archives in between: most tapes or the index decide": async () => {
    // One tape too many of another archive than may be lost of this one.
    loadTapes("main", ALL);
    loadTape("other.1", 1);
    loadTape("other.2", 2);
    const drives = devices(...ALL);
    const { stderr } = await ectar(2, "extract", "--tape-devices", drives, "-o", "/tmp/none");
    assert.match(stderr, /tapes of two archives are in the drives: (main|other) .* and /);
    assert.match(stderr, /name the archive/);
    const { stderr: few } = await ectar(
      ...[1, "extract", "--tape-devices", drives, "-i", "main.index.zst", "-o", "/tmp/none"],
    );
    assert.match(few, /3 tapes of main are needed and 2 are there/);
    sh("test ! -e /tmp/none");
    // With enough of either.
    blankTapes(...ALL);
    await ectar(0, ...CREATE, "--parity-shards", "2", "-o", "twos", "tree");
    saveTapes("twos", 4);
    loadTape("other.0", 1);
    await restores(3, "tree", drives);
    await ectar(0, ...CREATE, "--parity-shards", "2", "-o", "others", "other");
    loadTape("twos.3", 0);
    loadTape("twos.1", 2);
    await restores(3, "tree", drives, "-i", "twos.index.zst");
    await restores(3, "other", drives, "-i", "others.index.zst");
  },
});
