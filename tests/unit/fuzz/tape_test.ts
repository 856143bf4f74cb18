import assert from "node:assert/strict";
import { MAX_BLOCK_SIZE } from "../../../src/format_limits.ts";
import { ImageTapeDevice } from "../../../src/tape/image_device.ts";
import { isTapeImage } from "../../../src/tape/image_open.ts";
import { encodeLabel, parseLabel, type TapeLabel } from "../../../src/tape/label.ts";
import { classifyFirstBlock, describeContent } from "../../../src/tape/first_block.ts";
import { identifyTape } from "../../../src/tape/identify.ts";
import { firstLabelMember } from "../../../src/tape/label_tar.ts";
import { MemoryImage } from "../tape/memory_image.ts";
import {
  assertForeseen,
  bitFlips,
  fuzz,
  type Input,
  joined,
  memoryOf,
  mutants,
  noises,
  refuses,
  truncations,
} from "./fuzz.ts";

const MIB = 2 ** 20;

function word(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >> 24);
}

function block(length: number, fill: number): Uint8Array {
  const content = new Uint8Array(length).fill(fill);
  return joined(word(length), content, new Uint8Array(length & 1), word(length));
}

const MARK = word(0);
/** Blocks of even and odd lengths, a gap, a private record, and filemarks. */
const GOOD = joined(
  block(6, 0x11),
  block(7, 0x22),
  MARK,
  word(0xffff_fffe),
  block(3, 0x33),
  joined(word(0x1000_0002), Uint8Array.of(1, 2), word(0x1000_0002)),
  block(8, 0x44),
  MARK,
  MARK,
);

function drive(bytes: Uint8Array | MemoryImage): ImageTapeDevice {
  const file = bytes instanceof MemoryImage ? bytes : new MemoryImage(bytes);
  return new ImageTapeDevice("x", file, () => {
    throw new Error("reading writes");
  });
}

/** Reads a tape to its end: what it met, in order. */
async function readAll(bytes: Uint8Array): Promise<string[]> {
  const file = new MemoryImage(bytes);
  const tape = drive(file);
  const buffer = new Uint8Array(16);
  const met: string[] = [];
  for (;;) {
    assert.ok(met.length <= bytes.length, "more records than bytes");
    const read = await tape.readBlock(buffer);
    if (read.kind === "block") met.push(buffer.subarray(0, read.length).toHex());
    else met.push(read.kind);
    if (read.kind === "end-of-data") break;
    if (read.kind === "bad-block" && read.position === "unknown") break;
    if (read.kind === "too-long" && !await tape.spaceBlocks(1)) break;
  }
  assert.ok(file.largestRead <= 16, "no read is larger than the buffer");
  return met;
}

Deno.test("an image cut short anywhere reads as a beginning of the whole", async () => {
  const whole = await readAll(GOOD);
  assert.equal(whole.length, 8);
  for (const { what, bytes } of truncations(GOOD)) {
    const met = await readAll(bytes);
    const last = met.pop()!;
    assert.ok(last === "end-of-data", `${what}: ${last}`);
    assert.deepEqual(met, whole.slice(0, met.length), what);
  }
});

Deno.test("an image changed anywhere is read to an end, forward and backward, or refused", async () => {
  const inputs = [
    ...bitFlips(GOOD),
    ...mutants(GOOD, 81_000, 1500),
    ...noises(82_000, 1000, 300),
  ];
  await fuzz(inputs, readAll);
  await fuzz(
    inputs,
    async (bytes) => {
      const tape = drive(bytes);
      await tape.spaceToEndOfData();
      const { logical } = await tape.position();
      assert.ok(logical! <= bytes.length);
      for (let left = logical!; left >= 0 && await tape.spaceBlocks(-1); left--);
      await tape.locate(logical!);
      await tape.spaceFiles(-1);
      await tape.status();
    },
    undefined,
    ["damaged", "io"],
  );
  await fuzz(inputs, (bytes) => isTapeImage(new MemoryImage(bytes)));
});

Deno.test("an image behind which filemarks have no end costs bounded memory and time", async () => {
  const bytes = new Uint8Array(16 * MIB);
  bytes.set(block(6, 1));
  const file = new MemoryImage(bytes);
  const memory = await memoryOf(async (look) => {
    await refuses(() => drive(file).spaceToEndOfData(), /damaged/, ["damaged"], 10_000);
    look();
  });
  assert.ok(memory < 300 * MIB, `${memory} bytes`);
  const identity = await identifyTape(drive(file));
  assert.equal(identity.kind, "other");
});

