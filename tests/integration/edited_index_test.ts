/**
 * An index that somebody changed and wrote anew as an index should be, but for what it says of the
 * chunks: they know better. Verify and repair agree about it, and everything is read all the same.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { extractToDirectory, withArchive } from "../../src/archive/extract_local.ts";
import { archiveInfo } from "../../src/archive/info.ts";
import { listArchive } from "../../src/archive/list.ts";
import { repairArchive } from "../../src/archive/repair.ts";
import { verifyArchive, type VerifyDepth } from "../../src/archive/verify.ts";
import type { ChunkRecord, FileRecord, IndexHead } from "../../src/index/records.ts";
import { FileShardSetReader } from "../../src/shard/file_reader.ts";
import { indexFileName, shardFileName } from "../../src/shard/shard_name.ts";
import { memoryDirectory, memoryFile } from "../../src/tree/memory_node.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { noise } from "../cli/sample_tree.ts";
import { knownArchive } from "../sim/shard_set.ts";
import { TOP } from "../sim/trees.ts";
import { archiveState } from "./archive_state.ts";
import { withScratch } from "./scratch.ts";

const FRAME_SIZE = 10_240;

const known = knownArchive(
  memoryDirectory({
    [TOP]: memoryDirectory({ a: memoryFile(noise(90_000, 1)), b: memoryFile(noise(80_000, 2)) }),
  }),
  {
    name: "b",
    uuid: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    created: "2026-01-02T03:04:05Z",
    k: 2,
    m: 3,
    blockSize: 1,
    chunkSize: 6 * FRAME_SIZE,
    frameSize: FRAME_SIZE,
    level: 1,
  },
);

/** Changes the chunks' records, and the head where frames are cut otherwise. */
type Edit = (chunks: ChunkRecord[], head: IndexHead["parameters"]) => void;

function setFrames(chunk: ChunkRecord, sha256: Uint8Array): void {
  chunk.frame_sha256 = Buffer.from(sha256).toString("base64");
  chunk.checksum = createHash("sha256").update(sha256).digest("hex");
}

/** Says that frames of other sizes hold the same tar. */
function cutAnew(frameSize: number): Edit {
  return (chunks, head) => {
    head.frame_size = frameSize;
    for (const chunk of chunks) {
      const [header, ...data] = chunk.frame_sizes;
      const trailer = data.pop()!;
      const count = Math.ceil(chunk.uncompressed_size / frameSize);
      const bytes = data.reduce((sum, size) => sum + size, 0);
      const frames = Array.from({ length: count }, () => Math.floor(bytes / count));
      frames[0] += bytes % count;
      chunk.frame_sizes = [header, ...frames, trailer + 8 * (data.length - count)];
      setFrames(chunk, new Uint8Array(32 * count).fill(7));
    }
  };
}

const EDITS: Record<string, Edit> = {
  "another size of shards": ([, chunk]) => chunk.shard_size++,
  "another checksum": ([, chunk]) =>
    chunk.checksum = chunk.checksum.replace(/./, (digit) => digit === "0" ? "1" : "0"),
  "other SHA-256s of frames": ([, chunk]) => {
    const sha256 = Buffer.from(chunk.frame_sha256, "base64");
    sha256[40] ^= 1;
    setFrames(chunk, sha256);
  },
  "other places of frames": ([, { frame_sizes: sizes }]) => {
    sizes[2]++;
    sizes[3]--;
  },
  "frames cut longer": cutAnew(4 * FRAME_SIZE),
  "frames cut shorter": cutAnew(FRAME_SIZE / 2),
  "another next member": ([, chunk]) => chunk.next_member += 512,
  "an end too early": ([chunk]) => chunk.last = true,
  "an end that never comes": (chunks) => chunks.at(-1)!.last = false,
  "a chunk less": (chunks) => chunks.pop(),
};

