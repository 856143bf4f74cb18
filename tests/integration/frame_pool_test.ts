import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EctarError } from "../../src/errors.ts";
import { compressFrame, decompressFrame, frameBound, storeFrame } from "../../src/zstd/frame.ts";
import {
  type CompressedFrame,
  type FrameCompressor,
  InProcessCompressor,
} from "../../src/zstd/frame_compressor.ts";
import { FramePool } from "../../src/zstd/frame_pool.ts";
import { concat, noise, text } from "../bytes.ts";

const KINDS: [string, () => FrameCompressor][] = [
  ["in process", () => new InProcessCompressor()],
  ["one Worker", () => new FramePool(1)],
  ["as many Workers as cores", () => new FramePool()],
];

/** A frame in one piece. */
const joined = ({ pieces, sha256 }: CompressedFrame) => ({ bytes: concat(pieces), sha256 });

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

for (const [kind, create] of KINDS) {
  Deno.test(`frames of many at a time come back, ${kind}`, async () => {
    const pool = create();
    const inputs = Array.from(
      { length: 12 },
      (_, i) => i % 2 ? noise(i * 9999, i) : text(i * 77777),
    );
    const frames = await Promise.all(
      inputs.map(async (data, i) => joined(await pool.compress({ data }, [0, 1, 3][i % 3]))),
    );
    frames.forEach((frame, i) => {
      const expected = i % 3 === 0
        ? storeFrame(inputs[i])
        : compressFrame(inputs[i], i % 3 === 1 ? 1 : 3);
      assert.deepEqual(frame.bytes, expected);
      assert.deepEqual(frame.sha256, sha256(expected));
    });
    const back = await Promise.all(
      frames.map((frame, i) => pool.decompress({ ...frame, size: inputs[i].length })),
    );
    assert.deepEqual(back, inputs);
    pool.close();
  });

  Deno.test(`small frames come back, whichever buffers they are read into, ${kind}`, async () => {
    const pool = create();
    for (const size of [0, 1, 63, 512, 1536, 4094, 4095, 4096, 8191, 8192, 8193]) {
      for (const level of [0, 3]) {
        const { bytes, sha256 } = joined(await pool.compress({ data: noise(size, size) }, level));
        for (let turn = 0; turn < 3; turn++) {
          assert.deepEqual(await pool.decompress({ bytes, sha256, size }), noise(size, size));
        }
      }
    }
    pool.close();
  });

  Deno.test(`views of shared and of larger buffers are taken as they are, ${kind}`, async () => {
    const pool = create();
    for (const buffer of [new SharedArrayBuffer(200_000), new ArrayBuffer(200_000)]) {
      const data = new Uint8Array(buffer, 1000, 150_000);
      data.set(noise(150_000, 3));
      const frame = joined(await pool.compress({ data }, 1));
      assert.equal(data.length, 150_000);
      assert.deepEqual(decompressFrame(frame.bytes, 150_000, 150_000), noise(150_000, 3));
      const lying = new Uint8Array(buffer, 0, frame.bytes.length);
      lying.set(frame.bytes);
      const back = await pool.decompress({ bytes: lying, sha256: frame.sha256, size: 150_000 });
      assert.deepEqual(back, noise(150_000, 3));
    }
    pool.close();
  });

  Deno.test(`frames given away come back, those kept stay as they are, ${kind}`, async () => {
    const pool = create();
    const content = noise(150_000, 3);
    const { bytes, sha256 } = joined(await pool.compress({ data: content }, 1));
    const gift = { bytes: bytes.slice(), sha256, size: content.length, given: true };
    assert.deepEqual(await pool.decompress(gift), content);
    const part = { bytes: new Uint8Array([...bytes, 0]).subarray(0, bytes.length), sha256 };
    for (const kept of [{ bytes, sha256 }, part]) {
      assert.deepEqual(await pool.decompress({ ...kept, size: content.length }), content);
      assert.deepEqual(kept.bytes.length, bytes.length);
      assert.deepEqual(await pool.decompress({ ...kept, size: content.length }), content);
    }
    pool.close();
  });

  Deno.test(`frames are the same where their content was, ${kind}`, async () => {
    const pool = create();
    const size = 150_000;
    for (const level of [0, 3]) {
      const alone = joined(await pool.compress({ data: noise(size, 4) }, level));
      const rooms = Array.from(
        { length: 9 },
        () => new Uint8Array(new SharedArrayBuffer(frameBound(size))),
      );
      const frames = await Promise.all(rooms.map((room) => {
        room.set(noise(size, 4));
        return pool.compress({ data: room.subarray(0, size), room }, level);
      }));
      for (const frame of frames) {
        assert.deepEqual(joined(frame).bytes, alone.bytes);
        assert.deepEqual(frame.sha256, alone.sha256);
      }
    }
    pool.close();
  });

  Deno.test(`bad frames are named errors and the next job goes on, ${kind}`, async () => {
    const pool = create();
    const { bytes, sha256 } = joined(await pool.compress({ data: text(5000) }, 3));
    const fails = (code: string, frame: Parameters<typeof pool.decompress>[0]) =>
      assert.rejects(
        pool.decompress(frame),
        (error) => error instanceof EctarError && error.code === code,
      );
    const flipped = new Uint8Array(bytes);
    flipped[20] ^= 1;
    await fails("damaged", { bytes: flipped, sha256, size: 5000 });
    await fails("damaged", { bytes, sha256: sha256.map((byte) => byte ^ 1), size: 5000 });
    await fails("damaged", { bytes, sha256: sha256.subarray(0, 31), size: 5000 });
    await fails("format", { bytes, sha256, size: 5001 });
    await fails("format", { bytes: flipped, sha256: undefined, size: 5000 });
    await fails("format", { bytes, sha256, size: 2 ** 32 });
    assert.deepEqual(await pool.decompress({ bytes, sha256, size: 5000 }), text(5000));
    pool.close();
  });
}

Deno.test("closing a pool stops its Workers and rejects what has not settled", async () => {
  const pool = new FramePool(2);
  const jobs = Array.from({ length: 6 }, () => pool.compress({ data: noise(2 ** 22, 1) }, 19));
  const settled = Promise.allSettled(jobs);
  pool.close();
  for (const result of await settled) {
    assert.ok(result.status === "rejected" && result.reason.code === "interrupted");
  }
  await assert.rejects(pool.compress({ data: noise(1, 1) }, 1), TypeError);
  pool.close();
});

Deno.test("a pool never has more Workers than asked for, or than cores", () => {
  assert.equal(new FramePool(1).parallelism, 1);
  assert.equal(new FramePool(0).parallelism, 1);
  assert.equal(new FramePool(100_000).parallelism, navigator.hardwareConcurrency);
});

Deno.test("a pool may be started before there are frames, any number of times, and after its end", async () => {
  const pool = new FramePool();
  pool.start();
  pool.start();
  const { bytes } = joined(await pool.compress({ data: text(77_777) }, 3));
  assert.deepEqual(decompressFrame(bytes, 77_777, 77_777), text(77_777));
  pool.close();
  pool.start();
  await assert.rejects(pool.compress({ data: text(1) }, 3), TypeError);
});
