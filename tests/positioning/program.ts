/** The program on drives whose tapes end where they end. */

import assert from "node:assert/strict";
import { openTapeDevice } from "../../src/tape/open_device.ts";
import { devices, sh } from "../vm/drives.ts";
import { ectar } from "../vm/ectar.ts";
import type { Scenario } from "../vm/guest.ts";
import { TAPE_UNITS } from "./scsi_debug.ts";

const ALL = [0, 1, 2];
/** Blocks and filemarks that the tapes hold, cut short for this. */
const SHORT_UNITS = 200;
const BLOCK_BYTES = 4096;
/** Those of labels are larger. */
const LARGEST_BLOCK_BYTES = 64 * 1024;

/** Divides the tapes in all drives: so much is left for the second partition, which nobody uses. */
function divideTapes(secondUnits: number): void {
  for (const drive of ALL) {
    sh(`mt -f /dev/nst${drive} stsetoptions can-partitions
      mt -f /dev/nst${drive} mkpartition ${secondUnits}
      mt -f /dev/nst${drive} stclearoptions can-partitions`);
  }
}

/** Blocks of each tape file, to the end of the data. */
async function blocksOfFiles(drive: number): Promise<number[]> {
  const tape = await openTapeDevice(`/dev/nst${drive}`, "read");
  try {
    await tape.rewind();
    const buffer = new Uint8Array(LARGEST_BLOCK_BYTES);
    const files = [0];
    for (;;) {
      const { kind } = await tape.readBlock(buffer);
      if (kind === "end-of-data") break;
      if (kind === "filemark") files.push(0);
      else {
        assert.equal(kind, "block");
        files[files.length - 1]++;
      }
    }
    assert.equal(files.pop(), 0, "the data end with a filemark");
    return files;
  } finally {
    await tape.close();
  }
}

export const PROGRAM: Record<string, Scenario> = {
  "an archive that does not fit ends cleanly at a hard end of the medium": async () => {
    sh("mkdir tree && head -c 3M /dev/urandom >tree/file");
    divideTapes(TAPE_UNITS - SHORT_UNITS);
    try {
      const create = ["create", "--json", "--tape-devices", devices(...ALL), "--no-index"];
      const sizes = ["--block-size", `${BLOCK_BYTES}`, "--chunk-size", "256KiB"];
      // These drives give no warning that ectar takes for one, so less than a chunk may wait.
      const { stdout } = await ectar(
        3,
        ...[...create, ...sizes, "--buffer-size", "128KiB", "-o", "long", "tree"],
      );
      const report = JSON.parse(stdout);
      assert.equal(report.complete, false);
      assert.equal(report.stopped, "medium-full");
      for (const { chunks, index_written, shard } of report.drives) {
        assert.deepEqual([chunks, index_written], [report.chunks, true]);
        const files = await blocksOfFiles(ALL[shard]);
        // The label, the chunks and the index, and nothing of the chunk that did not fit.
        assert.equal(files.length, 1 + report.chunks + 1);
        const units = files.reduce((sum, blocks) => sum + blocks + 1, 0);
        assert.ok(units <= SHORT_UNITS && units > SHORT_UNITS / 2, `${files}`);
      }
      const { stderr } = await ectar(1, ...create, "-o", "again", "tree");
      assert.match(stderr, /not blank/);
    } finally {
      divideTapes(0);
    }
  },
};