function edited(index: Uint8Array, edit: Edit): Uint8Array {
  const text = new TextDecoder().decode(zstdDecompressSync(index));
  const { chunks, files, ...head } = JSON.parse(text);
  edit(chunks, head.parameters);
  const lines = (records: unknown[]) => records.map((each) => JSON.stringify(each)).join(",\n");
  const members = Object.entries(head).map(([name, value]) =>
    `${JSON.stringify(name)}:${JSON.stringify(value)},\n`
  );
  const all = `{\n${members.join("")}"chunks":[\n${lines(chunks)}\n],\n"files":[\n${
    lines(files)
  }\n]}\n`;
  return new Uint8Array(zstdCompressSync(all));
}

async function verify(directory: string, depth: VerifyDepth) {
  const shards = await FileShardSetReader.open([`${directory}/b`]);
  const summary = await withArchive(
    shards,
    {},
    (archive) => verifyArchive(archive, { depth }),
  );
  const { verdict, damage, lost, wrongFiles, indexDamage } = summary;
  return { verdict, damage, lost, wrongFiles, indexes: indexDamage.length };
}

async function writeShards(directory: string, shares: Uint8Array[][]): Promise<void> {
  assert.ok(shares.length >= 3);
  for (const [i, ofChunk] of shares.entries()) {
    for (const [shard, bytes] of ofChunk.entries()) {
      await Deno.writeFile(`${directory}/${shardFileName("b", i + 1, shard)}`, bytes);
    }
  }
}

Deno.test("an index that ends in the middle tells what it can; the shards tell the rest", () =>
  withScratch(async (directory) => {
    const { shares, indexBytes, index } = await known;
    await writeShards(directory, shares);
    const text = new Uint8Array(zstdDecompressSync(indexBytes));
    const lines = new TextDecoder().decode(text).split("\n");
    for (const kept of [1, 2, 3]) {
      const end = lines.indexOf('"files":[') + kept;
      const part = zstdCompressSync(lines.slice(0, end).map((line) => line + "\n").join(""));
      await Deno.writeFile(`${directory}/${indexFileName("b")}`, new Uint8Array(part));
      const open = () => FileShardSetReader.open([`${directory}/b`]);
      const listed: FileRecord[] = [];
      await withArchive(await open(), {}, async (archive) => {
        const options = { checksums: true };
        const { fromIndex } = await listArchive(archive, options, (file) => listed.push(file));
        assert.equal(fromIndex, false);
        assert.match(archive.remarks.join(), /index .*; the shards tell the rest/);
        const { members, chunks } = await archiveInfo(archive);
        assert.deepEqual([members, chunks.length], [undefined, shares.length]);
      });
      assert.deepEqual(listed, index.files, `${kept}`);
      const files = [`${TOP}/b`];
      const to = `${directory}/to${kept}`;
      const { remarks, counts } = await extractToDirectory(await open(), {
        directory: to,
        selection: { files },
      });
      assert.match(remarks.join(), /index .*; it is not used, and the whole archive is read/);
      assert.equal(counts.restored, 1);
      assert.deepEqual(await Deno.readFile(`${to}/${files}`), noise(80_000, 2));
    }
  }));

for (const [what, edit] of Object.entries(EDITS)) {
  Deno.test(`an index that tells of ${what} is damage, and of no other`, () =>
    withScratch(async (directory) => {
      const { shares, indexBytes } = await known;
      await writeShards(directory, shares);
      const where = { inputs: [`${directory}/b`] };
      const { tar } = await archiveState(where);
      const index = `${directory}/${indexFileName("b")}`;
      await Deno.writeFile(index, edited(indexBytes, edit));
      for (const depth of ["checksums", "full"] as const) {
        assert.deepEqual(
          await verify(directory, depth),
          { verdict: "repairable", damage: [], lost: [], wrongFiles: [], indexes: 1 },
          depth,
        );
      }
      assert.ok((await archiveState(where)).tar?.equals(tar!), "all is read");
      const { repaired, lost } = await repairArchive(where, new InProcessCompressor());
      assert.deepEqual([repaired.map(({ path }) => path), lost], [[index], []]);
      assert.equal((await verify(directory, "full")).verdict, "whole");
    }));
}
