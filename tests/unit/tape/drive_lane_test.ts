/** One drive of a set: its ring of blocks, its start mark, its timeouts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { BlockRing } from "../../../src/tape/block_ring.ts";
import { CommitPolicy } from "../../../src/tape/commit_policy.ts";
import { cutBack } from "../../../src/tape/cut_back.ts";
import { DriveLane } from "../../../src/tape/drive_lane.ts";
import { TimedDevice } from "../../../src/tape/timed_device.ts";
import { MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { noise } from "./rait_set.ts";

const BLOCK = 512;
const tick = () => new Promise((resolve) => setTimeout(resolve, 2));

function lane(device: MockTapeDevice, ringBlocks: number, startBlocks: number): DriveLane {
  return new DriveLane(new TimedDevice(device), {
    shard: 0,
    volumeUuid: "v",
    blockSize: BLOCK,
    ringBlocks,
    startBlocks,
    onEvent: () => {},
  });
}

Deno.test("the ring gives back in order what was put in, and never more than fits", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(3 * BLOCK), { maxLength: 40 }),
    fc.integer({ min: 1, max: 6 }),
    fc.boolean(),
    (sizes, capacity, borrows) => {
      const ring = new BlockRing(BLOCK, capacity, borrows);
      const input = noise(sizes.reduce((a, b) => a + b, 0), 1);
      const output: number[] = [];
      let at = 0;
      for (const size of sizes) {
        let part = input.subarray(at, at += size);
        while (part.length > 0) {
          part = part.subarray(ring.put(part));
          assert.ok(ring.borrows || ring.ready <= ring.capacity);
          if (part.length > 0) {
            assert.ok(ring.full);
            output.push(...ring.oldest());
            ring.release();
          }
        }
      }
      while (ring.ready > 0) {
        output.push(...ring.oldest());
        ring.release();
      }
      assert.equal(output.length + ring.partial, input.length);
      assert.deepEqual(output, [...input.subarray(0, output.length)]);
    },
  ));
});

Deno.test("a ring that borrows hands whole blocks on from where they lie, others as copies", () => {
  const ring = new BlockRing(BLOCK, 2, true);
  const input = noise(3 * BLOCK + 50, 1);
  assert.equal(ring.put(input.subarray(0, 100)), 100);
  assert.equal(ring.borrows, false);
  const rest = input.subarray(100);
  assert.equal(ring.put(rest), BLOCK - 100 + 2 * BLOCK, "the end of the first, and two whole ones");
  assert.equal(ring.ready, 3);
  assert.ok(ring.borrows && ring.full, "nothing may be put behind what is borrowed");
  const isBorrowed = [0, 1, 2].map((block) => {
    const bytes = ring.oldest();
    assert.deepEqual([...bytes], [...input.subarray(block * BLOCK, (block + 1) * BLOCK)]);
    ring.release();
    return bytes.buffer === input.buffer;
  });
  assert.deepEqual(isBorrowed, [false, true, true]);
  assert.equal(ring.borrows, false);
  assert.equal(ring.put(input.subarray(3 * BLOCK)), 50);
});

Deno.test("a ring gives back what it borrowed when that is dropped, but for the block being written", () => {
  const ring = new BlockRing(BLOCK, 2, true);
  ring.put(noise(4 * BLOCK, 1));
  ring.release();
  ring.dropFrom(2);
  assert.deepEqual([ring.ready, ring.borrows], [1, true], "its second block is being written");
  ring.release();
  assert.deepEqual([ring.ready, ring.borrows], [0, false]);
  ring.put(noise(3 * BLOCK, 1));
  ring.dropFrom(0);
  assert.deepEqual([ring.ready, ring.borrows], [0, false]);
});

Deno.test("ring blocks are shared memory and stand on page boundaries in large rings", () => {
  const ring = new BlockRing(4096 * 3 + 1, 600);
  const { buffer, byteOffset, length } = ring.oldest();
  assert.ok(buffer instanceof SharedArrayBuffer);
  assert.equal(length, 4096 * 3 + 1);
  ring.put(new Uint8Array(length));
  ring.release();
  assert.equal((ring.oldest().byteOffset - byteOffset) % 4096, 0);
});

Deno.test("a ring of small blocks takes the memory that was asked for, and no more", () => {
  for (const blockSize of [16, 512, 1000, 4095]) {
    const ring = new BlockRing(blockSize, Math.floor(2 ** 20 / blockSize));
    const { buffer } = ring.oldest();
    assert.ok(buffer.byteLength < 2 * 2 ** 20, `${blockSize}: ${buffer.byteLength}`);
  }
  assert.ok(new BlockRing(16, 2 ** 24).oldest().buffer.byteLength < 2 ** 24);
});

Deno.test("a tape that stands still moves only when the start mark is reached", async () => {
  const device = new MockTapeDevice();
  const one = lane(device, 8, 5);
  for (let i = 0; i < 4; i++) await one.put(noise(BLOCK, i));
  await tick();
  assert.equal(device.counts.blocksWritten, 0);
  await one.put(noise(BLOCK, 4));
  await tick();
  assert.equal(device.counts.blocksWritten, 5, "then all that waits is written in one go");
  await one.put(noise(BLOCK, 5));
  await tick();
  assert.equal(device.counts.blocksWritten, 5, "and the tape waits again");
  await one.drain();
  assert.equal(device.counts.blocksWritten, 6, "until there will be no more");
});

Deno.test("a start mark above the ring's size cannot lock up", async () => {
  const device = new MockTapeDevice();
  const one = lane(device, 4, 100);
  await one.put(noise(40 * BLOCK, 1));
  one.endFile(true);
  await one.drain();
  assert.deepEqual(device.medium!.files()[0], noise(40 * BLOCK, 1) as Uint8Array<ArrayBuffer>);
});

Deno.test("a tape that need not stream gets every block at once, and none is copied", async () => {
  const device = new MockTapeDevice({ mustStream: false });
  const written: ArrayBufferLike[] = [];
  const writeBlock = device.writeBlock.bind(device);
  device.writeBlock = async (block) => {
    await tick();
    written.push(block.buffer);
    return await writeBlock(block);
  };
  const one = lane(device, 100, 50);
  const batch = noise(3 * BLOCK, 1);
  const expected = batch.slice();
  await one.put(batch);
  batch.fill(0);
  assert.equal(device.counts.blocksWritten, 3, "no start mark is waited for");
  assert.ok(written.every((buffer) => buffer === batch.buffer));
  assert.deepEqual(device.medium!.files()[0], expected, "the batch was written before it is free");
  assert.equal(one.summary().starved, 0);
  await one.abort();
});

const LAST = { blocks: 1, keep: true };

Deno.test("random writes, discards and filemarks leave exactly the files that were ended", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ blocks: fc.integer({ min: 1, max: 9 }), keep: fc.boolean() }), {
        maxLength: 8,
      }),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 4 * BLOCK }),
      async (files, ringBlocks, startBlocks, mustStream, pieceBytes) => {
        const device = new MockTapeDevice({ mustStream });
        const one = lane(device, ringBlocks, startBlocks);
        await one.writeLabel(noise(10240, 0));
        const expected = [noise(10240, 0)];
        // What was taken back stays until something is written in its place.
        for (const [seed, { blocks, keep }] of [...files, LAST].entries()) {
          const bytes = noise(blocks * BLOCK, seed + 1);
          one.beginFile();
          for (let at = 0; at < bytes.length; at += pieceBytes) {
            const piece = bytes.slice(at, at + pieceBytes);
            await one.put(piece);
            piece.fill(0xee);
          }
          if (keep) {
            one.endFile(seed % 2 === 0);
            expected.push(bytes);
          } else await one.discardFile(expected.length);
        }
        await one.commit();
        assert.equal(one.trouble, undefined);
        assert.deepEqual(device.medium!.files(), expected as Uint8Array<ArrayBuffer>[]);
        assert.equal(one.committedFiles, expected.length);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a tape that something else has moved is noticed at the next filemark", async () => {
  const device = new MockTapeDevice();
  const one = lane(device, 4, 0);
  await one.writeLabel(noise(10240, 0));
  await one.put(noise(BLOCK, 1));
  await one.drain();
  device.load(device.medium);
  one.endFile(true);
  await one.drain();
  assert.match(one.trouble ?? "", /tape file 1, not 2|moved it/);
});

/** A drive that loses all but the label at its `nth` filemark, and says what a full tape says. */
function losingDrive(nth: number): MockTapeDevice {
  const medium = new TapeMedium();
  const device = new MockTapeDevice({ medium });
  const writeFilemarks = device.writeFilemarks.bind(device);
  let marks = 0;
  device.writeFilemarks = async (count, immediate) => {
    if (++marks !== nth) return await writeFilemarks(count, immediate);
    medium.truncate(medium.recordOf(1, 0));
    return { kind: "end-of-medium", suspect: true };
  };
  return device;
}

