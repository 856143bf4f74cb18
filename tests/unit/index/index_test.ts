import assert from "node:assert/strict";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { EctarError } from "../../../src/errors.ts";
import { IndexReader } from "../../../src/index/index_reader.ts";
import { writeIndex } from "../../../src/index/index_writer.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import type { IndexHead } from "../../../src/index/records.ts";
import { decompressStream } from "../../../src/zstd/frame_stream.ts";
import { skippableHeader } from "../../../src/zstd/skippable.ts";
import { concat } from "../../bytes.ts";
import { chunkRecord, fileRecord, handleOf, HEAD, indexBytes, lines } from "./sample_index.ts";

const encoder = new TextEncoder();

async function readAll(bytes: Uint8Array, pieceBytes?: number) {
  const reader = new IndexReader(handleOf(bytes, pieceBytes));
  return {
    head: await reader.head(),
    chunks: await Array.fromAsync(reader.chunks()),
    files: await Array.fromAsync(reader.files()),
  };
}

async function textOf(bytes: Uint8Array): Promise<string> {
  return new TextDecoder().decode(
    concat(await Array.fromAsync(decompressStream(handleOf(bytes).read()))),
  );
}

/** Compresses text of an index that somebody else may have written. */
const compressed = (text: string) => zstdCompressSync(encoder.encode(text));

async function sampleText(files = 3): Promise<string> {
  const records = Array.from({ length: files }, (_, i) => fileRecord(i));
  return await textOf(await indexBytes(HEAD, [chunkRecord(1), chunkRecord(2)], lines(records)));
}

