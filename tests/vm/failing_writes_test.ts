/**
 * A drive of 3+1 that the kernel takes away while it writes; one more than may fail; ectar itself
 * killed and interrupted.
 */

import assert from "node:assert/strict";
import { breakDrive, devices, mendDrive } from "./drives.ts";
import { type Accident, ectar } from "./ectar.ts";
import {
  blocksOfFiles,
  createMeets,
  makeFailingTree,
  type Moment,
  MOMENTS,
  oneDriveFails,
  restoresSome,
} from "./failing.ts";
import { inGuest } from "./guest.ts";

const PARITY = 1;

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64, prepare: makeFailingTree }, {
  ...oneDriveFails("offline", [
    "in the label",
    "behind the label",
    "in the middle of a chunk",
    "at the filemark of a chunk",
    "in the index",
  ]),
  ...oneDriveFails("delete", [
    "in the label",
    "in the middle of a chunk",
    "at the filemark of a chunk",
  ]),

  "one drive more than may fail: it stops, says so, and what was committed restores": async () => {
    const breaks = async (drive: number, when: Moment): Promise<Accident> => ({
      drive,
      when: "write",
      blocks: await blocksBefore(when),
      happens: () => breakDrive(drive, "offline"),
    });
    const { code, stderr } = await createMeets([
      await breaks(1, "in the middle of a chunk"),
      await breaks(2, "at the filemark of a chunk"),
    ], PARITY);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /2 of 4 tape drives still work, 3 are needed/);
    mendDrive(1, "offline");
    mendDrive(2, "offline");
    await restoresSome();
  },

  "killed while it writes: tapes are incomplete and restore what was committed": async () => {
    const { code } = await createMeets([await ending("SIGKILL")], PARITY);
    assert.equal(code, 137);
    const { stdout } = await ectar(0, "tape", "identify", ...devices(0, 1, 2, 3).split(","));
    assert.equal(stdout.match(/INCOMPLETE/g)?.length, 4, stdout);
    await restoresSome();
  },

  "interrupted while it writes: it ends cleanly": async () => {
    const smallBuffer = ["--buffer-size", "1MiB"];
    const { code, stderr } = await createMeets([await ending("SIGINT")], PARITY, ...smallBuffer);
    assert.equal(code, 130, stderr);
    await restoresSome();
  },
});

async function blocksBefore(when: Moment): Promise<number> {
  return Math.floor(MOMENTS[when](await blocksOfFiles(PARITY)));
}

async function ending(signal: Deno.Signal): Promise<Accident> {
  return {
    drive: 3,
    when: "write",
    blocks: await blocksBefore("in the middle of a chunk"),
    happens: (process) => process.kill(signal),
  };
}
