import assert from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import { IndexReader } from "../../../src/index/index_reader.ts";
import { compressFrame, storeFrame } from "../../../src/zstd/frame.ts";
import { chunkRecord, fileRecord, HEAD, indexBytes, lines } from "../index/sample_index.ts";
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
const CHUNKS = [chunkRecord(1), chunkRecord(2)];
const FILES = [1, 2, 3].map((number) => fileRecord(number));
const GOOD = await indexBytes(HEAD, CHUNKS, lines(FILES));
/** The JSON of the index. */
const TEXT = await jsonText();

async function jsonText(): Promise<string> {
  const { decompressStream } = await import("../../../src/zstd/frame_stream.ts");
  const parts = await Array.fromAsync(decompressStream(new CountedSource([GOOD]).read()));
  return new TextDecoder().decode(joined(...parts));
}

/** Reads all of an index. */
async function readIndex(source: CountedSource | (() => CountedSource), look = () => {}) {
  const next = typeof source === "function" ? source : () => source;
  const reader = new IndexReader({ origin: "x.index.zst", read: () => next().read() });
  const head = await reader.head();
  const chunks = await Array.fromAsync(reader.chunks());
  look();
  const files = await Array.fromAsync(reader.files());
  return { head, chunks, files };
}

const read = (bytes: Uint8Array) => readIndex(() => new CountedSource([bytes]));
const readText = (text: string) => read(compressFrame(new TextEncoder().encode(text), 3));

Deno.test("an index changed anywhere is read as it was or refused, byte by byte too", async () => {
  const isGood = (index: unknown) => {
    assert.deepEqual(index, { head: HEAD, chunks: CHUNKS, files: FILES });
  };
  isGood(await readIndex(() => new CountedSource(pieces(GOOD, 1))));
  const inputs = [...truncations(GOOD, 3), ...bitFlips(GOOD, 11), ...mutants(GOOD, 31_000, 700)];
  await fuzz(inputs, read, isGood);
  await fuzz(noises(32_000, 200, 300), read, () => {
    throw new Error("noise is no index");
  });
});

Deno.test("index JSON changed anywhere is read, its numbers in range, or refused", async () => {
  const text = new TextEncoder().encode(TEXT);
  const accepted = await fuzz(
    [...truncations(text, 9), ...mutants(text, 33_000, 3000)],
    (bytes) => read(storeFrame(bytes)),
    ({ head, chunks, files }) => {
      const { data_shards: k, parity_shards } = head.parameters;
      assert.ok(k >= 1 && parity_shards >= 1 && k + parity_shards <= 256);
      chunks.forEach((chunk, i) => assert.equal(chunk.chunk_number, i + 1));
      for (const file of files) assert.ok(Number.isSafeInteger(file.size) && file.size >= 0);
    },
  );
  assert.ok(accepted > 20, `only ${accepted} accepted`);
});

/** Values that a field should never have. */
const HOSTILE = [
  "null",
  "-1",
  "1e400",
  "1152921504606846976",
  "0.5",
  '""',
  '"\\u001b[31m\\n"',
  JSON.stringify("A".repeat(100_000)),
  "[".repeat(100_000) + "]".repeat(100_000),
  '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000),
  '{"__proto__":{"length":1}}',
];

Deno.test("any field of an index may be hostile: refused in one line, nested 100,000 deep or huge", async () => {
  const inputs: Input[] = [];
  for (const [, name] of TEXT.matchAll(/"([a-z_0-9]+)":(?=[^[{])/g)) {
    for (const [i, value] of HOSTILE.entries()) {
      // Nesting is the same everywhere.
      if (value.length > 150_000 && inputs.length % 5 > 0) continue;
      const changed = TEXT.replace(
        new RegExp(`"${name}":("[^"]*"|[^,}\\n]+)`),
        `"${name}":${value}`,
      );
      const bytes = compressFrame(new TextEncoder().encode(changed), 1);
      inputs.push({ what: `${name}, value ${i}`, bytes });
    }
  }
  await fuzz(inputs, read);
});

Deno.test("a base64 list as long as a line may be is refused by its length", async () => {
  const list = "A".repeat(60 * MIB);
  const changed = TEXT.replace(/"frame_sha256":"[^"]*"/, () => `"frame_sha256":"${list}"`);
  const bytes = zstdCompressSync(new TextEncoder().encode(changed));
  const memory = await memoryOf(() => refuses(() => read(bytes), /frame_sha256/));
  assert.ok(memory < 700 * MIB, `${memory} bytes`);
});

Deno.test("blank lines without end are refused at their beginning", async () => {
  const blank = compressFrame(new Uint8Array(8 * MIB).fill(0x0a), 3);
  for (const start of [new Uint8Array(0), GOOD]) {
    let last: CountedSource | undefined;
    const endless = () =>
      last = new CountedSource(function* () {
        yield start;
        yield* repeated(blank);
      }());
    await refuses(() => readIndex(endless), /one record a line/);
    assert.ok(last!.taken < GOOD.length + 10 * blank.length);
  }
});

Deno.test("an endless line is refused when it is longer than any record, whatever its pieces", async () => {
  const open = storeFrame(new TextEncoder().encode('{\n"x":"'));
  for (const content of [new Uint8Array(8 * MIB), new Uint8Array(16 * 1024)]) {
    const frame = compressFrame(content.fill(0x41), 1);
    const source = new CountedSource(function* () {
      yield open;
      yield* repeated(frame);
    }());
    const most = content.length > 16 * 1024 ? 500 : 300;
    const memory = await memoryOf(() => refuses(() => readIndex(source), /one record a line/));
    assert.ok(memory < most * MIB, `${Math.round(memory / MIB)} MiB`);
  }
});

Deno.test("an index cut into tiny frames for ever is refused, and takes little memory", async () => {
  const empty = storeFrame(new Uint8Array(0));
  const source = new CountedSource(repeated(joined(...repeated(empty, 1000))));
  const memory = await memoryOf(() => refuses(() => readIndex(source), /tiny frames/));
  assert.ok(source.taken < MIB);
  assert.ok(memory < 64 * MIB, `${memory} bytes`);
});

Deno.test("what a message repeats of an index is short and printable", async () => {
  const long = JSON.stringify("evil\n\u001b[2J" + "x".repeat(MIB));
  const changed = TEXT.replace(/"layout":"[^"]*"/, () => `"layout":${long}`);
  await refuses(() => readText(changed), /layout: .*evil\\n\\033\[2Jxxx/);
});
