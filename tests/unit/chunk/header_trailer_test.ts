import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EctarError } from "../../../src/errors.ts";
import {
  CHUNK_FRAME_MAGIC,
  decodeJsonFrame,
  encodeJsonFrame,
  JSON_FRAME_OVERHEAD,
  parseJsonFrameSizes,
} from "../../../src/chunk/format.ts";
import { decodeCrc32List, encodeCrc32List } from "../../../src/chunk/format_crc32.ts";
import { type ChunkHeader, decodeHeader, encodeHeader } from "../../../src/chunk/header.ts";
import {
  type ChunkTrailer,
  decodeTrailer,
  seekTableChecksum,
  trailerJson,
} from "../../../src/chunk/trailer.ts";
import { parseSkippableHeader } from "../../../src/zstd/skippable.ts";
import { noise } from "../../bytes.ts";
import { encodeTrailer } from "./sample_archives.ts";

const HEADER: ChunkHeader = {
  archiveUuid: "01234567-89ab-4def-8123-456789abcdef",
  name: 'bäckup "1"',
  k: 3,
  m: 5,
  created: "2024-05-06T07:08:09.123Z",
  frameSize: 4 * 2 ** 20,
  chunkSize: 2 ** 30,
  compressionLevel: 3,
  pieceSize: 65536,
  blockSize: 512,
  chunk: 2,
  tarOffset: 2 ** 30,
  nextMember: 2 ** 30 + 512,
};

const TRAILER: ChunkTrailer = {
  archiveUuid: HEADER.archiveUuid,
  chunk: 2,
  uncompressedSize: 12345,
  frameSha256: noise(96, 1),
  last: true,
  seekTableSha256: "ab".repeat(32),
  pieceCrc32: Array.from({ length: 5 }, (_, i) => Uint32Array.of(i, 0xffff_ffff, 0x01020304)),
  previous: {
    chunk: 1,
    firstPiece: 7,
    crc32: Array.from({ length: 5 }, (_, i) => Uint32Array.of(0x80000000 + i)),
  },
};

const fails = (code: string, action: () => unknown, message = "") =>
  assert.throws(action, (error) => error instanceof EctarError && error.code === code, message);

/** A JSON frame with a right SHA-256 around any JSON. */
const framed = (json: unknown) => encodeJsonFrame(JSON.stringify(json), 0);

/** The JSON inside a JSON frame. */
const jsonOf = (frame: Uint8Array) => decodeJsonFrame(frame, 1e9) as Record<string, unknown>;

Deno.test("headers come back, and the same header gives the same bytes", () => {
  assert.deepEqual(decodeHeader(encodeHeader(HEADER)), HEADER);
  assert.deepEqual(encodeHeader(HEADER), encodeHeader({ ...HEADER }));
});

Deno.test("trailers come back, whatever their padding and what follows", () => {
  const alone = { ...TRAILER, chunk: 1, previous: undefined, last: false };
  const empty = {
    ...alone,
    frameSha256: new Uint8Array(0),
    pieceCrc32: TRAILER.pieceCrc32.map(() => new Uint32Array(0)),
  };
  for (const trailer of [TRAILER, alone, empty]) {
    for (const padding of [0, 1, 7, 100_000]) {
      const frame = encodeTrailer(trailer, padding);
      assert.deepEqual(decodeTrailer(frame), trailer);
      assert.deepEqual(decodeTrailer(new Uint8Array([...frame, 1, 2, 3])), trailer);
      const { frameBytes, provenBytes } = parseJsonFrameSizes(frame, 1e6);
      assert.deepEqual([frameBytes, provenBytes], [frame.length + padding, frame.length]);
    }
  }
});

Deno.test("a JSON frame is a skippable zstd frame of length, JSON and SHA-256", () => {
  const frame = encodeJsonFrame('{"a":"ü"}', 5);
  const json = new TextEncoder().encode('{"a":"ü"}');
  assert.equal(frame.length, json.length + JSON_FRAME_OVERHEAD);
  assert.deepEqual(parseSkippableHeader(frame), {
    magic: CHUNK_FRAME_MAGIC,
    contentBytes: frame.length - 8 + 5,
  });
  assert.deepEqual([...frame.subarray(8, 12)], [json.length, 0, 0, 0]);
  assert.deepEqual(frame.slice(12, 12 + json.length), new Uint8Array(json));
  const sha256 = createHash("sha256").update(json).digest();
  assert.deepEqual(frame.slice(-32), new Uint8Array(sha256));
});

Deno.test("headers and trailers cut short or with any bit flipped are refused", () => {
  const decoders: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [encodeHeader(HEADER), decodeHeader],
    [encodeTrailer(TRAILER, 0), decodeTrailer],
  ];
  for (const [frame, decode] of decoders) {
    for (let length = 0; length < frame.length; length++) {
      assert.throws(() => decode(frame.subarray(0, length)), EctarError);
    }
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const bad = Uint8Array.from(frame);
      bad[bit >> 3] ^= 1 << (bit & 7);
      try {
        // Only the size of the frame may change unseen: it says where padding ends, and the seek
        // table proves it.
        assert.deepEqual(decode(bad), decode(frame));
        assert.ok(bit >= 32 && bit < 64, `bit ${bit}`);
      } catch (error) {
        assert.ok(error instanceof EctarError, `bit ${bit}: ${error}`);
      }
    }
  }
});

