/** The planned table of TapeShardOutput: one tape file on one drive. */
import assert from "node:assert/strict";
import { EctarError } from "../src/errors.ts";
import { TapeShardOutput } from "../src/tape/tape_shard_output.ts";
import { MockTapeDevice, TapeMedium } from "./mocks.ts";
import { noise } from "./unit/tape/rait_set.ts";

const BLOCK = 512;

function output(device: MockTapeDevice, tapeFile = 0): TapeShardOutput {
  return new TapeShardOutput(device, { blockSize: BLOCK, tapeFile });
}

Deno.test("creation: an output writes nothing and refuses senseless block sizes", () => {
  const device = new MockTapeDevice();
  assert.equal(output(device).bytes, 0);
  assert.equal(device.log.length, 0);
  for (const blockSize of [0, -1, 1.5, NaN]) {
    assert.throws(() => new TapeShardOutput(device, { blockSize, tapeFile: 0 }), /block size/);
  }
});

Deno.test("block-aligned writing: writes of any size become whole blocks in order", async () => {
  const data = noise(10 * BLOCK, 1);
  for (const piece of [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 10 * BLOCK]) {
    const device = new MockTapeDevice();
    const out = output(device);
    for (let at = 0; at < data.length; at += piece) {
      const bytes = data.slice(at, at + piece);
      assert.equal(await out.write(bytes), "ok");
      bytes.fill(0);
    }
    assert.equal(await out.finish(), data.length);
    assert.deepEqual(device.medium!.layout(), [Array(10).fill(BLOCK), []], `pieces of ${piece}`);
    assert.deepEqual(device.medium!.files()[0], data);
  }
});

Deno.test("block-aligned writing: nothing smaller than a block reaches the drive", async () => {
  const device = new MockTapeDevice();
  const out = output(device);
  await out.write(noise(BLOCK - 1, 1));
  assert.equal(device.counts.blocksWritten, 0);
  await out.write(noise(1, 2));
  assert.equal(device.counts.blocksWritten, 1);
});

Deno.test("partial block flush: the block is padded with zeros, once", async () => {
  const device = new MockTapeDevice();
  const out = output(device);
  const data = noise(BLOCK + 100, 3);
  await out.write(data);
  await out.flush();
  await out.flush();
  assert.equal(out.bytes, 2 * BLOCK);
  await out.write(noise(10, 4));
  assert.equal(await out.finish(), 3 * BLOCK);
  const file = device.medium!.files()[0];
  assert.deepEqual(file.subarray(0, data.length), data);
  assert.ok(file.subarray(data.length, 2 * BLOCK).every((byte) => byte === 0));
  assert.ok(file.subarray(2 * BLOCK + 10).every((byte) => byte === 0), "no bytes left over");
});

Deno.test("finish: writes one checked filemark and returns the bytes", async () => {
  const device = new MockTapeDevice();
  const out = output(device);
  await out.write(noise(3 * BLOCK, 5));
  assert.equal(await out.finish(), 3 * BLOCK);
  assert.equal(device.counts.filemarksWritten, 1);

  device.inject({ call: "writeFilemarks" });
  await assert.rejects(output(device, 1).finish(), (error: EctarError) => {
    assert.deepEqual([error.code, error.context.drive, error.context.tapeFile], ["io", "mock", 1]);
    assert.match(error.message, /filemark/);
    return true;
  });
});

Deno.test("finish: an empty output is an empty tape file", async () => {
  const device = new MockTapeDevice();
  assert.equal(await output(device).finish(), 0);
  assert.deepEqual(device.medium!.layout(), [[], []]);
});

Deno.test("device error handling: errors name drive, tape file, block and cause", async () => {
  const device = new MockTapeDevice({ name: "/dev/nst7" });
  device.inject({ call: "writeBlock", nth: 3, effect: { kind: "error", errno: "EIO" } });
  const out = output(device, 4);
  await assert.rejects(out.write(noise(5 * BLOCK, 6)), (error: EctarError) => {
    assert.ok(error instanceof EctarError && error.cause instanceof EctarError);
    const { drive, tapeFile, block, errno } = error.context;
    assert.deepEqual([drive, tapeFile, block, errno], ["/dev/nst7", 4, 2, "EIO"]);
    assert.match(error.message, /\/dev\/nst7.*block 2 of tape file 4/);
    return true;
  });
  assert.equal(out.blocks, 2, "only what the drive took counts");
});

Deno.test("device error handling: early warning and a full tape are states, not errors", async () => {
  const medium = new TapeMedium({ capacityBytes: 4 * BLOCK, earlyWarningBytes: 2 * BLOCK });
  const out = output(new MockTapeDevice({ medium }));
  assert.equal(await out.write(noise(2 * BLOCK, 1)), "ok");
  assert.equal(await out.write(noise(BLOCK, 2)), "near-end");
  assert.equal(await out.write(noise(BLOCK, 3)), "near-end");
  assert.equal(await out.write(noise(5 * BLOCK, 4)), "full");
  assert.equal(out.blocks, 4, "a block that was not written does not count");
  assert.equal(await out.write(noise(BLOCK, 5)), "full");
  await assert.rejects(out.finish(), { code: "no-space" });
  assert.equal(medium.files()[0].length, 4 * BLOCK);
});

Deno.test("device error handling: a late error at the filemark is an error of the file", async () => {
  const device = new MockTapeDevice();
  device.inject({ call: "writeFilemarks", effect: { kind: "lose-since-filemark" } });
  const out = output(device);
  await out.write(noise(2 * BLOCK, 1));
  await assert.rejects(out.finish(), { code: "io" });
  assert.deepEqual(device.medium!.files(), []);
});
