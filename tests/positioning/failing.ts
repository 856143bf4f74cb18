/** Bad blocks, failed writes, and resets after which nobody knows where the tape stands. */

import assert from "node:assert/strict";
import { openTapeDevice } from "../../src/tape/open_device.ts";
import { ReadAhead } from "../../src/tape/read_ahead.ts";
import { TapeHead } from "../../src/tape/tape_head.ts";
import type { Scenario } from "../vm/guest.ts";
import {
  COMMAND,
  DRIVE,
  failNext,
  hearOfReset,
  numbered,
  readNumber,
  refused,
  reset,
  SENSE,
  withBlankTape,
  withTape,
  writeFiles,
} from "./scsi_debug.ts";

const NOWHERE = { file: undefined, block: undefined, logical: undefined };
const BAD_SOMEWHERE = { kind: "bad-block", errno: "EIO", position: "unknown" };
const BUFFER = new Uint8Array(1 << 20);

export const FAILING: Record<string, Scenario> = {
  "a bad block is passed, and the place behind it is known": withBlankTape(async (tape) => {
    await writeFiles(tape, 2, 5);
    for (const bad of [0, 2, 4]) {
      await tape.rewind();
      await tape.spaceBlocks(bad);
      failNext(COMMAND.read, SENSE.mediumError);
      assert.deepEqual(await tape.readBlock(BUFFER), {
        kind: "bad-block",
        errno: "EIO",
        position: "known",
      });
      assert.deepEqual(await tape.position(), { file: 0, block: bad + 1, logical: bad + 1 });
      assert.equal(await readNumber(tape), bad === 4 ? "filemark" : bad + 1);
    }
  }),

  "a bad block behind a place that was located: the reader finds the next": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 3, 5);
      const head = new TapeHead(tape);
      head.noteStart(2, 12);
      await head.rewind();
      assert.equal(await head.seek(2, 2), true);
      failNext(COMMAND.read, SENSE.mediumError);
      assert.deepEqual(await head.read(BUFFER), BAD_SOMEWHERE);
      assert.equal(await head.seek(2, 3), true);
      assert.equal(await readNumber(tape), 203);
    },
  ),

  "a write that failed is the last until the tape is moved": withBlankTape(async (tape) => {
    await writeFiles(tape, 1, 2);
    await tape.spaceToEndOfData();
    failNext(COMMAND.write, SENSE.writeError);
    await refused(tape.writeBlock(numbered(100)), "io", /writing a block .* failed.*EIO/);
    await refused(tape.writeBlock(numbered(100)), "io", /behind a failed write/);
    await refused(tape.writeFilemarks(1, false), "io", /behind a failed write/);
    await tape.rewind();
    await tape.spaceToEndOfData();
    failNext(COMMAND.writeFilemarks, SENSE.writeError);
    await refused(tape.writeFilemarks(1, false), "io", /writing a filemark failed/);
    await refused(tape.writeFilemarks(1, false), "io", /behind a failed write/);
    failNext(COMMAND.rewind, SENSE.mediumError);
    await refused(tape.rewind(), "io", /rewinding failed/);
    await tape.rewind();
  }),

  "after a reset nothing goes but rewinding": withBlankTape(async (tape) => {
    await writeFiles(tape, 2, 5);
    await tape.spaceBlocks(3);
    reset();
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await tape.readBlock(BUFFER), BAD_SOMEWHERE);
      assert.deepEqual(await tape.position(), NOWHERE);
    }
    await refused(tape.spaceFiles(1), "io", /spacing over filemarks failed.*EIO/);
    await refused(tape.spaceBlocks(1), "io", /spacing over blocks failed.*EIO/);
    await refused(tape.writeBlock(numbered(1)), "io", /writing a block .* failed.*EIO/);
    await refused(tape.writeFilemarks(1, false), "io", /EIO/);
    await tape.rewind();
    assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
    for (const block of [0, 1, 2, 3, 4]) assert.equal(await readNumber(tape), block);
    assert.equal(await readNumber(tape), "filemark");
  }),

  "after a reset locating finds the place again": withBlankTape(async (tape) => {
    await writeFiles(tape, 2, 5);
    await tape.spaceBlocks(3);
    reset();
    assert.equal(await tape.locate(9), false, "the drive says first that it was reset");
    assert.deepEqual(await tape.position(), NOWHERE);
    assert.equal(await tape.locate(9), true);
    assert.equal(await readNumber(tape), 103);
    reset();
    const head = new TapeHead(tape);
    head.noteStart(1, 6);
    assert.equal(await head.seek(1, 2), true);
    assert.equal(await readNumber(tape), 102);
  }),

  "a reset that the drive tells with a write": withBlankTape(async (tape) => {
    for (let i = 0; i < 3; i++) await tape.writeBlock(numbered(i));
    reset();
    await refused(tape.writeBlock(numbered(3)), "io", /EIO/);
    await refused(tape.writeFilemarks(1, false), "io", /EIO/);
    await tape.rewind();
    for (let i = 0; i < 3; i++) assert.equal(await readNumber(tape), i);
    assert.equal(await readNumber(tape), "end-of-data");
  }),

  "a reset that another program heard of, before a write": withBlankTape(async (tape) => {
    for (let i = 0; i < 3; i++) await tape.writeBlock(numbered(i));
    reset();
    hearOfReset();
    await refused(tape.writeBlock(numbered(3)), "io", /the drive has lost its place.*EIO/);
    await refused(tape.writeFilemarks(1, false), "io", /behind a failed write/);
    await tape.rewind();
    // The driver has let it through, over the first block: why it must not count.
    assert.equal(await readNumber(tape), 3);
  }),

  "a reset that another program heard of, before a filemark": withBlankTape(async (tape) => {
    for (const immediate of [false, true]) {
      await tape.rewind();
      for (let i = 0; i < 3; i++) await tape.writeBlock(numbered(i));
      reset();
      hearOfReset();
      await refused(tape.writeFilemarks(1, immediate), "io", /the drive has lost its place.*EIO/);
    }
    await tape.rewind();
  }),

  "a reset that another program heard of, before a block or a filemark is read": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 2, 5);
      for (const blocks of [3, 5]) {
        await tape.rewind();
        await tape.spaceBlocks(blocks);
        reset();
        hearOfReset();
        for (let i = 0; i < 2; i++) assert.deepEqual(await tape.readBlock(BUFFER), BAD_SOMEWHERE);
      }
      await tape.rewind();
    },
  ),

  "a reset that another program heard of, before spacing": withBlankTape(async (tape) => {
    await writeFiles(tape, 2, 5);
    for (const move of ["spaceBlocks", "spaceFiles"] as const) {
      await tape.rewind();
      await tape.spaceBlocks(3);
      reset();
      hearOfReset();
      await refused(tape[move](1), "io", /spacing over .* failed.*EIO/);
    }
    await tape.rewind();
  }),

  "a reset in the middle costs a reader no block": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    for (const heard of [false, true]) {
      const head = new TapeHead(tape);
      head.noteStart(2, 12);
      await head.rewind();
      const blocks = new ReadAhead(head, numbered(0).length, 2);
      for (let block = 0; block < 5; block++) {
        if (block === 3) {
          reset();
          if (heard) hearOfReset();
        }
        const number = await blocks.read(2, block, (found) => {
          if (found.kind !== "data") return found.kind;
          return new DataView(found.bytes.slice().buffer).getUint32(0);
        });
        assert.equal(number, 200 + block);
      }
      await blocks.exclusive(() => Promise.resolve());
    }
    await tape.rewind();
  }),

  "a drive that was reset and left so is opened all the same": async () => {
    for (const mode of ["write", "read", "read"] as const) {
      const tape = await openTapeDevice(DRIVE, mode);
      assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
      reset();
      assert.deepEqual(await tape.readBlock(BUFFER), BAD_SOMEWHERE);
      await refused(tape.close(), "io", /closing failed.*EIO/);
    }
    await withTape(() => Promise.resolve());
  },
};
