/** How many blocks a tape file has, on drives that do not say where it ends. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { TapeRead } from "../../../src/tape/device.ts";
import { EctarError } from "../../../src/errors.ts";
import { LinuxTapeDevice } from "../../../src/tape/linux_device.ts";
import { ReadAhead } from "../../../src/tape/read_ahead.ts";
import { TapeHead } from "../../../src/tape/tape_head.ts";
import { MockTapeDevice, type MockTapeOptions } from "../../mocks.ts";
import { FakeSt, fakeThread } from "./fake_st.ts";

const BLOCK = 64;
const SLOTS = 32;

/** A drive that hands out the last of its good blocks for ever, as tgt does behind a torn write. */
class RepeatingDrive extends MockTapeDevice {
  readonly #good: number;
  /** Blocks asked for so far. */
  reads = 0;

  constructor(good: number, options: MockTapeOptions) {
    super(options);
    this.#good = good;
  }

  override async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    if (this.reads++ < this.#good) return await super.readBlock(buffer);
    // As slow as a drive is: who asks for blocks gets his turn.
    await new Promise((resolve) => setImmediate(resolve));
    buffer.fill(this.#good, 0, BLOCK);
    return { kind: "block", length: BLOCK };
  }
}

async function load(
  drive: MockTapeDevice,
  fills: readonly number[],
  slots = SLOTS,
): Promise<ReadAhead> {
  for (const fill of fills) await drive.writeBlock(new Uint8Array(BLOCK).fill(fill));
  await drive.rewind();
  return new ReadAhead(new TapeHead(drive), BLOCK, slots);
}

for (const canLocate of [true, false]) {
  const told = canLocate ? "tells" : "does not tell";
  Deno.test(`blocks that a drive repeats for ever are not counted, where it ${told} its place`, async () => {
    const drive = new RepeatingDrive(3, { canLocate });
    const blocks = await load(drive, [1, 2, 3]);
    assert.deepEqual(await blocks.countBlocks(0), { blocks: 3, end: "unknown" });
  });
}

Deno.test("a drive that repeats a block for ever is not read on until all memory is full", async () => {
  const drive = new RepeatingDrive(3, {});
  const blocks = await load(drive, [1, 2, 3], 50_000);
  assert.deepEqual(await blocks.countBlocks(0), { blocks: 3, end: "unknown" });
  assert.ok(drive.reads < 10_000, `${drive.reads} reads`);
});

for (const count of [1024, 1025, 1100, 5000]) {
  Deno.test(`${count} equal blocks that are on tape are all counted`, async () => {
    const blocks = await load(new MockTapeDevice(), new Array(count).fill(7));
    assert.deepEqual(await blocks.countBlocks(0), { blocks: count, end: "filemark" });
  });
}

Deno.test("blocks that differ are counted on a drive that does not tell its place", async () => {
  const fills = Array.from({ length: 3000 }, (_, i) => i % 2);
  const blocks = await load(new MockTapeDevice({ canLocate: false }), fills);
  assert.deepEqual(await blocks.countBlocks(0), { blocks: 3000, end: "filemark" });
});

/** A drive that reads nothing from a record on, the way tgt is stuck behind a broken header. */
class StuckDrive extends MockTapeDevice {
  readonly #good: number;
  readonly #spacing: "fails" | "goes nowhere";
  #read = 0;

  constructor(good: number, spacing: "fails" | "goes nowhere") {
    super({ canLocate: false });
    this.#good = good;
    this.#spacing = spacing;
  }

  override async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    if (this.#read < this.#good) {
      this.#read++;
      return await super.readBlock(buffer);
    }
    return { kind: "bad-block", errno: "EIO", position: "unknown" };
  }

