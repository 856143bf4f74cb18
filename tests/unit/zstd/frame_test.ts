import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { constants, zstdCompressSync } from "node:zlib";
import { EctarError } from "../../../src/errors.ts";
import {
  compressFrame,
  decompressFrame,
  FRAME_SIZE,
  frameBound,
  storedFraming,
  storedPieces,
  storeFrame,
} from "../../../src/zstd/frame.ts";
import { frameLength, parseFrameHeader } from "../../../src/zstd/frame_header.ts";
import { concat, noise, text } from "../../bytes.ts";

const KINDS: [string, (data: Uint8Array) => Uint8Array][] = [
  ["stored", storeFrame],
  ["level 1", (data) => compressFrame(data, 1)],
  ["level 3", (data) => compressFrame(data, 3)],
  ["level 19", (data) => compressFrame(data, 19)],
];

const LENGTHS = [0, 1, 2, 255, 256, 257, 65535, 65791, 65792, 131071, 131072, 131073, 400_000];

function failsWith(code: string, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof EctarError && error.code === code);
}

for (const [kind, encode] of KINDS) {
  Deno.test(`${kind} frames of any length tell size and checksum and come back`, () => {
    for (const length of LENGTHS) {
      for (const data of [noise(length, length + 1), text(length)]) {
        const frame = encode(data);
        const header = parseFrameHeader(frame)!;
        assert.equal(header.contentSize, length);
        assert.equal(header.checksum, true);
        assert.equal(frameLength(frame), frame.length);
        assert.deepEqual(decompressFrame(frame, length, FRAME_SIZE), new Uint8Array(data));
      }
    }
  });

  Deno.test(`${kind} frames cover their whole buffer, so that they can be transferred`, () => {
    for (const length of [0, 10, 5000]) {
      const frame = encode(text(length));
      assert.equal(frame.byteOffset, 0);
      assert.equal(frame.buffer.byteLength, frame.length);
    }
  });

  Deno.test(`${kind} frames cut short anywhere are refused`, () => {
    const frame = encode(text(700));
    for (let length = 0; length < frame.length; length++) {
      failsWith("format", () => decompressFrame(frame.subarray(0, length), 700, FRAME_SIZE));
    }
  });

  Deno.test(`a flipped bit in ${kind} frames never gives other content`, () => {
    const data = text(300);
    const frame = encode(data);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const bad = Uint8Array.from(frame);
      bad[bit >> 3] ^= 1 << (bit & 7);
      try {
        assert.deepEqual(decompressFrame(bad, 300, FRAME_SIZE), new Uint8Array(data));
      } catch (error) {
        assert.ok(error instanceof EctarError, `bit ${bit}: ${error}`);
      }
    }
  });
}

Deno.test("stored frames end with the same checksum as compressed ones", () => {
  for (const length of [...LENGTHS, 1_000_003]) {
    const data = noise(length, 7);
    assert.deepEqual(storeFrame(data).slice(-4), compressFrame(data, 1).slice(-4), `${length}`);
  }
});

Deno.test("frames are made from and of shared memory alike", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(100_100)).subarray(77, 100_077);
  shared.set(noise(100_000, 3));
  for (const [, encode] of KINDS) {
    assert.deepEqual(encode(shared), encode(noise(100_000, 3)));
    assert.deepEqual(decompressFrame(encode(shared), 100_000, FRAME_SIZE), noise(100_000, 3));
  }
});

Deno.test("the same data and level give the same bytes", () => {
  assert.deepEqual(compressFrame(text(200_000), 3), compressFrame(text(200_000), 3));
});

Deno.test("a frame of another size than expected is refused", () => {
  const frame = compressFrame(text(1000), 3);
  for (const size of [0, 1, 999, 1001, FRAME_SIZE]) {
    failsWith("format", () => decompressFrame(frame, size, FRAME_SIZE));
  }
  failsWith("format", () => decompressFrame(frame, 1000, 999));
});

