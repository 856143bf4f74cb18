/** Whoever stops before a tape is written still has what is on it; so has a tape that is needed. */
import assert from "node:assert/strict";
import { replaceTape } from "../../../src/archive/repair_tape.ts";
import { TapeArchive } from "../../../src/archive/tape_archive.ts";
import { eraseTapes } from "../../../src/archive/tape_commands.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { type MockCall, type MockTapeDevice, MockTapeDevice as Drive } from "../../mocks.ts";
import { noise, raitOptions } from "../tape/rait_set.ts";
import { archiveOnto, mockDrives, reload, sampleFiles } from "./mock_archive.ts";

const newSpool = () => Promise.resolve(new MemorySpool());
const LOOKING: MockCall[] = ["status", "rewind", "readBlock"];

/** A drive with some other tape, in which every `call` stops the run. */
function stoppingDrive(name: string, call: MockCall, stop: AbortController): MockTapeDevice {
  const beforeCall = (each: MockCall) => each === call ? stop.abort() : undefined;
  const drive = new Drive({ name, beforeCall });
  drive.medium!.write(0, noise(600, 1));
  return drive;
}

/** What was begun goes on for a while after a stop. */
async function whatGoesOn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

function assertUntouched(drive: MockTapeDevice): void {
  assert.equal(drive.counts.blocksWritten, 0);
  assert.deepEqual(drive.data, noise(600, 1) as Uint8Array<ArrayBuffer>);
}

async function replaceShard1(
  others: readonly MockTapeDevice[],
  device: MockTapeDevice,
  signal?: AbortSignal,
) {
  const shards = await TapeArchive.open(reload(others), { newSpool });
  const { setUuid } = shards;
  const decompressor = new InProcessCompressor();
  const what = { shards, setUuid, decompressor, shard: 1, device, overwrite: true };
  try {
    return await replaceTape({ ...what, host: "testhost", newSpool, signal });
  } finally {
    await shards.close();
  }
}

for (const call of LOOKING) {
  Deno.test(`a stop while tapes are looked at (${call}) leaves them as they are`, async () => {
    const stop = new AbortController();
    const drives = ["d0", "d1", "d2"].map((name) => stoppingDrive(name, call, stop));
    const writer = new RaitShardWriter(drives, raitOptions(2, { overwrite: true }));
    const stopped = { code: "interrupted", message: "interrupted; nothing was written" };
    await assert.rejects(writer.begin(stop.signal), stopped);
    for (const drive of drives) assertUntouched(drive);
  });

  Deno.test(`a stop while a tape is looked at (${call}) keeps it from being erased`, async () => {
    const stop = new AbortController();
    const drive = stoppingDrive("d0", call, stop);
    const options = { mocks: () => drive.reopen(), signal: stop.signal };
    await assert.rejects(eraseTapes(["mock:d0"], options), { code: "interrupted" });
    await whatGoesOn();
    assert.equal(drive.counts.calls.erase, 0);
  });

  Deno.test(`a stop while a tape is looked at (${call}) keeps it from being replaced`, async () => {
    const tapes = mockDrives(3);
    await archiveOnto(tapes, sampleFiles(3), 2);
    const stop = new AbortController();
    const drive = stoppingDrive("new", call, stop);
    const replaced = replaceShard1([tapes[0], tapes[2]], drive, stop.signal);
    await assert.rejects(replaced, { code: "interrupted" });
    assertUntouched(drive);
  });
}

Deno.test("a stop does not wait for a drive that is winding", async () => {
  const stop = new AbortController();
  const drives = mockDrives(3);
  drives[1].inject({ call: "rewind", effect: { kind: "hang" } });
  const writer = new RaitShardWriter(drives, raitOptions(2));
  const begun = writer.begin(stop.signal);
  while (drives[1].faults.hanging === 0) await whatGoesOn();
  stop.abort();
  await assert.rejects(begun, { code: "interrupted" });
  drives[1].faults.release();
  await whatGoesOn();
});

Deno.test("a tape without a label is not replaced where it may hold a shard that is needed", async () => {
  const tapes = mockDrives(3);
  await archiveOnto(tapes, sampleFiles(3), 2);
  const [, lost, needed] = reload(tapes);
  for (const { medium } of [lost, needed]) medium!.flipBits(0, 0, 512);
  const before = needed.data;
  await assert.rejects(replaceShard1(tapes, needed), {
    code: "exists",
    message: /nothing was written: drive d2 holds shard 2 of an archive whose label cannot be read/,
  });
  assert.deepEqual(needed.data, before);
  const { indexWritten } = await replaceShard1([tapes[0], tapes[2]], lost);
  assert.ok(indexWritten);
});
