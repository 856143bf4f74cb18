/** Spacing, and the ends that a tape has: of files, of the data, of the medium, and none at all. */

import assert from "node:assert/strict";
import { inspectForWriting } from "../../src/tape/guard.ts";
import { sh } from "../vm/drives.ts";
import type { Scenario } from "../vm/guest.ts";
import {
  COMMAND,
  DRIVE,
  failNext,
  numbered,
  readNumber,
  refused,
  SENSE,
  TAPE_UNITS,
  withBlankTape,
  withTape,
  writeFiles,
} from "./scsi_debug.ts";

/** Blocks and filemarks before the end at which the drive gives warning. */
const WARNING_UNITS = 20;

export const ENDS: Record<string, Scenario> = {
  "over filemarks: forward to behind them, backward to before them": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    assert.equal(await tape.spaceFiles(2), true);
    assert.deepEqual(await tape.position(), { file: 2, block: 0, logical: 12 });
    assert.equal((await tape.status()).atFilemark, true);
    assert.equal(await readNumber(tape), 200);
    assert.equal(await tape.spaceFiles(-1), true);
    assert.deepEqual(await tape.position(), { file: 1, block: undefined, logical: 11 });
    assert.equal(await readNumber(tape), "filemark");
    assert.equal(await tape.spaceFiles(-2), true);
    assert.deepEqual(await tape.position(), { file: 0, block: undefined, logical: 5 });
    assert.equal(await tape.spaceFiles(1), true);
    assert.equal(await readNumber(tape), 100);
  }),

  "over blocks: up to a filemark, which is passed forward and not backward": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 3, 5);
      await tape.spaceFiles(1);
      assert.equal(await tape.spaceBlocks(3), true);
      assert.deepEqual(await tape.position(), { file: 1, block: 3, logical: 9 });
      assert.equal(await readNumber(tape), 103);
      assert.equal(await tape.spaceBlocks(-3), true);
      assert.deepEqual(await tape.position(), { file: 1, block: 1, logical: 7 });
      assert.equal(await tape.spaceBlocks(-9), false);
      assert.deepEqual(await tape.position(), { file: 0, block: undefined, logical: 5 });
      assert.equal(await readNumber(tape), "filemark");
      assert.equal(await tape.spaceBlocks(9), false);
      assert.deepEqual(await tape.position(), { file: 2, block: 0, logical: 12 });
      assert.equal(await readNumber(tape), 200);
    },
  ),

  "beyond the data and before the beginning there is nothing": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    assert.equal(await tape.spaceFiles(9), false);
    assert.deepEqual(await tape.position(), { file: 3, block: undefined, logical: 18 });
    assert.equal((await tape.status()).endOfData, true);
    assert.equal(await readNumber(tape), "end-of-data");
    assert.equal(await tape.spaceFiles(-9), false);
    assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
    assert.equal(await tape.spaceBlocks(-1), false);
    assert.equal(await readNumber(tape), 0);
  }),

  "the end of the data is gone to and read as such, and written on at": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 2, 3);
      await tape.spaceToEndOfData();
      assert.deepEqual(await tape.position(), { file: 2, block: undefined, logical: 8 });
      for (let i = 0; i < 2; i++) assert.equal(await readNumber(tape), "end-of-data");
      await tape.writeBlock(numbered(200));
      await tape.writeFilemarks(1, false);
      await tape.rewind();
      assert.equal(await tape.spaceFiles(2), true);
      assert.equal(await readNumber(tape), 200);
      // Filemark and end stand right behind one another: each is told by itself.
      assert.equal(await readNumber(tape), "filemark");
      assert.equal(await readNumber(tape), "end-of-data");
    },
  ),

  "a torn last file ends the data": withBlankTape(async (tape) => {
    await writeFiles(tape, 1, 3);
    assert.equal(await tape.locate(3), true);
    await tape.erase();
    await tape.rewind();
    for (const block of [0, 1, 2]) assert.equal(await readNumber(tape), block);
    assert.equal(await readNumber(tape), "end-of-data");
    assert.deepEqual((await tape.position()).logical, 3);
  }),

  "blocks longer than the buffer are met again": withBlankTape(async (tape) => {
    await tape.writeBlock(numbered(7, 8192));
    await tape.rewind();
    assert.deepEqual(await tape.readBlock(new Uint8Array(512)), { kind: "too-long" });
    assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
    assert.equal(await readNumber(tape), 7);
  }),

  "an ejected tape is not there until it is loaded": async () => {
    await withBlankTape(async (tape) => {
      await writeFiles(tape, 1, 3);
      await tape.unload();
      assert.partialDeepStrictEqual(await tape.status(), { online: false, noMedium: true });
      await refused(tape.rewind(), "not-found", /no tape is in the drive/);
      await refused(tape.readBlock(new Uint8Array(4096)), "not-found", /no tape is in the drive/);
    })();
    sh(`mt -f ${DRIVE} load`);
    await withTape(async (tape) => {
      assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
      assert.equal(await readNumber(tape), 0);
    });
  },

  "only a tape whose beginning is the end of the data is blank": withBlankTape(async (tape) => {
    assert.deepEqual(await inspectForWriting(tape), { kind: "blank" });
    await readNumber(tape);
    assert.partialDeepStrictEqual(await tape.status(), {
      endOfData: true,
      position: { file: 0, block: undefined, logical: 0 },
    });
    await writeFiles(tape, 1, 3);
    assert.equal((await inspectForWriting(tape)).kind, "data");
    await tape.erase();
    assert.deepEqual(await inspectForWriting(tape), { kind: "blank" });
    await tape.writeFilemarks(1, false);
    assert.equal((await inspectForWriting(tape)).kind, "data");
  }),

  "a beginning that cannot be read is not blank, whatever the drive says": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 1, 3);
      // The drive says "blank" and then spaces over a block: there is one.
      for (const sense of [SENSE.mediumError, SENSE.blankCheck, SENSE.wasReset]) {
        failNext(COMMAND.read, sense);
        assert.equal((await inspectForWriting(tape)).kind, "unusable");
      }
    },
  ),

  "the hard end of the medium: warned of, then refused; what was taken is there": async () => {
    const first = TAPE_UNITS - 2 * WARNING_UNITS;
    // In the shell, for that is quicker.
    sh(`mt -f ${DRIVE} rewind && head -c ${512 * first} /dev/zero |
      dd of=${DRIVE} bs=512 iflag=fullblock status=none`);
    await withTape(async (tape) => {
      assert.equal(await tape.locate(first), true);
      /** Writes blocks, each with the number of its place, and says how that ended. */
      const write = async (blocks: number): Promise<string[]> => {
        const kinds: string[] = [];
        for (let i = 0; i < blocks; i++) {
          const { logical } = await tape.position();
          kinds.push((await tape.writeBlock(numbered(logical!, 512))).kind);
        }
        return kinds;
      };
      assert.deepEqual(new Set(await write(WARNING_UNITS)), new Set(["written"]));
      // This drive takes the block that meets its warning and says that it did not, and the driver
      // refuses the next one untried: two refusals in a row.
      assert.deepEqual(await write(1), ["end-of-medium"]);
      const rest = TAPE_UNITS - 3 - (await tape.position()).logical!;
      assert.deepEqual(await write(rest), Array(rest).fill("early-warning"));
      assert.deepEqual(await tape.writeFilemarks(1, false), { kind: "early-warning" });
      assert.equal((await tape.position()).logical, TAPE_UNITS - 2);
      // Here as well it takes the last block and says that it did not.
      assert.deepEqual(await write(3), Array(3).fill("end-of-medium"));
      // The driver says EIO here, as it does of a drive that fails.
      const full = { kind: "end-of-medium", suspect: true };
      assert.deepEqual(await tape.writeFilemarks(1, false), full);
      assert.equal((await tape.status()).endOfTape, true);
      assert.equal(await tape.locate(first), true);
      for (let place = first; place < TAPE_UNITS - 3; place++) {
        assert.equal(await readNumber(tape), place);
      }
      assert.equal(await readNumber(tape), "filemark");
      assert.equal(await readNumber(tape), TAPE_UNITS - 2);
      assert.equal(await readNumber(tape), "end-of-data");
    });
  },
};
