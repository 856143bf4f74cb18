import assert from "node:assert/strict";
import { MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { statusLines } from "../../../src/tape/status_text.ts";

Deno.test("a status reads as one fact a line", async () => {
  const drive = new MockTapeDevice({ medium: new TapeMedium({ density: 0x5e }) });
  await drive.writeBlock(new Uint8Array(10));
  await drive.writeFilemarks(1, false);
  assert.deepEqual(statusLines(await drive.status()), [
    "tape: ready",
    "medium: LTO-8, 12 TB (density code 0x5e)",
    "write-protected: no",
    "blocks: variable size",
    "hardware compression: off",
    "position: tape file 1, block 0 (logical block 2); behind a filemark, end of data",
  ]);
});

Deno.test("what is not known is said to be unknown", async () => {
  const status = await new MockTapeDevice().status();
  const lines = statusLines({
    ...status,
    blockSize: undefined,
    compression: undefined,
    cleaningWanted: true,
    beginningOfTape: false,
    endOfData: false,
    position: { file: undefined, block: undefined, logical: undefined },
  }).join("\n");
  assert.match(lines, /medium: unknown\n.*\nblocks: unknown\nhardware compression: unknown\n/);
  assert.match(lines, /position: unknown\nthe drive asks for a cleaning cartridge$/);
  assert.match(statusLines({ ...status, density: 0x99, blockSize: 512 }).join(), /0x99.*512 bytes/);
});

Deno.test("an empty drive and one that loads are told apart", async () => {
  const empty = await new MockTapeDevice({ medium: null }).status();
  assert.deepEqual(statusLines(empty), ["tape: none in the drive"]);
  assert.deepEqual(statusLines({ ...empty, noMedium: false }), ["tape: not ready"]);
});
