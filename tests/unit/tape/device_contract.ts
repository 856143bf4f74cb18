/** What every tape device must do alike: run for the mock, the image and the Linux device. */

import assert from "node:assert/strict";
import type { TapeDevice } from "../../../src/tape/device.ts";

export interface ContractOptions {
  /** Makes a drive with a blank tape. */
  make(): TapeDevice;
  /** The drive can locate and tells logical positions. */
  locates: boolean;
}

/** A block of `length` bytes that tells which one it is. */
export function block(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11 + (i >> 8)) & 0xff);
}

/** Reads to the end of data: block lengths, with "|" for filemarks. */
export async function readAll(drive: TapeDevice, size = 1 << 16): Promise<string> {
  const buffer = new Uint8Array(size);
  let seen = "";
  for (let i = 0; i < 1000; i++) {
    const met = await drive.readBlock(buffer);
    if (met.kind === "end-of-data") return seen.trim();
    seen += met.kind === "block"
      ? ` ${met.length}`
      : met.kind === "filemark"
      ? " |"
      : ` ${met.kind}`;
  }
  throw new Error("the tape does not end");
}

async function threeFiles(drive: TapeDevice): Promise<void> {
  for (const [file, lengths] of [[100, 200, 300], [512], [7, 8]].entries()) {
    for (const [i, length] of lengths.entries()) {
      assert.equal((await drive.writeBlock(block(length, file * 10 + i))).kind, "written");
    }
    assert.equal((await drive.writeFilemarks(1, file < 2)).kind, "written");
  }
}

