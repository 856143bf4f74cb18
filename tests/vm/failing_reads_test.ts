/** Tapes that are damaged and drives that fail while they are read. */

import assert from "node:assert/strict";
import {
  blankTapes,
  blockOffsets,
  breakDrive,
  devices,
  HEADER_BYTES,
  loadTapes,
  overwriteImage,
  repairDrives,
  saveTapes,
  sh,
} from "./drives.ts";
import { ectar, ectarMeets } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { assertSameTree, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const ALL_DEVICES = devices(...ALL);
const GARBAGE = new Uint8Array(HEADER_BYTES).fill(0xa5);

async function create(...more: string[]): Promise<void> {
  const drives = ["--tape-devices", ALL_DEVICES, "--overwrite", "--no-index"];
  await ectar(0, "create", "-q", ...drives, "--chunk-size", "3MiB", ...more, "-o", "read", "tree");
}

async function restores(code: number, ...more: string[]): Promise<void> {
  removeTree("/tmp/restored");
  const where = ["--tape-devices", ALL_DEVICES, "-o", "/tmp/restored"];
  await ectar(code, "extract", "-q", ...where, ...more);
  assertSameTree("/tmp/tree", "/tmp/restored/tree");
}

/** Overwrites the header of a block on tape: from there on the tape cannot be read. */
function destroyHeader(drive: number, tapeFile: number, block: number): void {
  overwriteImage(drive, blockOffsets(drive)[tapeFile][block], GARBAGE);
}

/** Changes a byte in a block on tape, which the drive does not notice. */
function changeByte(drive: number, tapeFile: number, block: number, at: number): void {
  const offset = blockOffsets(drive)[tapeFile][block] + HEADER_BYTES + at;
  overwriteImage(drive, offset, Uint8Array.of(0x5a, 0xa5, 0x5a));
}

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64 }, {
  "two archives to read": async () => {
    await makeTree("/tmp/tree", 8);
    await create("--block-size", "64KiB");
    await restores(0);
    saveTapes("single", 4);
    await create("--block-size", "64KiB", "--parity-shards", "2");
    saveTapes("double", 4);
  },

  "a tape that ends in the middle of a block": async () => {
    for (const [file, block] of [[0, 0], [1, 0], [2, 5]]) {
      loadTapes("single", ALL);
      destroyHeader(file + 1, file, block);
      await restores(3);
    }
  },

  "two tapes of 2+2 that end in different places": async () => {
    loadTapes("double", ALL);
    destroyHeader(0, 2, 3);
    destroyHeader(3, 1, 7);
    await restores(3);
  },

  "four tapes of 2+2 that end in different places, each chunk on two of them": async () => {
    loadTapes("double", ALL);
    const index = blockOffsets(1).length - 2;
    destroyHeader(0, 2, 3);
    destroyHeader(1, index, 0);
    destroyHeader(2, index, 0);
    destroyHeader(3, 1, 7);
    await restores(3);
  },

  "bytes that changed on every tape, in different places": async () => {
    loadTapes("single", ALL);
    for (const drive of ALL) changeByte(drive, 1 + drive % 2, 2 + 2 * drive, 30_000);
    await restores(3);
  },

  "a drive that is lost in the middle": async () => {
    for (const how of ["offline", "kill", "cut"] as const) {
      loadTapes("single", ALL);
      removeTree("/tmp/restored");
      const { code, stderr } = await ectarMeets(
        [{ drive: 1, when: "read", blocks: 15, happens: () => breakDrive(1, how) }],
        ...["extract", "--tape-devices", ALL_DEVICES, "-o", "/tmp/restored"],
      );
      assert.equal(code, 3, stderr);
      assert.match(stderr, /shard 1: /);
      assertSameTree("/tmp/tree", "/tmp/restored/tree");
      await repairDrives();
    }
  },

  "drives that another program has left in fixed-block mode": async () => {
    loadTapes("single", ALL);
    sh("mt -f /dev/nst0 setblk 512; mt -f /dev/nst2 setblk 65536");
    await restores(0);
    sh("mt -f /dev/nst1 setblk 512; mt -f /dev/nst3 setblk 1024");
    await create("--block-size", "64KiB");
    await restores(0);
  },

  "blocks of any size that the drives take": async () => {
    for (const size of ["4096", "100000", "512KiB", "1MiB"]) {
      blankTapes(...ALL);
      await create("--block-size", size);
      await restores(0);
    }
  },
});