Deno.test("what a drive may have lost where its tape seems full is in no book", async () => {
  const one = lane(losingDrive(4), 4, 0);
  await one.writeLabel(noise(10240, 0));
  for (const file of [1, 2, 3]) {
    one.beginFile();
    await one.put(noise(BLOCK, file));
    one.endFile(file === 3);
  }
  await one.drain();
  await one.commit();
  assert.equal(one.committedFiles, 1, "the label alone");
  assert.equal(one.summary().state, "failed");
  assert.match(one.trouble!, /is full or the drive failed in tape file 3 .*from tape file 1 on/);
});

Deno.test("near the end of a tape every filemark commits, so that a full one costs no more", async () => {
  const device = new MockTapeDevice({
    medium: new TapeMedium({ capacityBytes: 40_000, earlyWarningBytes: 39_000 }),
  });
  const immediates: boolean[] = [];
  const writeFilemarks = device.writeFilemarks.bind(device);
  device.writeFilemarks = async (count, immediate) => {
    immediates.push(immediate);
    if (immediates.length < 4) return await writeFilemarks(count, immediate);
    return { kind: "end-of-medium", suspect: true };
  };
  const one = lane(device, 4, 0);
  await one.writeLabel(noise(10240, 0));
  for (const file of [1, 2, 3]) {
    one.beginFile();
    await one.put(noise(BLOCK, file));
    one.endFile(false);
    await one.drain();
  }
  assert.deepEqual(immediates, [false, false, false, false]);
  assert.equal(one.committedFiles, 3);
  assert.equal(one.summary().state, "full");
});

