/** Logical positions: told, gone to, and used by whoever reads a tape. */

import assert from "node:assert/strict";
import { TapeHead } from "../../src/tape/tape_head.ts";
import { sh } from "../vm/drives.ts";
import type { Scenario } from "../vm/guest.ts";
import {
  COMMAND,
  commandsDuring,
  DRIVE,
  failAlways,
  failNext,
  numbered,
  readNumber,
  SENSE,
  withBlankTape,
  writeFiles,
} from "./scsi_debug.ts";

const SCSI2_LOGICAL = 0x800;
const OPTIONS = `/sys/class/scsi_tape/nst0/options`;

/** Commands of a kind among those sent. */
function ofKind(commands: readonly string[], code: number): string[] {
  return commands.filter((bytes) => parseInt(bytes, 16) === code);
}

/** The command that goes to a logical block. */
function locateTo(block: number): string {
  const number = block.toString(16).padStart(8, "0").replace(/..(?!$)/g, "$& ");
  return `2b 00 00 ${number} 00 00 00`;
}

/** Where three files of five blocks start. */
const STARTS = [0, 6, 12];

/** A reader that knows where the files start, as an index tells it. */
function informed(tape: ConstructorParameters<typeof TapeHead>[0], starts = STARTS): TapeHead {
  const head = new TapeHead(tape);
  for (const [file, start] of starts.entries()) head.noteStart(file, start);
  return head;
}

async function seekAndRead(head: TapeHead, file: number, block: number): Promise<number | string> {
  assert.equal(await head.seek(file, block), true);
  return await readNumber({ readBlock: (buffer) => head.read(buffer) });
}

/** Places out of order, each with the number that stands there. */
const PLACES = [[2, 3], [1, 4], [2, 0], [0, 2], [1, 1], [0, 0], [2, 4], [1, 0]] as const;

export const LOCATING: Record<string, Scenario> = {
  "opening switches the driver's option on, and positions count blocks and filemarks": async () => {
    sh(`mt -f ${DRIVE} stclearoptions scsi2logical`);
    await withBlankTape(async (tape) => {
      assert.ok(Number(Deno.readTextFileSync(OPTIONS)) & SCSI2_LOGICAL);
      assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
      for (let i = 0; i < 3; i++) await tape.writeBlock(numbered(i));
      assert.deepEqual(await tape.position(), { file: 0, block: 3, logical: 3 });
      await tape.writeFilemarks(1, true);
      assert.deepEqual(await tape.position(), { file: 1, block: 0, logical: 4 });
      await tape.writeBlock(numbered(9));
      await tape.writeFilemarks(2, false);
      assert.deepEqual(await tape.position(), { file: 3, block: 0, logical: 7 });
    })();
  },

  "a logical block is gone to at once, and the driver then counts from the next filemark":
    withBlankTape(async (tape) => {
      await writeFiles(tape, 3, 5);
      const sent = await commandsDuring(async () => assert.equal(await tape.locate(9), true));
      assert.deepEqual(ofKind(sent, COMMAND.locate), [locateTo(9)]);
      assert.deepEqual(await tape.position(), { file: undefined, block: undefined, logical: 9 });
      assert.equal(await readNumber(tape), 103);
      assert.deepEqual(await tape.position(), { file: undefined, block: undefined, logical: 10 });
      assert.equal(await readNumber(tape), 104);
      assert.equal(await readNumber(tape), "filemark");
      assert.deepEqual(await tape.position(), { file: undefined, block: 0, logical: 12 });
      assert.equal(await readNumber(tape), 200);
      assert.deepEqual(await tape.position(), { file: undefined, block: 1, logical: 13 });
    }),

  "the ends of the tape are gone to, and what lies beyond is not claimed": withBlankTape(
    async (tape) => {
      await writeFiles(tape, 3, 5);
      assert.equal(await tape.locate(18), true);
      assert.equal(await readNumber(tape), "end-of-data");
      assert.equal(await tape.locate(0), true);
      assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
      assert.equal((await tape.status()).beginningOfTape, true);
      assert.equal(await readNumber(tape), 0);
      assert.equal(await tape.locate(99), false);
      assert.equal(await tape.locate(3), true);
      assert.equal(await readNumber(tape), 3);
    },
  ),

  "a drive that fails to go there is not believed": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    failNext(COMMAND.locate, SENSE.mediumError);
    assert.equal(await tape.locate(9), false);
    assert.deepEqual(await tape.position(), { file: undefined, block: undefined, logical: 0 });
    assert.equal(await tape.locate(9), true);
  }),

  "a reader that knows where files start winds straight there": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    const head = informed(tape);
    const sent = await commandsDuring(async () => {
      await head.rewind();
      for (const [file, block] of PLACES) {
        assert.equal(await seekAndRead(head, file, block), 100 * file + block);
      }
    });
    // To the filemark in front of the file, which proves the place right.
    assert.deepEqual(ofKind(sent, COMMAND.locate), [11, 5, 11, 5].map(locateTo));
    // Over no more than the one filemark between a file and the next.
    const overFilemarks = sent.filter((bytes) => bytes.startsWith("11 01"));
    assert.deepEqual(new Set(overFilemarks), new Set(["11 01 00 00 01 00"]));
  }),

  "a reader that was told wrong notices it and counts filemarks": async () => {
    // In front of another block, and behind the end of data.
    for (const starts of [[0, 5, 11], [0, 50, 60]]) {
      await withBlankTape(async (tape) => {
        await writeFiles(tape, 3, 5);
        const head = informed(tape, starts);
        const sent = await commandsDuring(async () => {
          await head.rewind();
          for (const [file, block] of PLACES) {
            assert.equal(await seekAndRead(head, file, block), 100 * file + block);
          }
        });
        assert.equal(ofKind(sent, COMMAND.locate).length, 1, "it is not tried again");
        assert.equal(head.startOf(2), 12, "counting has found the true place");
      })();
    }
  },

  "where the drive tells no positions, filemarks are counted": async () => {
    failAlways(COMMAND.readPosition, SENSE.invalidCommand);
    failAlways(COMMAND.locate, SENSE.invalidCommand);
    await withBlankTape(async (tape) => {
      await writeFiles(tape, 3, 5);
      assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: undefined });
      const sent = await commandsDuring(async () => {
        assert.equal(await tape.locate(9), false);
        const head = informed(tape);
        await head.rewind();
        for (const [file, block] of PLACES) {
          assert.equal(await seekAndRead(head, file, block), 100 * file + block);
        }
        assert.equal(await head.toEndOfData(), 3);
      });
      assert.deepEqual(ofKind(sent, COMMAND.locate), []);
      assert.deepEqual(ofKind(sent, COMMAND.readPosition), []);
      assert.ok(ofKind(sent, COMMAND.space).length > PLACES.length / 2);
    })();
  },

  "a drive that locates no more in the middle is read by counting": withBlankTape(async (tape) => {
    await writeFiles(tape, 3, 5);
    const head = informed(tape);
    await head.rewind();
    assert.equal(await seekAndRead(head, 2, 3), 203);
    failAlways(COMMAND.locate, SENSE.mediumError);
    for (const [file, block] of PLACES) {
      assert.equal(await seekAndRead(head, file, block), 100 * file + block);
    }
  }),
};