Deno.test("a block of 2^28 bytes asks for no buffer of that size", async () => {
  const file = new MemoryImage(joined(word(0x0fff_ffff), new Uint8Array(100)));
  assert.equal(isTapeImage(file), false);
  assert.equal((await drive(file).readBlock(new Uint8Array(10))).kind, "end-of-data");
  assert.ok(file.largestRead <= 10);
});

const LABEL: TapeLabel = {
  setUuid: "01234567-89ab-4def-8123-456789abcdef",
  volumeUuid: "11234567-89ab-4def-8123-456789abcdef",
  shard: 1,
  volume: 0,
  k: 2,
  m: 3,
  blockSize: 512,
  name: "backup",
  archiveUuid: "21234567-89ab-4def-8123-456789abcdef",
  created: "2024-05-06T07:08:09Z",
  host: "host",
  toolVersion: "2.0.0",
  firstChunk: 1,
  firstShardOffset: 0,
};
const LABEL_BLOCK = encodeLabel(LABEL, 0).slice(0, 10240);
/** The label's JSON in its tar. */
const JSON_BYTES = firstLabelMember(LABEL_BLOCK, "ectar-label.json")!;

function checkLabel(label: TapeLabel | undefined): void {
  if (label === undefined) return;
  assert.ok(1 <= label.k && label.k < label.m && label.m <= 256 && label.shard < label.m);
  assert.ok(label.blockSize >= 1 && label.blockSize <= MAX_BLOCK_SIZE);
  assert.ok(!/[/\0]/.test(label.name) && ![".", "..", ""].includes(label.name));
}

/** A label whose JSON is `json`. */
function labelOf(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const tar = joined(LABEL_BLOCK.subarray(0, 512), text, new Uint8Array(1024));
  tar.set(new TextEncoder().encode(`${text.length.toString(8).padStart(11, "0")} `), 124);
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return tar;
}

Deno.test("a label changed anywhere is a sound label, a broken one, or none", async () => {
  const short = LABEL_BLOCK.slice(0, 512 + JSON_BYTES.length);
  const inputs = [
    ...truncations(short),
    ...bitFlips(short, 3),
    ...mutants(short, 83_000, 1500),
    ...noises(84_000, 500, 600),
  ];
  await fuzz(inputs, parseLabel, checkLabel);
  // What only looks at a tape never throws.
  await fuzz(inputs, classifyFirstBlock, () => {}, []);
  await fuzz(inputs, describeContent, (words) => {
    assert.match(words, /^\P{Cc}+$/u);
    assert.ok(words.length < 5000);
  }, []);
});

Deno.test("any field of a label may be hostile: refused in one line", async () => {
  const text = new TextDecoder().decode(JSON_BYTES);
  assert.deepEqual(parseLabel(labelOf(text)), LABEL);
  const fields = JSON.parse(text);
  const values = [
    "null",
    "-1",
    "1e400",
    "1152921504606846976",
    "0.5",
    '"../x"',
    '"\\u001b[31m\\n"',
    "[]",
  ]
    .concat(JSON.stringify("A".repeat(200_000)), "[".repeat(100_000) + "]".repeat(100_000));
  const inputs: Input[] = ["", "[]", "null", "3", "[".repeat(100_000)].map((json) => ({
    what: json.slice(0, 9),
    bytes: labelOf(json),
  }));
  for (const name of Object.keys(fields)) {
    const rest = Object.entries(fields).filter(([other]) => other !== name);
    const others = JSON.stringify(Object.fromEntries(rest)).slice(1);
    for (const value of values) {
      const bytes = labelOf(`{${JSON.stringify(name)}:${value},${others}`);
      inputs.push({ what: `${name}: ${value.slice(0, 40)}`, bytes });
    }
  }
  await fuzz(inputs, parseLabel, checkLabel);
});

Deno.test("tapes of nonsense are identified without an error or an end", async () => {
  const label = joined(word(10240), LABEL_BLOCK, word(10240), MARK);
  const tapes = [
    ...mutants(joined(label, GOOD), 85_000, 150),
    ...mutants(joined(label, label, GOOD), 86_000, 150),
    ...noises(87_000, 100, 3000),
  ];
  for (const { what, bytes } of tapes) {
    try {
      const identity = await identifyTape(drive(bytes));
      assert.ok(identity.archives.length <= 4, what);
    } catch (error) {
      assertForeseen(error, ["damaged", "io", "format"]);
    }
  }
});
