import assert from "node:assert/strict";
import { constants, zstdCompressSync } from "node:zlib";
import { peekIndex } from "../../../src/tape/index_peek.ts";
import {
  compressFrame,
  decompressFrame,
  MAX_FRAME_CONTENT,
  storeFrame,
} from "../../../src/zstd/frame.ts";
import { frameLength, parseFrameHeader } from "../../../src/zstd/frame_header.ts";
import { decompressStream } from "../../../src/zstd/frame_stream.ts";
import { skippableHeader } from "../../../src/zstd/skippable.ts";
import { noise, text } from "../../bytes.ts";
import {
  bitFlips,
  CountedSource,
  fuzz,
  type Input,
  joined,
  memoryOf,
  mutants,
  noises,
  pieces,
  refuses,
  repeated,
  truncations,
} from "./fuzz.ts";

const MIB = 2 ** 20;
const SKIPPABLE = 0x184d2a50;

const CONTENT = joined(text(600), noise(150, 1), new Uint8Array(500));
/** Frames of each kind, all with a checksum. */
const GOOD: Record<string, Uint8Array> = {
  "compressed": compressFrame(CONTENT, 3),
  "stored": storeFrame(CONTENT),
  "without content size": Uint8Array.from(zstdCompressSync(CONTENT, {
    params: { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_checksumFlag]: 1 },
  })),
};

/** Content of a stream of frames; `look` is called with every piece. */
async function streamed(source: AsyncIterable<Uint8Array>, look = () => {}): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of decompressStream(source)) {
    parts.push(part);
    look();
  }
  return joined(...parts);
}

/** Takes all that a stream holds and keeps none of it; returns its length. */
async function drained(source: AsyncIterable<Uint8Array>, look = () => {}): Promise<number> {
  let length = 0;
  for await (const part of decompressStream(source)) {
    length += part.length;
    look();
  }
  return length;
}

for (const [kind, good] of Object.entries(GOOD)) {
  Deno.test(`a frame ${kind} that was changed anywhere gives its content or is refused`, async () => {
    const inputs = () => [
      ...truncations(good),
      ...bitFlips(good, 5),
      ...mutants(good, 11_000, 600),
    ];
    const isContent = (content: Uint8Array) => assert.deepEqual(content, CONTENT);
    await fuzz(inputs(), (bytes) => decompressFrame(bytes, CONTENT.length, MIB), isContent);
    await fuzz(inputs(), frameLength, (length, bytes) => {
      assert.ok(length === undefined || length <= bytes.length);
    });
    // Whole frames may be doubled and dropped: a stream proves no more than its frames.
    await fuzz(inputs(), (bytes) => streamed(new CountedSource([bytes]).read()), (content) => {
      for (let at = 0; at < content.length; at += CONTENT.length) {
        isContent(content.subarray(at, at + CONTENT.length));
      }
    });
  });

  Deno.test(`a frame ${kind} comes out of a stream byte by byte`, async () => {
    const source = new CountedSource(pieces(joined(good, good), 1));
    assert.deepEqual(await streamed(source.read()), joined(CONTENT, CONTENT));
  });
}

Deno.test("random bytes behind any frame descriptor are refused in time", async () => {
  const inputs = [...noises(12_000, 3000, 400)].map(({ what, bytes }, i): Input => ({
    what,
    bytes: joined(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, i), bytes),
  }));
  await fuzz(inputs, (bytes) => streamed(new CountedSource([bytes]).read()));
  await fuzz(inputs, parseFrameHeader);
  await fuzz(inputs, (bytes) => decompressFrame(bytes, 100, MIB));
});

/** A frame header, then one run-length block of `blockBytes` and so on for `blocks` blocks. */
function runs(header: readonly number[], blocks: number, blockBytes = 128 * 1024): Uint8Array {
  const block = (last: boolean) => {
    const word = (blockBytes << 3) | 0b010 | (last ? 1 : 0);
    return Uint8Array.of(word, word >> 8, word >> 16, 0x41);
  };
  const all = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1));
  return joined(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header), ...all);
}