/** Registers the tests under names that begin with `name`. */
export function testContract(name: string, { make, locates }: ContractOptions): void {
  const test = (what: string, body: (drive: TapeDevice) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const drive = make();
      await body(drive);
      await drive.close();
    });

  test("a blank tape is at its end at once, again and again", async (drive) => {
    for (let i = 0; i < 4; i++) {
      assert.deepEqual(await drive.readBlock(new Uint8Array(10)), { kind: "end-of-data" });
    }
  });

  test("blocks of any size come back as they were written, filemarks between", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    const buffer = new Uint8Array(512);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 100 });
    assert.deepEqual(buffer.slice(0, 100), block(100, 0));
    assert.equal(await readAll(drive), "200 300 | 512 | 7 8 |");
    assert.deepEqual(await drive.readBlock(buffer), { kind: "end-of-data" });
  });

  test("a buffer that is too small leaves the tape before the block", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    assert.deepEqual(await drive.readBlock(new Uint8Array(99)), { kind: "too-long" });
    assert.deepEqual(await drive.readBlock(new Uint8Array(50)), { kind: "too-long" });
    const buffer = new Uint8Array(100);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 100 });
    assert.deepEqual(buffer, block(100, 0));
  });

  test("overwriting a block cuts the tape off behind it", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    assert.equal(await drive.spaceFiles(1), true);
    await drive.writeBlock(block(60, 1));
    await drive.writeFilemarks(1, false);
    await drive.rewind();
    assert.equal(await readAll(drive), "100 200 300 | 60 |");
  });

  test("a filemark written over a block cuts the tape off too", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    assert.equal(await drive.spaceBlocks(1), true);
    await drive.writeFilemarks(2, false);
    await drive.rewind();
    assert.equal(await readAll(drive), "100 | |");
  });

  test("going to the end of data and writing appends", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    await drive.spaceToEndOfData();
    await drive.writeBlock(block(9, 1));
    await drive.writeFilemarks(1, false);
    await drive.rewind();
    assert.equal(await readAll(drive), "100 200 300 | 512 | 7 8 | 9 |");
  });

  test("writing goes on at the end of data that reading met", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    await readAll(drive);
    await drive.writeBlock(block(9, 1));
    await drive.writeFilemarks(1, false);
    await drive.rewind();
    assert.equal(await readAll(drive), "100 200 300 | 512 | 7 8 | 9 |");
  });

  test("spacing forward over filemarks ends behind them, backward before them", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    const buffer = new Uint8Array(512);
    assert.equal(await drive.spaceFiles(2), true);
    assert.equal((await drive.position()).file, 2);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 7 });
    assert.equal(await drive.spaceFiles(-2), true);
    assert.equal((await drive.position()).file, 0);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "filemark" });
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 512 });
  });

  test("spacing over more filemarks than there are says so", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    assert.equal(await drive.spaceFiles(4), false);
    assert.equal(await drive.spaceFiles(-1), true);
    assert.equal(await drive.spaceFiles(-3), false);
    const buffer = new Uint8Array(512);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 100 });
  });

  test("spacing over blocks stops at a filemark, and passes it", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    const buffer = new Uint8Array(512);
    assert.equal(await drive.spaceBlocks(2), true);
    assert.equal((await drive.position()).block, 2);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 300 });
    assert.equal(await drive.spaceBlocks(-2), true);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 200 });
    assert.equal(await drive.spaceBlocks(2), false);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 512 });
  });

  test("spacing by nothing moves nothing", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    assert.equal(await drive.spaceFiles(0), true);
    assert.equal(await drive.spaceBlocks(0), true);
    assert.equal(await readAll(drive), "100 200 300 | 512 | 7 8 |");
  });

  test("the counters follow reading and writing", async (drive) => {
    await drive.writeBlock(block(10, 1));
    await drive.writeBlock(block(10, 2));
    assert.partialDeepStrictEqual(await drive.position(), { file: 0, block: 2 });
    await drive.writeFilemarks(1, false);
    assert.partialDeepStrictEqual(await drive.position(), { file: 1, block: 0 });
    await drive.rewind();
    assert.partialDeepStrictEqual(await drive.position(), { file: 0, block: 0 });
    await drive.readBlock(new Uint8Array(10));
    assert.partialDeepStrictEqual(await drive.position(), { file: 0, block: 1 });
  });

  test("locate goes to any logical block, or says that it cannot", async (drive) => {
    await threeFiles(drive);
    const buffer = new Uint8Array(512);
    const end = (await drive.position()).logical;
    if (!locates) {
      assert.equal(end, undefined);
      assert.equal(await drive.locate(0), false);
      return;
    }
    assert.equal(end, 9);
    const expected = [100, 200, 300, 0, 512, 0, 7, 8, 0];
    for (const logical of [8, 0, 4, 3, 7, 1, 6, 2, 5]) {
      assert.equal(await drive.locate(logical), true);
      assert.equal((await drive.position()).logical, logical);
      const met = await drive.readBlock(buffer);
      assert.equal(met.kind === "block" ? met.length : 0, expected[logical], `block ${logical}`);
    }
    assert.equal(await drive.locate(9), true);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "end-of-data" });
  });

  test("the status tells beginning, filemark and end", async (drive) => {
    assert.partialDeepStrictEqual(await drive.status(), { online: true, noMedium: false });
    await threeFiles(drive);
    await drive.rewind();
    assert.partialDeepStrictEqual(await drive.status(), {
      beginningOfTape: true,
      writeProtected: false,
      atFilemark: false,
      blockSize: 0,
    });
    await drive.spaceFiles(1);
    assert.partialDeepStrictEqual(await drive.status(), {
      beginningOfTape: false,
      atFilemark: true,
      position: { file: 1, block: 0 },
    });
    await readAll(drive);
    assert.equal((await drive.status()).endOfData, true);
  });

  test("erasing cuts the tape off", async (drive) => {
    await threeFiles(drive);
    await drive.rewind();
    await drive.spaceFiles(1);
    await drive.erase();
    await drive.rewind();
    assert.equal(await readAll(drive), "100 200 300 |");
  });

  test("a tape file without filemark ends the tape", async (drive) => {
    await drive.writeBlock(block(10, 1));
    await drive.spaceBlocks(-1);
    const buffer = new Uint8Array(10);
    assert.deepEqual(await drive.readBlock(buffer), { kind: "block", length: 10 });
    assert.deepEqual(await drive.readBlock(buffer), { kind: "end-of-data" });
    assert.deepEqual(await drive.readBlock(buffer), { kind: "end-of-data" });
  });

  test("a closed drive refuses, and closing twice is fine", async (drive) => {
    await drive.close();
    await assert.rejects(drive.readBlock(new Uint8Array(1)), { name: "EctarError" });
    await assert.rejects(drive.writeBlock(new Uint8Array(1)), { name: "EctarError" });
    await assert.rejects(drive.rewind(), { name: "EctarError" });
    drive.abandon();
  });
}
