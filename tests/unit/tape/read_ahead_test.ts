/** How many blocks a tape file has, on drives that do not say where it ends. */
import assert from "node:assert/strict";
import type { TapePosition, TapeRead } from "../../../src/tape/device.ts";
import { ReadAhead } from "../../../src/tape/read_ahead.ts";
import { TapeHead } from "../../../src/tape/tape_head.ts";
import { MockTapeDevice, type MockTapeOptions } from "../../mocks.ts";

const BLOCK = 64;
const SLOTS = 32;

/** A drive that hands out the last block of its tape for ever, as tgt does behind a torn write. */
class RepeatingDrive extends MockTapeDevice {
  #last = 0;
  #repeating = false;

  override async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    const met = await super.readBlock(buffer);
    if (met.kind === "block") this.#last = buffer[0];
    if (met.kind !== "end-of-data") return met;
    this.#repeating = true;
    buffer.fill(this.#last, 0, BLOCK);
    return { kind: "block", length: BLOCK };
  }

  override async position(): Promise<TapePosition> {
    const position = await super.position();
    return this.#repeating ? { ...position, block: (position.block ?? 0) + 1 } : position;
  }
}

async function load(drive: MockTapeDevice, fills: readonly number[]): Promise<ReadAhead> {
  for (const fill of fills) await drive.writeBlock(new Uint8Array(BLOCK).fill(fill));
  await drive.rewind();
  return new ReadAhead(new TapeHead(drive), BLOCK, SLOTS);
}

for (const canLocate of [true, false]) {
  const told = canLocate ? "tells" : "does not tell";
  Deno.test(`blocks that a drive repeats for ever are not counted, where it ${told} its place`, async () => {
    const options: MockTapeOptions = { canLocate };
    const drive = new RepeatingDrive(options);
    const blocks = await load(drive, [1, 2, 3]);
    assert.equal(await blocks.countBlocks(0), 3);
    assert.ok(drive.counts.calls.readBlock < 5000);
  });
}

for (const count of [1024, 1025, 1100, 5000]) {
  Deno.test(`${count} equal blocks that are on tape are all counted`, async () => {
    const blocks = await load(new MockTapeDevice(), new Array(count).fill(7));
    assert.equal(await blocks.countBlocks(0), count);
  });
}

Deno.test("blocks that differ are counted on a drive that does not tell its place", async () => {
  const fills = Array.from({ length: 3000 }, (_, i) => i % 2);
  const blocks = await load(new MockTapeDevice({ canLocate: false }), fills);
  assert.equal(await blocks.countBlocks(0), 3000);
});