Deno.test("cutting back finds its place where counters are lost, or refuses to write", async () => {
  const make = async () => {
    const device = new MockTapeDevice();
    for (let file = 0; file < 3; file++) {
      await device.writeBlock(noise(100, file));
      await device.writeFilemarks(1, false);
    }
    await device.writeBlock(noise(100, 9));
    return device;
  };
  const lost = await make();
  const position = lost.position.bind(lost);
  lost.position = async () => ({ ...await position(), file: undefined });
  await cutBack(lost, 3);
  await lost.writeBlock(noise(50, 3));
  assert.deepEqual(lost.medium!.files().map((file) => file.length), [100, 100, 100, 50]);

  const wrong = await make();
  wrong.position = async () => ({ ...await position(), file: 1 });
  const before = wrong.medium!.records.length;
  await assert.rejects(cutBack(wrong, 3), { code: "io" });
  assert.ok(wrong.medium!.records.length >= before, "nothing was cut off");
});

Deno.test("a synchronous filemark is due once enough bytes are not committed", () => {
  const policy = new CommitPolicy(100);
  const due = [40, 40, 40, 99, 1, 100, 500].map((bytes) => policy.afterFile(bytes));
  assert.deepEqual(due.map((each) => each === "synchronous"), [
    false,
    false,
    true,
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("a drive that does not answer counts as dead at once and for good", async () => {
  const device = new MockTapeDevice({ name: "d" });
  device.inject({ call: "writeBlock", effect: { kind: "hang" } });
  const timed = new TimedDevice(device, { driveTimeoutMs: 3, windTimeoutMs: 3 });
  await timed.rewind();
  assert.equal(timed.hungIn, undefined);
  await assert.rejects(timed.writeBlock(noise(10, 1)), {
    message: /drive d does not answer \(write\)/,
  });
  assert.equal(timed.hungIn, "write");
  assert.ok(device.closed, "abandoned");
  const calls = device.log.length;
  await assert.rejects(timed.status(), { code: "io" });
  await timed.close();
  assert.equal(device.log.length, calls, "it is not asked again");
});

Deno.test("winding has a longer time of its own", async () => {
  let answer = Promise.resolve();
  const beforeCall = () => answer = new Promise((resolve) => setTimeout(resolve, 20));
  const device = new MockTapeDevice({ beforeCall });
  const timed = new TimedDevice(device, { driveTimeoutMs: 5, windTimeoutMs: 10_000 });
  await timed.rewind();
  await timed.spaceToEndOfData();
  await assert.rejects(timed.status(), /does not answer/);
  await answer;
});