Deno.test("a bomb is refused before it is unpacked", () => {
  const content = new Uint8Array(64 * 2 ** 20);
  const honest = zstdCompressSync(content);
  failsWith("format", () => decompressFrame(honest, 1000, FRAME_SIZE));
  const silent = zstdCompressSync(content, {
    params: { [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  failsWith("format", () => decompressFrame(silent, 1000, FRAME_SIZE));
});

Deno.test("a frame without content size is accepted when its content has the expected size", () => {
  const frame = zstdCompressSync(text(1000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  assert.deepEqual(decompressFrame(frame, 1000, FRAME_SIZE), new Uint8Array(text(1000)));
  for (const size of [0, 999, 1001]) {
    failsWith("format", () => decompressFrame(frame, size, FRAME_SIZE));
  }
});

Deno.test("a frame that asks for a giant window is refused", () => {
  const frame = zstdCompressSync(text(1000), {
    params: { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_windowLog]: 24 },
  });
  const giant = Uint8Array.from(frame);
  giant[5] = 0xff;
  failsWith("format", () => decompressFrame(giant, 1000, FRAME_SIZE));
});

Deno.test("bytes after a frame, even a second frame, are refused", () => {
  const frame = compressFrame(text(10), 3);
  failsWith("format", () => decompressFrame(new Uint8Array([...frame, 0]), 10, FRAME_SIZE));
  failsWith("format", () => decompressFrame(new Uint8Array([...frame, ...frame]), 20, FRAME_SIZE));
});

Deno.test("frame headers in every size of the content size field are read", () => {
  const head = [0x28, 0xb5, 0x2f, 0xfd];
  const parse = (...bytes: number[]) => parseFrameHeader(Uint8Array.from([...head, ...bytes]));
  assert.equal(parse(0x20, 7)?.contentSize, 7);
  assert.equal(parse(0x60, 0, 1)?.contentSize, 512);
  assert.equal(parse(0xa0, 1, 0, 0, 0x80)?.contentSize, 0x80000001);
  assert.equal(parse(0xe0, 1, 0, 0, 0, 1, 0, 0, 0)?.contentSize, 2 ** 32 + 1);
  assert.equal(parse(0x00, 0x51)?.contentSize, undefined);
  assert.equal(parse(0x00, 0x51)?.windowSize, 2 ** 20 + 2 ** 17);
  assert.equal(parse(0xe0, 1, 0, 0, 0, 1, 0, 0), undefined);
  failsWith("format", () => parse(0xe0, 0, 0, 0, 0, 0, 0, 0, 0xff));
  failsWith("format", () => parse(0x28, 0));
  failsWith("unsupported", () => parse(0x21, 9, 0));
  failsWith("format", () => parseFrameHeader(new Uint8Array(8)));
});

Deno.test("a frame compressed over its own content is the same as beside it", () => {
  for (const length of LENGTHS) {
    for (const data of [noise(length, length + 1), text(length)]) {
      const expected = compressFrame(data, 3);
      const room = new Uint8Array(new SharedArrayBuffer(frameBound(length) + 2)).fill(0xee)
        .subarray(1, -1);
      room.set(data);
      const frame = compressFrame(room.subarray(0, length), 3, room);
      assert.equal(frame.byteOffset, 1);
      assert.equal(frame.buffer, room.buffer);
      assert.deepEqual(new Uint8Array(frame), expected);
      const around = new Uint8Array(room.buffer);
      assert.deepEqual([around[0], around.at(-1)], [0xee, 0xee]);
    }
  }
});

Deno.test("the pieces of a stored frame are its content where it lies, and little else", () => {
  for (const length of [0, 1, 131072, 131073, 400_000]) {
    const data = noise(length, 1);
    const framing = storedFraming(data);
    const pieces = storedPieces(data, framing);
    assert.deepEqual(concat(pieces), storeFrame(data));
    const copied = pieces.filter(({ buffer }) => buffer !== data.buffer);
    assert.equal(copied.reduce((sum, piece) => sum + piece.length, 0), framing.length);
    assert.ok(framing.length <= 25);
  }
});

Deno.test("no frame is longer than its bound", () => {
  for (const length of LENGTHS) {
    for (const [kind, encode] of KINDS) {
      assert.ok(encode(noise(length, 7)).length <= frameBound(length), `${kind}, ${length}`);
    }
  }
});

Deno.test("compressing leaves other users of node's buffer pool alone", () => {
  const pooled = Buffer.from("in the pool");
  compressFrame(text(10), 3);
  compressFrame(text(10), 3, new Uint8Array(frameBound(10)));
  assert.equal(pooled.toString(), "in the pool");
});