function rejects(promise: Promise<unknown>, code: string, message: RegExp = /./): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof EctarError, `${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.message, /^index backup\.index\.zst: /);
    return true;
  });
}

Deno.test("indexes with any number of chunks and files come back", async () => {
  for (const chunkCount of [0, 1, 3]) {
    for (const fileCount of [0, 1, 2, 5000]) {
      const chunks = Array.from({ length: chunkCount }, (_, i) => chunkRecord(i + 1));
      const files = Array.from({ length: fileCount }, (_, i) => fileRecord(i));
      const bytes = await indexBytes(HEAD, chunks, lines(files));
      assert.deepEqual(await readAll(bytes), { head: HEAD, chunks, files });
      JSON.parse(await textOf(bytes));
    }
  }
});

Deno.test("an index has one record a line", async () => {
  const text = await sampleText(2);
  const expected = [
    "{",
    '"version":"2.0",',
    '"created":"2024-05-06T07:08:09Z",',
    '"tool_version":"2.0.0",',
    '"archive_name":"backup",',
    '"archive_uuid":"01234567-89ab-4def-8123-456789abcdef",',
    '"complete":true,',
    '"layout":"files",',
    `"parameters":${JSON.stringify(HEAD.parameters)},`,
    '"chunks":[',
    `${JSON.stringify(chunkRecord(1))},`,
    JSON.stringify(chunkRecord(2)),
    "],",
    '"files":[',
    `${JSON.stringify(fileRecord(0))},`,
    JSON.stringify(fileRecord(1)),
    "]}",
    "",
  ];
  assert.deepEqual(text.split("\n"), expected);
});

Deno.test("the same records give the same bytes, however they come in pieces", async () => {
  const files = Array.from({ length: 3000 }, (_, i) => fileRecord(i));
  const whole = await indexBytes(HEAD, [chunkRecord(1)], lines(files, 1e9));
  for (const pieceBytes of [1, 7, 350, 65536]) {
    assert.deepEqual(await indexBytes(HEAD, [chunkRecord(1)], lines(files, pieceBytes)), whole);
  }
  const shuffled = Object.fromEntries(Object.entries(HEAD).reverse()) as unknown as IndexHead;
  assert.deepEqual(await indexBytes(shuffled, [chunkRecord(1)], lines(files)), whole);
});

Deno.test("an index is read whole, in pieces and byte by byte alike", async () => {
  const files = Array.from({ length: 200 }, (_, i) => fileRecord(i));
  const bytes = await indexBytes(HEAD, [chunkRecord(1)], lines(files));
  for (const pieceBytes of [1, 2, 13, 4096, 1e9]) {
    assert.deepEqual((await readAll(bytes, pieceBytes)).files, files);
  }
});

Deno.test("an index that was recompressed in any way is read", async () => {
  const files = Array.from({ length: 30_000 }, (_, i) => fileRecord(i));
  const text = encoder.encode(await textOf(await indexBytes(HEAD, [chunkRecord(1)], lines(files))));
  assert.ok(text.length > 8 * 2 ** 20);
  const c = constants;
  const variants = [
    { [c.ZSTD_c_contentSizeFlag]: 0 },
    { [c.ZSTD_c_checksumFlag]: 1 },
    { [c.ZSTD_c_checksumFlag]: 1, [c.ZSTD_c_windowLog]: 27 },
  ];
  for (const params of variants) {
    const { files: back } = await readAll(zstdCompressSync(text, { params, chunkSize: 2 ** 24 }));
    assert.equal(back.length, files.length);
    assert.deepEqual(back.at(-1), files.at(-1));
  }
});

Deno.test("an index with a skippable frame of padding behind it is read", async () => {
  const bytes = await indexBytes(HEAD, [chunkRecord(1)], lines([fileRecord(1)]));
  for (const padding of [0, 1, 500_000]) {
    const padded = concat([bytes, skippableHeader(0x184d2a50, padding), new Uint8Array(padding)]);
    assert.deepEqual((await readAll(padded)).files, [fileRecord(1)]);
  }
});

Deno.test("optional fields come back", async () => {
  const head: IndexHead = {
    ...HEAD,
    layout: "tapes",
    complete: false,
    tape_set_uuid: HEAD.archive_uuid,
    volumes: [{ shard: 0, volume: 0, uuid: HEAD.archive_uuid }],
  };
  const chunk = chunkRecord(1, {
    extents: [[[0, 1, 0, 7]], [], [[0, 1, 0, 3], [1, 1, 0, 4]]],
    missing: [{ shard: 1, reason: "drive /dev/nst1 failed" }],
  });
  const files = [
    fileRecord(1, { path_b64: "/w==", path: "\ufffd" }),
    fileRecord(2, { target: "x\ufffd", target_b64: "eP8=", entry_type: "symlink", checksum: "" }),
    fileRecord(3, { device: [8, 0], entry_type: "block-device" }),
  ];
  assert.deepEqual(await readAll(await indexBytes(head, [chunk], lines(files))), {
    head,
    chunks: [chunk],
    files,
  });
});

Deno.test("unknown members, lists and fields are passed over", async () => {
  const text = (await sampleText())
    .replace('"chunks":[', '"future":{"a":[1,2]},\n"chunks":[')
    .replace('"files":[', '"more":[\n{"x":1},\n{"y":2}\n],\n"files":[')
    .replace('"chunk_number":1', '"new_field":[],"chunk_number":1')
    .replace(/\]\}\n$/, '],\n"behind":7,\n"empty":[\n]\n}\n');
  JSON.parse(text);
  const { chunks, files, head } = await readAll(compressed(text));
  assert.deepEqual([head, chunks.length, files.length], [HEAD, 2, 3]);
  assert.deepEqual(chunks[0], chunkRecord(1));
});

Deno.test("reading stops where the wanted part ends", async () => {
  const files = Array.from({ length: 30_000 }, (_, i) => fileRecord(i));
  const bytes = await indexBytes(HEAD, [chunkRecord(1)], lines(files));
  let read = 0;
  let closed = 0;
  const reader = new IndexReader({
    origin: "backup.index.zst",
    async *read() {
      try {
        for await (const piece of handleOf(bytes, 4096).read()) {
          read += piece.length;
          yield piece;
        }
      } finally {
        closed++;
      }
    },
  });
  await reader.head();
  assert.equal((await Array.fromAsync(reader.chunks())).length, 1);
  for await (const file of reader.files()) {
    assert.deepEqual(file, files[0]);
    break;
  }
  assert.ok(read < bytes.length / 2, `${read} of ${bytes.length}`);
  assert.equal(closed, 3);
});

Deno.test("older indexes are named by their version, however they are laid out", async () => {
  const json = { version: "1.0", created: "2024-01-01T00:00:00Z", chunks: [], files: [] };
  for (const indent of [0, 2, 4]) {
    const bytes = compressed(JSON.stringify(json, undefined, indent));
    await rejects(readAll(bytes), "unsupported", /version is 1\.0/);
  }
  await rejects(readAll(compressed('{\n"version":"3.0",\n"x":1}')), "unsupported", /3\.0/);
});

Deno.test("an index laid out otherwise is refused with a clear error", async () => {
  const json = JSON.parse(await sampleText());
  for (const indent of [0, 2]) {
    const bytes = compressed(JSON.stringify(json, undefined, indent));
    await rejects(readAll(bytes), "format", /one record a line/);
  }
  for (const text of ["", "\n", "[]", "null", "{}", "hello", "\ufeff{"]) {
    await rejects(readAll(compressed(text)), "format");
  }
  const good = await sampleText();
  const broken = [
    good.replace('"files":[\n', ""),
    good.replace('},\n{"path"', '}\n{"path"'),
    good.replace(/\}\n\]\}\n$/, "},\n]}\n"),
    good + "{\n",
    good + "x",
    good.replace('"complete":true,', '"complete":true'),
    good.replace('"complete":true,', '"complete":,'),
    good.replace('"chunks":[', '"chunks":[],\n"junk":['),
    good.replace('"files":[', '"filez":['),
  ];
  for (const text of broken) {
    assert.notEqual(text, good);
    await rejects(readAll(compressed(text)), "format");
  }
});

Deno.test("an index that is cut short anywhere is an error, not a shorter list", async () => {
  const text = await sampleText(5);
  for (let length = 0; length < text.length - 1; length++) {
    if (length > 500 && length < text.length - 400 && length % 37) continue;
    await rejects(readAll(compressed(text.slice(0, length))), "format");
  }
  const bytes = compressed(text);
  for (let length = 0; length < bytes.length; length += 3) {
    await rejects(readAll(bytes.subarray(0, length)), "format");
  }
});

Deno.test("a flipped bit anywhere never changes a record", async () => {
  const files = Array.from({ length: 20 }, (_, i) => fileRecord(i));
  const bytes = await indexBytes(HEAD, [chunkRecord(1)], lines(files));
  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const bad = Uint8Array.from(bytes);
    bad[bit >> 3] ^= 1 << (bit & 7);
    try {
      assert.deepEqual((await readAll(bad)).files, files);
    } catch (error) {
      assert.ok(error instanceof EctarError, `bit ${bit}: ${error}`);
    }
  }
});

Deno.test("records whose fields are missing, of a wrong type or contradict each other are refused", async () => {
  const text = await sampleText();
  const changes: [RegExp, string][] = [
    [/"archive_uuid":"0/, '"archive_uuid":"X'],
    [/"complete":true/, '"complete":1'],
    [/"archive_name":"backup"/, '"archive_name":"../x"'],
    [/"data_shards":2/, '"data_shards":256'],
    [/"data_shards":2/, '"data_shards":0'],
    [/"piece_size":4096/, '"piece_size":1'],
    [/"frame_size":400/, '"frame_size":1e12'],
    [/"chunk_number":1/, '"chunk_number":2'],
    [/"chunk_number":2/, '"chunk_number":1'],
    [/"chunk_number":1,/, ""],
    [/"compressed_size":6420/, '"compressed_size":6421'],
    [/"compressed_size":6420/, '"compressed_size":64200000'],
    [/"shard_size":3212/, '"shard_size":3210'],
    [/"shard_size":3212/, '"shard_size":3212.5'],
    [/"uncompressed_size":1000/, '"uncompressed_size":1201'],
    [/"frame_sizes":\[500/, '"frame_sizes":[501'],
    [/"frame_sizes":\[500/, '"frame_sizes":[-500'],
    [/"frame_sha256":"A/, '"frame_sha256":"AAAAA'],
    [/"frame_sha256":"A/, '"frame_sha256":"*'],
    [/"piece_crc32":\["AAAAAA==",/, '"piece_crc32":['],
    [/"piece_crc32":\["AAAAAA=="/, '"piece_crc32":["AAAAAAAAAAA="'],
    [/"next_member":1512/, '"next_member":15'],
    [/"path":"dir/, '"path":1,"x":"dir'],
    [/"checksum":"cd/, '"checksum":"CD'],
    [/"mode":420/, '"mode":70000'],
    [/"mtime":-1/, '"mtime":1e30'],
    [/"size":5,/, ""],
    [/"spans_chunks":false/, '"spans_chunks":null'],
    [/"user":"user"/, '"user":"us\ner"'],
  ];
  for (const [pattern, replacement] of changes) {
    const changed = text.replace(pattern, replacement);
    assert.notEqual(changed, text, `${pattern}`);
    await rejects(readAll(compressed(changed)), "format");
  }
});

Deno.test("bytes that are no UTF-8 are refused", async () => {
  const bytes = encoder.encode(await sampleText());
  bytes[bytes.indexOf(0xc3)] = 0xff;
  await rejects(readAll(zstdCompressSync(bytes)), "format", /UTF-8/);
});

Deno.test("endless lines, heads and bombs end in an error", async () => {
  const zeros = zstdCompressSync(new Uint8Array(68 * 2 ** 20));
  await rejects(readAll(zeros), "format");
  const line = zstdCompressSync(encoder.encode('{\n"x":"' + "x".repeat(68 * 2 ** 20)));
  await rejects(readAll(line), "format", /one record a line/);
  const head = zstdCompressSync(encoder.encode("{\n" + '"a":1,\n'.repeat(2 ** 22)));
  await rejects(readAll(head), "format", /head/);
});

Deno.test("bytes that are no zstd are refused", async () => {
  await rejects(readAll(encoder.encode("{\n}\n")), "format");
  await rejects(readAll(new Uint8Array(0)), "format");
  await rejects(readAll(new Uint8Array(100)), "format");
});

Deno.test("any bytes whatever give an EctarError and no hang", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const magic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
      for (const input of [bytes, concat([magic, bytes])]) {
        assert.match(await codeOf(input), /^(format|unsupported)$/);
      }
    }),
    { numRuns: 200 },
  );
});

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    await readAll(bytes);
  } catch (error) {
    if (error instanceof EctarError) return error.code;
    throw error;
  }
  throw new Error("it was accepted");
}

Deno.test("writing an index hands over its bytes with their exact size, once", async () => {
  const spool = new MemorySpool();
  const files = Array.from({ length: 4000 }, (_, i) => fileRecord(i));
  for await (const piece of lines(files)) await spool.append(piece);
  const written: Uint8Array[] = [];
  let stated = 0;
  const size = await writeIndex(HEAD, [chunkRecord(1)], spool, {
    async writeIndex(index, bytes) {
      stated = bytes;
      for await (const piece of index) written.push(piece);
    },
  });
  assert.equal(size, stated);
  assert.equal(concat(written).length, size);
  assert.deepEqual(concat(written), await indexBytes(HEAD, [chunkRecord(1)], lines(files)));
  await spool.close();
});

Deno.test("a spool in memory gives back any stretch of what was appended", async () => {
  const spool = new MemorySpool();
  const all = encoder.encode("abcdefghijklmnopqrstuvwxyz");
  const reused = new Uint8Array(5);
  for (let i = 0; i < all.length; i += 5) {
    const part = all.subarray(i, i + 5);
    reused.set(part);
    await spool.append(reused.subarray(0, part.length));
  }
  assert.equal(spool.size, 26);
  for (let start = 0; start <= 26; start++) {
    for (let end = start; end <= 26; end++) {
      assert.deepEqual(
        concat(await Array.fromAsync(spool.read(start, end))),
        all.slice(start, end),
      );
    }
  }
});
