import assert from "node:assert/strict";
import { decodeHeader, encodeHeader } from "../../../src/chunk/header.ts";
import { encodeJsonFrame, parseJsonFrameSizes } from "../../../src/chunk/format.ts";
import { decodeTrailer } from "../../../src/chunk/trailer.ts";
import {
  parseIndexFileName,
  parseShardFileName,
  shardFileName,
} from "../../../src/shard/shard_name.ts";
import { parseMarker } from "../../../src/shard/commit_marker.ts";
import {
  decodeZfecHeader,
  encodeZfecHeader,
  zfecHeaderLength,
} from "../../../src/shard/zfec_header.ts";
import {
  decodeSeekTable,
  encodeSeekTable,
  parseSeekTableFooter,
  SEEK_TABLE_FOOTER_BYTES,
} from "../../../src/zstd/seek_table.ts";
import { parseSkippableHeader } from "../../../src/zstd/skippable.ts";
import { Random } from "../../sim/random.ts";
import { encodeTrailer } from "../chunk/sample_archives.ts";
import {
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

const utf8 = new TextEncoder();

Deno.test("every beginning of two bytes is a zfec header that says it, or refused", async () => {
  let accepted = 0;
  for (const rest of [[0, 0], [0x12, 0x34]]) {
    const inputs = Array.from({ length: 1 << 16 }, (_, i): Input => ({
      what: `${i.toString(16)}, then ${rest}`,
      bytes: Uint8Array.of(i >> 8, i, ...rest),
    }));
    accepted += await fuzz(inputs, decodeZfecHeader, (header, bytes) => {
      const { k, m, padlen, sharenum } = header;
      assert.ok(1 <= k && k < m && m <= 256 && padlen < k && sharenum < m);
      assert.deepEqual(encodeZfecHeader(header), bytes.slice(0, zfecHeaderLength(k, m)));
    }, ["format"]);
  }
  assert.ok(accepted > 1000, `only ${accepted} accepted`);
});

const TABLE = Array.from({ length: 12 }, (_, i) => ({
  compressedSize: 1000 + i * 77,
  decompressedSize: i % 3 === 0 ? 0 : 4096 + i,
}));

Deno.test("whatever is done to a seek table, it is a table of its very length, or refused", async () => {
  const good = encodeSeekTable(TABLE);
  const inputs = [
    ...truncations(good),
    ...bitFlips(good),
    ...mutants(good, 41_000, 4000),
    ...noises(42_000, 500, 300),
  ];
  await fuzz(inputs, decodeSeekTable, (entries, bytes) => {
    assert.equal(parseSkippableHeader(bytes)!.contentBytes, bytes.length - 8);
    for (const { compressedSize, decompressedSize } of entries) {
      assert.ok(compressedSize <= 0xffff_ffff && decompressedSize <= 0xffff_ffff);
    }
    assert.ok([8, 12].some((stride) => 17 + stride * entries.length === bytes.length));
  }, ["format"]);
});

Deno.test("a seek table of 2^32 entries is refused by its footer, before any memory is taken", async () => {
  const good = encodeSeekTable(TABLE);
  for (const claimed of [0xffff_ffff, 0x8000_0000, (1 << 20) + 3]) {
    const bytes = good.slice();
    const footer = new DataView(bytes.buffer, bytes.length - SEEK_TABLE_FOOTER_BYTES);
    footer.setUint32(0, claimed, true);
    const memory = await memoryOf(async () => {
      const parts = [bytes, bytes.subarray(-SEEK_TABLE_FOOTER_BYTES)];
      await refuses(() => decodeSeekTable(parts[0]), /claims \d+ frames/);
      await refuses(() => parseSeekTableFooter(parts[1]), /claims \d+ frames/);
    });
    assert.ok(memory < 2 ** 20, `${memory} bytes`);
  }
});

const HEADER = {
  archiveUuid: "01234567-89ab-4def-8123-456789abcdef",
  name: "backup",
  k: 3,
  m: 5,
  created: "2024-05-06T07:08:09Z",
  frameSize: 65536,
  chunkSize: 1 << 20,
  compressionLevel: 3,
  pieceSize: 65536,
  blockSize: 512,
  chunk: 2,
  tarOffset: 1 << 20,
  nextMember: (1 << 20) + 512,
};
const TRAILER = {
  archiveUuid: HEADER.archiveUuid,
  chunk: 2,
  uncompressedSize: 70_000,
  frameSha256: new Uint8Array(64).fill(7),
  last: false,
  seekTableSha256: "ab".repeat(32),
  pieceCrc32: Array.from({ length: 5 }, (_, shard) => Uint32Array.of(shard, 9)),
  previous: {
    chunk: 1,
    firstPiece: 3,
    crc32: Array.from({ length: 5 }, () => Uint32Array.of(4)),
  },
};

Deno.test("a chunk header that was changed anywhere is refused, never read as another", async () => {
  const good = encodeHeader(HEADER);
  const inputs = [...truncations(good), ...bitFlips(good), ...mutants(good, 51_000, 3000)];
  await fuzz(inputs, decodeHeader, (header) => assert.deepEqual(header, HEADER));
});

Deno.test("a chunk trailer that was changed anywhere is refused, never read as another", async () => {
  const good = encodeTrailer(TRAILER, 0);
  const inputs = [...truncations(good), ...bitFlips(good, 3), ...mutants(good, 52_000, 3000)];
  await fuzz(inputs, decodeTrailer, (trailer) => assert.deepEqual(trailer, TRAILER));
});

/** JSON text of a header or trailer frame. */
function jsonOf(frame: Uint8Array): string {
  return new TextDecoder().decode(frame.subarray(12, -32));
}

/** Values that a field should never have. */
const HOSTILE = [
  null,
  -1,
  2 ** 60,
  1e308,
  0.5,
  "",
  "\u001b[31m\n".repeat(2000),
  "A".repeat(30_000),
  [],
  {},
  true,
  [[[[1]]]],
  "../../etc",
];

Deno.test("a header or trailer with a right SHA-256 and any field hostile is refused in one line", async () => {
  for (
    const [frame, decode] of [
      [encodeHeader(HEADER), decodeHeader],
      [encodeTrailer(TRAILER, 0), decodeTrailer],
    ] as const
  ) {
    const fields = JSON.parse(jsonOf(frame));
    const inputs: Input[] = [];
    for (const name of Object.keys(fields)) {
      for (const value of [...HOSTILE, undefined]) {
        const json = JSON.stringify({ ...fields, [name]: value });
        inputs.push({ what: `${name}: ${json.slice(0, 80)}`, bytes: encodeJsonFrame(json, 0) });
      }
    }
    for (const open of ["[", '{"a":']) {
      const close = open === "[" ? "]" : "}";
      const nested = open.repeat(9000) + "1" + close.repeat(9000);
      inputs.push({ what: "nested", bytes: encodeJsonFrame(nested, 0) });
      const text = `{"format":"ectar-chunk","version":2,"part":${nested}}`;
      inputs.push({ what: "nested field", bytes: encodeJsonFrame(text, 0) });
    }
    const accepted = await fuzz<unknown>(inputs, decode);
    assert.ok(accepted < 20, "only names and times may be almost anything");
  }
});

Deno.test("JSON nested 100,000 deep in a trailer is refused", async () => {
  const nested = "[".repeat(100_000) + "]".repeat(100_000);
  const text = `{"format":"ectar-chunk","version":2,"part":"trailer","piece_crc32":${nested}}`;
  await refuses(() => decodeTrailer(encodeJsonFrame(text, 0)), /chunk trailer/);
  await refuses(() => decodeTrailer(encodeJsonFrame("[".repeat(1 << 20), 0)), /JSON/);
});

Deno.test("sizes of a JSON frame are within the frame and the caller's bound, or refused", async () => {
  const good = encodeHeader(HEADER);
  const inputs = [...mutants(good.slice(0, 12), 53_000, 4000), ...noises(54_000, 500, 40)];
  await fuzz(
    inputs.filter(({ bytes }) => bytes.length >= 12),
    (bytes) => parseJsonFrameSizes(bytes, 65_536),
    (sizes) => {
      assert.ok(sizes.provenBytes <= sizes.frameBytes && sizes.provenBytes <= 65_536 + 44);
    },
  );
});

Deno.test("a file name is a shard's only when that shard is called so", () => {
  const names = ["backup", "", "a.c001.s00", "b.index.zst", "/", "..", "x\n", "é", "\0"];
  const digits = ["0", "00", "000", "1", "01", "001", "0001", "255", "256", "9".repeat(16), "٣"];
  let shards = 0;
  for (let seed = 60_000; seed < 80_000; seed++) {
    const random = new Random(seed);
    const ending = random.pick(["", "", "", ".bak", "\n", " ", ".index.zst"]);
    const chunk = random.pick(["c", "c", "c", "C", ""]) + random.pick(digits);
    const name = `${random.pick(names)}.${chunk}.s${random.pick(digits)}${ending}`;
    const parsed = parseShardFileName(name);
    if (parsed === undefined) continue;
    shards++;
    assert.equal(shardFileName(parsed.name, parsed.chunk, parsed.shard), name);
    assert.ok(parsed.name.length > 0 && parsed.chunk >= 1 && parsed.shard <= 255, name);
    assert.equal(parseIndexFileName(name), undefined, name);
  }
  assert.ok(shards > 100);
});

Deno.test("a commit marker takes effect whole, or not at all; no other file is ever in it", async () => {
  const markers = [
    { id: "0123abcd", uuid: HEADER.archiveUuid, chunks: 3, m: 5, index: true },
    {
      id: "0123abcd",
      uuid: "",
      chunks: 0,
      m: 1,
      index: false,
      repair: {
        files: ["b.c001.s00", "b.index.zst"],
        aside: { "b.c001.s00": "b.c001.s00.ectar-aside-1" },
      },
    },
  ].map((marker) => utf8.encode(JSON.stringify(marker) + "\n"));
  const nested = `{"repair":${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`;
  const inputs: Input[] = [
    ...noises(72_000, 300, 200),
    { what: "nested", bytes: utf8.encode(nested) },
    { what: "huge", bytes: utf8.encode('{"id":"' + "a".repeat(2 ** 24) + '"}\n') },
  ];
  const parse = (bytes: Uint8Array) => parseMarker("b", new TextDecoder().decode(bytes));
  for (const good of markers) {
    await fuzz(truncations(good), parse, (commit) => assert.equal(commit, undefined));
    inputs.push(...bitFlips(good), ...mutants(good, 71_000, 2000));
    inputs.push({ what: "lines", bytes: joined(good, good) });
  }
  const ours = /^b\.(c\d{3,}\.s\d\d+|index\.zst)$/;
  await fuzz(inputs, parse, (commit) => {
    if (commit === undefined) return;
    assert.match(commit.id, /^[0-9a-f]{8}$/);
    assert.ok(Number.isInteger(commit.chunks) && commit.m >= 1 && commit.m <= 256);
    for (const file of commit.repair?.files ?? []) assert.match(file, ours);
    for (const [file, kept] of Object.entries(commit.repair?.aside ?? {})) {
      assert.ok(kept.startsWith(`${file}.ectar-aside-`) && !kept.includes("/"));
    }
  });
});
