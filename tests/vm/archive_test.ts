/** Archives on four drives, read back with tapes lost, empty, foreign and in any order. */

import assert from "node:assert/strict";
import { blankTapes, devices, emptyDrive, loadTape, loadTapes, saveTapes, sh } from "./drives.ts";
import { ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { assertSameTree, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const ALL_DEVICES = devices(...ALL);

/** Extracts from these drives, which must bring back the whole tree; returns what was said. */
async function restores(code: number, drives: string): Promise<string> {
  removeTree("/tmp/restored");
  const { stderr } = await ectar(code, "extract", "--tape-devices", drives, "-o", "/tmp/restored");
  assertSameTree("/tmp/tree", "/tmp/restored/tree");
  return stderr;
}

function without(...left: number[]): number[] {
  return ALL.filter((drive) => !left.includes(drive));
}

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64 }, {
  "an archive of 3+1 comes back exactly": async () => {
    await makeTree("/tmp/tree", 20);
    const create = ["create", "--tape-devices", ALL_DEVICES, "--chunk-size", "6MiB"];
    await ectar(0, ...create, "-o", "main", "tree");
    await restores(0, ALL_DEVICES);
    saveTapes("main", 4);
    sh("mkdir other && cp tree/deep/text other");
    await ectar(0, ...create, "--overwrite", "-o", "other", "other");
    saveTapes("other", 4);
  },

  "drives in another order": async () => {
    loadTapes("main", [2, 0, 3, 1]);
    await restores(0, devices(3, 1, 0, 2));
  },

  "each single tape lost": async () => {
    loadTapes("main", ALL);
    for (const lost of ALL) {
      const said = await restores(3, devices(...without(lost)));
      assert.match(said, new RegExp(`the tape with shard ${lost} of main is in no drive`));
    }
  },

  "a blank tape, no tape, and another archive's tape in place of one": async () => {
    loadTapes("main", ALL);
    blankTapes(0);
    assert.match(await restores(3, ALL_DEVICES), /drive .dev.nst0: not of main: a blank tape/);
    loadTapes("main", ALL);
    loadTape("other.1", 1);
    assert.match(await restores(3, ALL_DEVICES), /drive .dev.nst1: not of main: .* other/);
    loadTapes("main", ALL);
    emptyDrive(2);
    assert.match(await restores(3, ALL_DEVICES), /dev.nst2.*no tape/);
  },

  "an archive of 2+2 with each pair of tapes lost": async () => {
    sh("mv /tmp/tree /tmp/large-tree");
    await makeTree("/tmp/tree", 4);
    blankTapes(...ALL);
    await ectar(
      0,
      ...["create", "--tape-devices", ALL_DEVICES, "--parity-shards", "2", "--chunk-size", "2MiB"],
      ...["-o", "pairs", "tree"],
    );
    for (const first of ALL) {
      for (const second of ALL.filter((drive) => drive > first)) {
        await restores(3, devices(...without(first, second)));
      }
    }
  },
});