  override async spaceBlocks(count: number): Promise<boolean> {
    if (this.#read < this.#good) return await super.spaceBlocks(count);
    if (this.#spacing === "goes nowhere") return true;
    throw new EctarError("io", "stuck");
  }

  override async rewind(): Promise<void> {
    this.#read = 0;
    await super.rewind();
  }
}

for (const spacing of ["fails", "goes nowhere"] as const) {
  Deno.test(`what a drive cannot read at a file's end is not counted, where spacing ${spacing}`, async () => {
    const blocks = await load(new StuckDrive(4, spacing), [1, 2, 3, 4]);
    assert.deepEqual(await blocks.countBlocks(0), { blocks: 4, end: "unknown" });
    assert.equal(await blocks.read(0, 2, (found) => found.kind), "data");
  });
}

Deno.test("bad blocks in front of a filemark count", async () => {
  const drive = new MockTapeDevice();
  for (const fill of [1, 2, 3]) await drive.writeBlock(new Uint8Array(BLOCK).fill(fill));
  await drive.writeFilemarks(1, false);
  drive.medium!.badRecords.add(2);
  await drive.rewind();
  const blocks = new ReadAhead(new TapeHead(drive), BLOCK, SLOTS);
  assert.deepEqual(await blocks.countBlocks(0), { blocks: 3, end: "filemark" });
});

Deno.test("a file that was broken off is told from one that was ended", async () => {
  const writing = new MockTapeDevice();
  for (const fill of [1, 2]) await writing.writeBlock(new Uint8Array(BLOCK).fill(fill));
  for (const [bogusPastEnd, blocks] of [[false, 2], [true, 3]] as const) {
    const drive = new MockTapeDevice({ medium: writing.medium!, bogusPastEnd });
    const read = new ReadAhead(new TapeHead(drive), BLOCK, SLOTS);
    assert.deepEqual(await read.countBlocks(0), { blocks, end: "end-of-data" });
  }
});

Deno.test("a drive that reads nothing of a file at all fails", async () => {
  const blocks = await load(new StuckDrive(0, "fails"), [1]);
  await assert.rejects(blocks.countBlocks(0), /stuck/);
});

/** Ten blocks in two tape files, behind the pretended driver. */
async function twoFiles(st: FakeSt): Promise<TapeHead> {
  const tape = await LinuxTapeDevice.open({
    name: "/dev/nst0",
    node: "/dev/nst0",
    mode: "write",
    driverOptions: st.driverOptions,
    loadTimeoutMs: 0,
  }, fakeThread(st));
  for (let block = 0; block < 10; block++) {
    await tape.writeBlock(new Uint8Array(BLOCK).fill(block));
    if (block % 5 === 4) await tape.writeFilemarks(1, false);
  }
  const head = new TapeHead(tape);
  await head.rewind();
  return head;
}

/** What fills a block, or what was found in its place. */
async function fillOf(blocks: ReadAhead, file: number, block: number): Promise<number | string> {
  return await blocks.read(file, block, (found) => {
    return found.kind === "data" ? found.bytes[0] : found.kind;
  });
}

for (const logical of ["on", "off"] as const) {
  for (const notice of ["refused", "late"] as const) {
    Deno.test(`a reset costs no block: positions ${logical}, noticed ${notice}`, async () => {
      const st = new FakeSt({ logical });
      const head = await twoFiles(st);
      head.noteStart(1, 6);
      const blocks = new ReadAhead(head, BLOCK, 2);
      for (let block = 0; block < 5; block++) {
        if (block === 3) st.reset(notice);
        assert.equal(await fillOf(blocks, 1, block), 5 + block);
      }
    });
  }
}

Deno.test("behind a reset of which an older driver keeps no note the next block is found", async () => {
  for (const logical of ["on", "off"] as const) {
    const st = new FakeSt({ logical });
    const head = await twoFiles(st);
    assert.equal(await head.seek(1, 2), true);
    st.reset("never");
    st.next("read", -5);
    const buffer = new Uint8Array(BLOCK);
    assert.partialDeepStrictEqual(await head.read(buffer), { position: "unknown" });
    assert.equal(await head.seek(1, 3), true);
    assert.equal((await head.read(buffer)).kind, "block");
    assert.equal(buffer[0], 8);
  }
});
