import assert from "node:assert/strict";
import { FILEMARK, MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { block, readAll, testContract } from "./device_contract.ts";

testContract("mock", { make: () => new MockTapeDevice(), locates: true });
testContract("mock that cannot locate", {
  make: () => new MockTapeDevice({ canLocate: false }),
  locates: false,
});

async function written(...lengths: number[]): Promise<MockTapeDevice> {
  const drive = new MockTapeDevice();
  for (const [i, length] of lengths.entries()) await drive.writeBlock(block(length, i));
  await drive.writeFilemarks(1, false);
  await drive.rewind();
  return drive;
}

Deno.test("the planned fields are there: data, position, block size, errors", async () => {
  const drive = new MockTapeDevice(4);
  await drive.writeBlock(Uint8Array.of(1, 2, 3, 4));
  await drive.writeFilemarks(1, false);
  await drive.writeBlock(Uint8Array.of(5, 6, 7, 8));
  assert.deepEqual(drive.data, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assert.equal(drive.bytePosition, 8);
  assert.equal(drive.recordNumber, 3);
  assert.equal(drive.blockSize, 4);
  await assert.rejects(drive.writeBlock(new Uint8Array(3)), { code: "unsupported" });
  drive.simulateErrors = true;
  await assert.rejects(drive.writeBlock(new Uint8Array(4)), { code: "io" });
  drive.errorAtPosition = 12;
  assert.equal((await drive.writeBlock(new Uint8Array(4))).kind, "written");
  await assert.rejects(drive.writeBlock(new Uint8Array(4)), /mock: writing a block failed.*EIO/);
  drive.simulateErrors = false;
  assert.equal((await drive.writeBlock(new Uint8Array(4))).kind, "written");
});

Deno.test("an error at a position hits the block that holds it, in reading too", async () => {
  const drive = await written(10, 10, 10);
  drive.simulateErrors = true;
  drive.errorAtPosition = 19;
  assert.equal(await readAll(drive), "10 bad-block 10 |");
  assert.equal(new MockTapeDevice({ errorAtPosition: 0 }).simulateErrors, true);
});

Deno.test("the n-th call of a kind fails, once or for good", async () => {
  const drive = new MockTapeDevice({ name: "d3" });
  drive.inject({ call: "writeBlock", nth: 2 });
  await drive.writeBlock(block(1, 0));
  await assert.rejects(drive.writeBlock(block(1, 0)), {
    context: { drive: "d3", errno: "EIO", tapeFile: 0, block: 1 },
  });
  await drive.writeBlock(block(1, 0));
  drive.inject({ call: "any", nth: 2, sticky: true, effect: { kind: "error", errno: "ENODEV" } });
  await drive.rewind();
  await assert.rejects(drive.position(), { code: "not-found" });
  await assert.rejects(drive.rewind(), { code: "not-found" });
  drive.faults.clear();
  await drive.rewind();
  assert.equal(drive.medium?.records.length, 3);
});

Deno.test("a failing write leaves nothing, a short one its beginning", async () => {
  const drive = new MockTapeDevice();
  drive.inject({ call: "writeBlock" });
  await assert.rejects(drive.writeBlock(block(10, 0)));
  assert.equal(drive.data.length, 0);
  drive.inject({ call: "writeBlock", effect: { kind: "short-write", bytes: 4 } });
  await assert.rejects(drive.writeBlock(block(10, 0)), { code: "io" });
  assert.deepEqual(drive.data, block(10, 0).slice(0, 4));
});

Deno.test("an error at the filemark takes everything since the last one", async () => {
  const drive = new MockTapeDevice();
  await drive.writeBlock(block(5, 0));
  await drive.writeFilemarks(1, false);
  await drive.writeBlock(block(6, 0));
  drive.inject({ call: "writeFilemarks", effect: { kind: "lose-since-filemark" } });
  await assert.rejects(drive.writeFilemarks(1, false), { code: "io" });
  await drive.rewind();
  assert.equal(await readAll(drive), "5 |");
});

Deno.test("a hang lasts until it is released, or the drive is abandoned", async () => {
  const drive = new MockTapeDevice();
  drive.inject({ call: "writeBlock", effect: { kind: "hang" }, sticky: true });
  let done = false;
  const write = drive.writeBlock(block(1, 0)).then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(done, false);
  assert.equal(drive.faults.hanging, 1);
  drive.faults.release();
  await write;
  assert.equal(drive.data.length, 1);
  const lost = drive.writeBlock(block(1, 0));
  await Promise.resolve();
  drive.abandon();
  drive.faults.release();
  await assert.rejects(lost, { code: "io" });
  assert.equal(drive.data.length, 1);
});

Deno.test("capacity: early warning, then full; what is there stays", async () => {
  for (const lateEarlyWarning of [false, true]) {
    const medium = new TapeMedium({ capacityBytes: 100, earlyWarningBytes: 35 });
    const drive = new MockTapeDevice({ medium, lateEarlyWarning });
    const kinds: string[] = [];
    for (let i = 0; i < 11; i++) kinds.push((await drive.writeBlock(block(10, i))).kind);
    const early = lateEarlyWarning ? 3 : 4;
    assert.deepEqual(kinds, [
      ...Array(10 - early).fill("written"),
      ...Array(early).fill("early-warning"),
      "end-of-medium",
    ]);
    assert.equal((await drive.writeFilemarks(1, false)).kind, "early-warning");
    assert.deepEqual(medium.layout(), [Array(10).fill(10), []]);
  }
});

Deno.test("bad blocks, flipped bits and bogus data past the end", async () => {
  const medium = (await written(4, 4, 4)).medium!;
  medium.damageBlock(0, 1);
  medium.flipBits(0, 2, 3, 0x80);
  const drive = new MockTapeDevice({ medium, bogusPastEnd: true });
  assert.equal(await readAll(drive, 16), "4 bad-block 4 | 16");
  assert.equal(medium.data[11], block(4, 2)[3] ^ 0x80);
  assert.throws(() => medium.damageBlock(0, 3), RangeError);
  const lost = new MockTapeDevice({ medium, losesPosition: true });
  await lost.spaceBlocks(1);
  assert.partialDeepStrictEqual(await lost.readBlock(new Uint8Array(9)), { position: "unknown" });
  assert.equal((await lost.position()).block, undefined);
  lost.inject({ call: "readBlock", effect: { kind: "flip", byte: 1 } });
  const buffer = new Uint8Array(4);
  await lost.readBlock(buffer);
  assert.equal(buffer[1], block(4, 2)[1] ^ 1);
});

Deno.test("no medium and write protection are refused with the right words", async () => {
  const empty = new MockTapeDevice({ medium: null });
  await assert.rejects(empty.readBlock(new Uint8Array(1)), /no tape is in the drive/);
  assert.partialDeepStrictEqual(await empty.status(), { online: false, noMedium: true });
  const locked = new MockTapeDevice({ medium: new TapeMedium({ writeProtected: true }) });
  await assert.rejects(locked.writeBlock(new Uint8Array(1)), /write-protected/);
  await assert.rejects(locked.erase(), { code: "permission" });
});

Deno.test("a cartridge moves between drives and can be copied", async () => {
  const drive = await written(3);
  const medium = drive.medium!;
  await drive.unload();
  assert.equal(drive.medium, null);
  const copy = medium.clone();
  const other = new MockTapeDevice({ medium });
  assert.equal(await readAll(other), "3 |");
  await other.erase();
  await other.writeBlock(block(8, 0));
  assert.deepEqual(copy.layout(), [[3], []]);
  assert.deepEqual(medium.layout(), [[3], [8]]);
  assert.deepEqual(medium.records[1], FILEMARK);
});

Deno.test("the driver ends an unfinished tape file before it moves back or lets go", async () => {
  for (const move of ["rewind", "close", "locate", "spaceFiles"] as const) {
    const drive = new MockTapeDevice();
    await drive.writeBlock(block(2, 0));
    if (move === "locate") await drive.locate(0);
    else if (move === "spaceFiles") assert.equal(await drive.spaceFiles(-1), true);
    else await drive[move]();
    assert.deepEqual(drive.medium!.layout(), [[2], []], move);
  }
});

Deno.test("everything a drive does is counted", async () => {
  const drive = await written(10, 20, 30);
  await drive.spaceBlocks(1);
  await drive.readBlock(new Uint8Array(99));
  await drive.spaceFiles(1);
  assert.partialDeepStrictEqual(drive.counts, {
    blocksWritten: 3,
    bytesWritten: 60,
    blocksRead: 1,
    bytesRead: 20,
    blocksSkipped: 1,
    filemarksWritten: 1,
    filemarksSkipped: 1,
    calls: { writeBlock: 3, rewind: 1, locate: 0 },
  });
  assert.deepEqual(drive.log.slice(-3), ["spaceBlocks", "readBlock", "spaceFiles"]);
});