Deno.test("a header is no trailer and a trailer no header", () => {
  fails("format", () => decodeTrailer(encodeHeader(HEADER)));
  fails("format", () => decodeHeader(encodeTrailer(TRAILER, 0)));
});

Deno.test("another format version is named", () => {
  fails("unsupported", () => decodeHeader(framed({ ...jsonOf(encodeHeader(HEADER)), version: 3 })));
  const trailer = jsonOf(encodeTrailer(TRAILER, 0));
  fails("unsupported", () => decodeTrailer(framed({ ...trailer, version: 1 })));
  fails("format", () => decodeHeader(framed({ format: "other", version: 3 })));
});

Deno.test("unknown fields are ignored", () => {
  const header = { ...jsonOf(encodeHeader(HEADER)), future: [1, 2] };
  assert.deepEqual(decodeHeader(framed(header)), HEADER);
});

Deno.test("hostile header fields are refused even with a right SHA-256", () => {
  const good = jsonOf(encodeHeader(HEADER));
  const bad: [string, unknown[]][] = [
    ["archive_uuid", ["", "x", HEADER.archiveUuid.toUpperCase(), null]],
    ["archive_name", ["", ".", "..", "a/b", "a\0", "x".repeat(1025), 1]],
    ["chunk_number", [0, -1, 1.5, "1", 2 ** 53, null]],
    ["data_shards", [0, 256, 5, 1e9, "3"]],
    ["total_shards", [3, 257, 0, null]],
    ["created", ["now", "2024-05-06", "", 0]],
    ["tar_offset", [-1, 0.5, 2 ** 60]],
    ["next_member", [-1, 0, 2 ** 30 - 1]],
    ["frame_size", [0, -1, 2 ** 40]],
    ["chunk_size", [0, 2 ** 50]],
    ["compression_level", [-1, 23, 3.5]],
    ["piece_size", [0, 1, 4095, 4097, -4096, 2 ** 50]],
    ["block_size", [0, -1, 2 ** 30]],
  ];
  for (const [field, values] of bad) {
    for (const value of [...values, undefined]) {
      const frame = framed({ ...good, [field]: value });
      fails("format", () => decodeHeader(frame), `${field}: ${value}`);
    }
  }
  for (const json of [null, 1, "x", [], [good]]) fails("format", () => decodeHeader(framed(json)));
});

Deno.test("hostile trailer fields are refused even with a right SHA-256", () => {
  const good = jsonOf(encodeTrailer(TRAILER, 0));
  const previous = good.previous as Record<string, unknown>;
  const crc = good.piece_crc32 as string[];
  const bad: [string, unknown[]][] = [
    ["archive_uuid", ["x"]],
    ["chunk_number", [0]],
    ["frame_count", [2, 4, -1, 2 ** 31]],
    ["uncompressed_size", [-1, "1"]],
    ["checksum", ["ab".repeat(32), "", 1]],
    ["frame_sha256", ["", "AAAA", "****", good.frame_sha256 + "="]],
    ["last", [0, "true"]],
    ["seek_table_sha256", ["x"]],
    ["piece_crc32", [
      [...crc.slice(1), ""],
      [...crc.slice(1), "AAA="],
      [1],
      "AAAA",
      Array(257).fill(""),
    ]],
    ["previous", [{}, { ...previous, chunk_number: 0 }, { ...previous, first_piece: -1 }, 5, {
      ...previous,
      piece_crc32: ["", "AAAAAA=="],
    }]],
  ];
  for (const [field, values] of bad) {
    for (const value of [...values, undefined]) {
      const frame = framed({ ...good, [field]: value });
      fails("format", () => decodeTrailer(frame), `${field}: ${JSON.stringify(value)}`);
    }
  }
});

Deno.test("absurd sizes in a JSON frame are refused before anything is read", () => {
  const frame = encodeJsonFrame("{}", 0);
  const view = new DataView(frame.buffer);
  view.setUint32(8, 0xffff_ffff, true);
  fails("format", () => parseJsonFrameSizes(frame, 64 * 2 ** 20));
  view.setUint32(8, 3, true);
  fails("format", () => parseJsonFrameSizes(frame, 64 * 2 ** 20));
  fails("format", () => encodeJsonFrame("{}", 2 ** 32));
  fails("format", () => decodeJsonFrame(encodeJsonFrame("{", 0), 100));
});

Deno.test("a trailer's JSON does not depend on the padding", () => {
  const [one, two] = [encodeTrailer(TRAILER, 0), encodeTrailer(TRAILER, 999)];
  assert.deepEqual(one.slice(8), two.slice(8));
  assert.equal(one.length, trailerJson(TRAILER).length + JSON_FRAME_OVERHEAD);
});

Deno.test("the seek table checksum covers the entries before the trailer's", () => {
  const entries = [{ compressedSize: 1, decompressedSize: 0 }, {
    compressedSize: 2,
    decompressedSize: 3,
  }];
  const bytes = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  assert.equal(seekTableChecksum(entries), createHash("sha256").update(bytes).digest("hex"));
});

Deno.test("lists of CRC-32s come back", () => {
  for (const list of [[], [0], [0xffff_ffff, 1, 0x80000000]]) {
    const text = encodeCrc32List(Uint32Array.from(list));
    assert.deepEqual(decodeCrc32List(text), Uint32Array.from(list));
  }
  assert.equal(encodeCrc32List(Uint32Array.of(0x04030201)), btoa("\x01\x02\x03\x04"));
});
