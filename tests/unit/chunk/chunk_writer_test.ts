import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { type ArchiveDescription, ChunkWriter } from "../../../src/chunk/chunk_writer.ts";
import { decodeCrc32List } from "../../../src/chunk/format_crc32.ts";
import { decodeHeader } from "../../../src/chunk/header.ts";
import { layOutFrames, pieceCount, pieceRange } from "../../../src/chunk/layout.ts";
import { type ChunkTrailer, decodeTrailer } from "../../../src/chunk/trailer.ts";
import { encodeMatrixRow } from "./scalar_parity.ts";
import { EctarError } from "../../../src/errors.ts";
import type { ChunkRecord } from "../../../src/index/records.ts";
import type { MediumState } from "../../../src/shard/shard_io.ts";
import { zfecHeaderLength } from "../../../src/shard/zfec_header.ts";
import { decompressFrame } from "../../../src/zstd/frame.ts";
import { decodeSeekTable, parseSeekTableFooter } from "../../../src/zstd/seek_table.ts";
import { concat, noise, text } from "../../bytes.ts";
import { deStripe, MemoryShards } from "./memory_shards.ts";
import { description, frameOf, writeArchive } from "./sample_archives.ts";

/** Takes a chunk's share files apart the plain way and checks all that the format promises. */
function checkChunk(
  shares: readonly Uint8Array[],
  record: ChunkRecord,
  archive: ArchiveDescription,
  previousTrailer: { trailer: ChunkTrailer; payloads: Uint8Array[] } | undefined,
  { k, m, blockSize }: MemoryShards,
) {
  const h = zfecHeaderLength(k, m);
  for (const share of shares) {
    assert.equal(share.length, record.shard_size);
    assert.equal(share.length % blockSize, 0);
  }
  const payloads = shares.map((share) => share.subarray(h));
  const chunk = deStripe(payloads.slice(0, k));
  assert.equal(chunk.length, record.compressed_size);
  assert.equal(chunk.length % k, 0);

  const { tableBytes } = parseSeekTableFooter(chunk.subarray(-9));
  const entries = decodeSeekTable(chunk.subarray(chunk.length - tableBytes));
  const frames = layOutFrames(entries, chunk.length);
  assert.deepEqual(entries.map((entry) => entry.compressedSize), record.frame_sizes);

  const header = decodeHeader(chunk);
  assert.equal(header.chunk, record.chunk_number);
  assert.equal(header.tarOffset, record.tar_offset);
  assert.equal(header.nextMember, record.next_member);
  assert.deepEqual([header.k, header.m, header.blockSize], [k, m, blockSize]);
  const trailer = decodeTrailer(chunk.subarray(frames.trailer.start));
  assert.equal(trailer.archiveUuid, header.archiveUuid);
  assert.equal(trailer.chunk, header.chunk);
  assert.equal(trailer.pieceCrc32.length, m);
  assert.equal(trailer.last, record.last);
  assert.equal(trailer.uncompressedSize, record.uncompressed_size);
  assert.equal(frames.contentBytes, record.uncompressed_size);
  const tableEntries = chunk.subarray(frames.seekTable.start + 8).subarray(
    0,
    8 * (entries.length - 1),
  );
  assert.equal(trailer.seekTableSha256, createHash("sha256").update(tableEntries).digest("hex"));
  assert.equal(
    record.checksum,
    createHash("sha256").update(trailer.frameSha256).digest("hex"),
  );

  const content = frames.data.map((frame, index) => {
    const bytes = chunk.subarray(frame.start, frame.end);
    const sha256 = createHash("sha256").update(bytes).digest();
    assert.deepEqual(
      new Uint8Array(sha256),
      trailer.frameSha256.slice(index * 32, index * 32 + 32),
    );
    return decompressFrame(bytes, frame.contentBytes, archive.frameSize);
  });

  const wholeStripes = Math.floor(frames.trailer.start / (k * 4096));
  const covered = Math.floor(wholeStripes * 4096 / header.pieceSize);
  payloads.forEach((payload, shard) => {
    assert.equal(trailer.pieceCrc32[shard].length, covered);
    trailer.pieceCrc32[shard].forEach((crc, piece) => {
      const { start, end } = pieceRange(piece, header.pieceSize, payload.length);
      assert.equal(crc, crc32(payload.subarray(start, end)));
    });
    const indexed = decodeCrc32List(record.piece_crc32[shard]);
    assert.equal(indexed.length, pieceCount(payload.length, 1024 * 1024));
    indexed.forEach((crc, piece) => {
      const { start, end } = pieceRange(piece, 1024 * 1024, payload.length);
      assert.equal(crc, crc32(payload.subarray(start, end)));
    });
  });

  if (previousTrailer === undefined) {
    assert.equal(trailer.previous, undefined);
  } else {
    assert.equal(trailer.previous!.chunk, header.chunk - 1);
    assert.equal(trailer.previous!.firstPiece, previousTrailer.trailer.pieceCrc32[0].length);
    previousTrailer.payloads.forEach((payload, shard) => {
      const list = trailer.previous!.crc32[shard];
      const first = trailer.previous!.firstPiece;
      assert.equal(first + list.length, pieceCount(payload.length, header.pieceSize));
      list.forEach((crc, index) => {
        const { start, end } = pieceRange(first + index, header.pieceSize, payload.length);
        assert.equal(crc, crc32(payload.subarray(start, end)));
      });
    });
  }
  return { content: concat(content), trailer, payloads };
}