Deno.test("a frame that claims 2^60 bytes is refused, and no memory taken for it", async () => {
  const claims = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0);
  const memory = await memoryOf(async () => {
    await refuses(() => decompressFrame(claims, 100, MIB), /claims 1152921504606846976 bytes/);
    await refuses(() => streamed(new CountedSource([claims]).read()), /claims/);
    const honest = runs([0xa0, 0, 0, 0, 4], 512);
    await refuses(() => decompressFrame(honest, 64 * MIB, MIB), /at most 1048576 allowed/);
    await refuses(() => decompressFrame(honest, 100, MIB), /claims 67108864 bytes/);
  });
  assert.ok(memory < 8 * MIB, `${memory} bytes`);
});

Deno.test("a window of 2^31 bytes and more is refused with its size", async () => {
  for (const descriptor of [0xa8, 0xaf, 0xf8, 0xff]) {
    const frame = runs([0x00, descriptor], 2, 10);
    const source = new CountedSource(repeated(frame));
    await refuses(() => streamed(source.read()), /window of \d{10,} bytes/);
    assert.ok(source.taken < 1000);
    await refuses(() => decompressFrame(frame, 20, MAX_FRAME_CONTENT), /window of \d{10,} bytes/);
  }
});

Deno.test("a bomb gives its bytes piece by piece, in memory that does not grow with them", async () => {
  // 1 GiB of content in 32 KiB, in a frame of unknown size.
  const bomb = runs([0x00, 0x70], 8192);
  assert.ok(bomb.length < 33_000);
  const memory = await memoryOf(async (look) => {
    assert.equal(await drained(new CountedSource([bomb]).read(), look), 1024 * MIB);
  });
  // How much of it waits to be collected, the engine decides.
  assert.ok(memory < 512 * MIB, `${Math.round(memory / MIB)} MiB`);
  const inside = await memoryOf(() =>
    refuses(() => decompressFrame(bomb, 1000, MIB), /window|more than 1000 bytes/)
  );
  assert.ok(inside < 8 * MIB, `${inside} bytes`);
});

Deno.test("empty frames for ever are refused, and tiny ones", async () => {
  for (
    const frame of [
      storeFrame(new Uint8Array(0)),
      storeFrame(Uint8Array.of(1)),
      runs([0, 0x70], 1, 1),
    ]
  ) {
    const source = new CountedSource(repeated(frame));
    await refuses(() => drained(source.read()), /tiny frames/);
    assert.ok(source.taken < MIB, `refused only after ${source.taken} bytes`);
  }
});

Deno.test("a skippable frame of 4 GiB costs no memory, cut short or not", async () => {
  const header = skippableHeader(SKIPPABLE, 0xffff_ffff);
  const block = new Uint8Array(16 * MIB);
  function* parts(bytes: number): Generator<Uint8Array> {
    yield header;
    for (let left = bytes; left > 0; left -= block.length) {
      yield block.subarray(0, Math.min(left, block.length));
    }
  }
  const memory = await memoryOf(async () => {
    await refuses(() => drained(new CountedSource([header]).read()), /cut short/);
    const short = new CountedSource(parts(0xffff_fffe));
    await refuses(() => drained(short.read()), /cut short/, ["format"], 20_000);
    assert.equal(await drained(new CountedSource(parts(0xffff_ffff)).read()), 0);
  });
  assert.ok(memory < 80 * MIB, `${memory} bytes`);
});

Deno.test("blocks of nothing in a frame are refused once they outgrow its content", async () => {
  const start = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 5);
  const source = new CountedSource(
    function* () {
      yield start;
      yield* repeated(new Uint8Array(60_000));
    }(),
  );
  await refuses(() => drained(source.read()), /larger than its content/);
  assert.ok(source.taken < MIB);
});

Deno.test("a look at an index's head stays short whatever stands there", async () => {
  const inputs: Input[] = [
    ...mutants(zstdCompressSync(text(20_000)), 13_000, 300),
    { what: "empty frames", bytes: joined(...repeated(storeFrame(new Uint8Array(0)), 10_000)) },
    { what: "a bomb", bytes: runs([0x00, 0x70], 20_000) },
    { what: "skippable", bytes: joined(...repeated(skippableHeader(SKIPPABLE, 0), 10_000)) },
  ];
  const started = performance.now();
  await fuzz(inputs, peekIndex, (peek) => assert.equal(peek.complete, undefined));
  assert.ok(performance.now() - started < 15_000);
});