function checkArchive(shards: MemoryShards, records: ChunkRecord[], archive: ArchiveDescription) {
  const contents: Uint8Array[] = [];
  let previous: ReturnType<typeof checkChunk> | undefined;
  assert.equal(shards.chunks.length, records.length);
  shards.chunks.forEach((shares, index) => {
    assert.equal(records[index].chunk_number, index + 1);
    assert.equal(records[index].last, index === records.length - 1);
    previous = checkChunk(shares, records[index], archive, previous, shards);
    contents.push(previous.content);
  });
  return concat(contents);
}

const scheme = fc.integer({ min: 1, max: 255 }).chain((k) =>
  fc.tuple(fc.constant(k), fc.integer({ min: k + 1, max: 256 }))
);

Deno.test("archives of any k, m, block, frame and chunk size come back from their data shards", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(scheme, fc.constantFrom<[number, number]>([1, 2], [3, 5], [10, 14], [255, 256])),
      fc.constantFrom(1, 1, 512, 4096, 65536, 10240),
      fc.integer({ min: 0, max: 600_000 }),
      fc.constantFrom(0, 1, 3),
      fc.constantFrom(1000, 4096, 65536, 300_000),
      fc.constantFrom(1, 2, 3, 7),
      async ([k, m], blockSize, length, compressionLevel, frameSize, framesPerChunk) => {
        const shards = new MemoryShards(k, m, blockSize);
        const archive = description({
          compressionLevel,
          frameSize,
          chunkSize: Math.max(frameSize * framesPerChunk, 60_000),
        });
        const tar = noise(length, length);
        const records = await writeArchive(shards, tar, archive);
        assert.deepEqual(checkArchive(shards, records, archive), tar);
      },
    ),
    { numRuns: 40, interruptAfterTimeLimit: 8000 },
  );
});

Deno.test("parity shards are the field's sums of the data shards", async () => {
  for (const [k, m] of [[1, 2], [2, 4], [5, 9]]) {
    const shards = new MemoryShards(k, m, 512);
    await writeArchive(shards, noise(150_000, 4), description({ compressionLevel: 0 }));
    const h = zfecHeaderLength(k, m);
    const payloads = shards.chunks[0].map((share) => share.subarray(h));
    for (let row = k; row < m; row++) {
      assert.deepEqual(payloads[row], encodeMatrixRow(row, payloads.slice(0, k)));
    }
  }
});

Deno.test("chunks far larger than a batch keep every byte and every piece checksum", async () => {
  const shards = new MemoryShards(3, 5, 4096);
  const size = 24 * 2 ** 20;
  const archive = description({ compressionLevel: 0, chunkSize: size, frameSize: 2 ** 20 });
  const tar = noise(size + 12345, 99);
  const records = await writeArchive(shards, tar, archive);
  assert.equal(
    createHash("sha256").update(checkArchive(shards, records, archive)).digest("hex"),
    createHash("sha256").update(tar).digest("hex"),
  );
});

Deno.test("frames that end at and around stripe boundaries come back", async () => {
  const k = 2;
  for (let delta = -40; delta <= 40; delta++) {
    const shards = new MemoryShards(k, 3, 1);
    const archive = description({ compressionLevel: 0, frameSize: 65536, chunkSize: 65536 });
    const tar = noise(16384 - 700 + delta * 13, delta + 100);
    const records = await writeArchive(shards, tar, archive);
    assert.deepEqual(checkArchive(shards, records, archive), tar);
  }
});

Deno.test("the same input gives the same bytes", async () => {
  const [one, two] = [new MemoryShards(4, 6, 512), new MemoryShards(4, 6, 512)];
  for (const shards of [one, two]) await writeArchive(shards, text(300_000), description());
  assert.deepEqual(one.chunks, two.chunks);
});

Deno.test("a discarded chunk leaves no trace in those after it", async () => {
  const archive = description({ compressionLevel: 0, chunkSize: 200_000 });
  const tar = noise(400_000, 8);
  const plain = new MemoryShards(2, 3);
  await writeArchive(plain, tar, archive);

  const shards = new MemoryShards(2, 3);
  const writer = new ChunkWriter(shards, archive);
  const writeChunk = async (start: number, last: boolean) => {
    await writer.beginChunk(start, start);
    for (let offset = start; offset < start + 200_000; offset += archive.frameSize) {
      const data = tar.subarray(offset, Math.min(start + 200_000, offset + archive.frameSize));
      const { bytes, sha256 } = frameOf(data, 0);
      await writer.addFrame([bytes], sha256, data.length);
    }
    await writer.endChunk(last);
  };
  await writeChunk(0, false);
  await writer.beginChunk(200_000, 200_000);
  const { bytes, sha256 } = frameOf(noise(archive.frameSize, 1), 0);
  await writer.addFrame([bytes], sha256, archive.frameSize);
  await writer.discardChunk();
  await writeChunk(200_000, true);
  await writer.close();
  assert.deepEqual(shards.chunks, plain.chunks);
  assert.deepEqual(shards.calls, ["begin 1", "end", "begin 2", "discard", "begin 2", "end"]);
});

/** Writes 40 frames of 1 MiB, enough for several batches, with a scripted medium. */
async function writeMany(shards: MemoryShards): Promise<{ states: MediumState[]; end: unknown }> {
  const archive = description({ compressionLevel: 0, chunkSize: 2 ** 30, frameSize: 2 ** 20 });
  const writer = new ChunkWriter(shards, archive);
  await writer.beginChunk(0, 0);
  const { bytes, sha256 } = frameOf(noise(2 ** 20, 5), 0);
  const states: MediumState[] = [];
  try {
    for (let i = 0; i < 40; i++) states.push(await writer.addFrame([bytes], sha256, 2 ** 20));
    return { states, end: await writer.endChunk(true) };
  } catch (error) {
    await writer.discardChunk();
    return { states, end: error };
  } finally {
    await writer.close();
  }
}

Deno.test("the worst state of the media reaches the caller and stays", async () => {
  const shards = new MemoryShards(2, 3);
  let writes = 0;
  shards.onWrite = () => ++writes === 2 ? "near-end" : "ok";
  const { states, end } = await writeMany(shards);
  assert.equal(states[0], "ok");
  assert.equal(states.at(-1), "near-end");
  assert.ok(!(end instanceof Error));
});

Deno.test("a chunk on a full medium is not ended", async () => {
  const shards = new MemoryShards(2, 3);
  shards.onWrite = () => "full";
  const { states, end } = await writeMany(shards);
  assert.equal(states.at(-1), "full");
  assert.ok(end instanceof EctarError && end.code === "no-space" && end.context.chunk === 1);
  assert.deepEqual(shards.calls, ["begin 1", "discard"]);
});

Deno.test("a failed write surfaces at the caller, once, and nothing is ended", async () => {
  for (const failing of [1, 2, 3, 4]) {
    const shards = new MemoryShards(2, 3);
    let writes = 0;
    shards.onWrite = () => {
      if (++writes === failing) throw new EctarError("too-few", "only one drive is left");
      return "ok";
    };
    const { end } = await writeMany(shards);
    assert.ok(end instanceof EctarError && end.code === "too-few");
    assert.deepEqual(shards.calls, ["begin 1", "discard"]);
  }
});

Deno.test("batches are encoded while the one before is being written, and never overwritten", async () => {
  const shards = new MemoryShards(2, 3);
  const tar = noise(30 * 2 ** 20, 6);
  let inFlight = 0;
  shards.onWrite = async (): Promise<MediumState> => {
    assert.equal(++inFlight, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inFlight--;
    return "ok";
  };
  const archive = description({ compressionLevel: 0, chunkSize: 2 ** 30, frameSize: 2 ** 22 });
  const records = await writeArchive(shards, tar, archive);
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  assert.equal(sha256(checkArchive(shards, records, archive)), sha256(tar));
});

Deno.test("frames of a wrong size are refused: only a chunk's last may be short", async () => {
  const writer = new ChunkWriter(new MemoryShards(2, 3), description({ chunkSize: 150_000 }));
  const { bytes, sha256 } = frameOf(text(100), 3);
  const add = (size: number) => writer.addFrame([bytes], sha256, size);
  await assert.rejects(add(1), TypeError);
  await writer.beginChunk(0, 0);
  await assert.rejects(writer.beginChunk(0, 0), TypeError);
  await assert.rejects(add(65537), RangeError);
  await add(65536);
  await add(65536);
  await assert.rejects(add(18929), RangeError);
  await add(18927);
  await assert.rejects(add(1), RangeError);
  await writer.discardChunk();
  await writer.close();
});

Deno.test("parameters that make no archive are refused", () => {
  const refused = (changes: Partial<ArchiveDescription>, shards = new MemoryShards(2, 3)) =>
    assert.throws(
      () => new ChunkWriter(shards, description(changes)),
      (error) => error instanceof EctarError && error.code === "usage",
      JSON.stringify(changes),
    );
  refused({ chunkSize: 0 });
  refused({ chunkSize: NaN });
  refused({ chunkSize: 65 * 2 ** 30 });
  refused({ frameSize: 0 });
  refused({ chunkSize: 64 * 2 ** 30, frameSize: 4096 });
  refused({ archiveUuid: "x" });
  refused({ name: "a/b" });
  refused({ name: ".." });
  refused({ created: "yesterday" });
  refused({ compressionLevel: 23 });
  refused({}, new MemoryShards(2, 3, 0));
  refused({}, new MemoryShards(3, 3));
});
