/** Tapes in the hands of somebody without ectar: mt, tar, dd, zunfec and zstd, as RESTORE.txt says. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ChunkRecord, IndexHead } from "../../src/index/records.ts";
import {
  blankTapes,
  blockOffsets,
  devices,
  HEADER_BYTES,
  loadTapes,
  overwriteImage,
  saveTapes,
  sh,
} from "./drives.ts";
import { ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { assertSameTree, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const DATA_SHARDS = 2;
const BLOCK_BYTES = 64 * 1024;
const LABEL = "ectar-label.json\nRESTORE.txt\nectar-unfec.py\n";

/** The archive's index as ectar has left it on disk. */
interface Index extends IndexHead {
  chunks: ChunkRecord[];
}

function readIndex(): Index {
  return JSON.parse(sh("zstdcat backup.index.zst"));
}

/** Winds a tape to a tape file and copies that to disk; the number of blocks is counted by dd. */
function copyTapeFile(drive: number, tapeFile: number, path: string): { blocks: number } {
  sh(`mt -f /dev/nst${drive} rewind && mt -f /dev/nst${drive} fsf ${tapeFile}`);
  const said = sh(`dd if=/dev/nst${drive} bs=${BLOCK_BYTES} of=${path} 2>&1`);
  return { blocks: Number(/^(\d+)\+0 records in$/m.exec(said)?.[1]) };
}

/** Unpacks the label from a tape and gives the commands that RESTORE.txt names, as they stand. */
function readLabel(drive: number): { unpack: string; restore: string } {
  sh("rm -rf label && mkdir label");
  const unpack = "mt -f /dev/nst0 rewind && tar xf /dev/nst0";
  sh(`cd label && ${onDrive(unpack, drive)}`);
  const text = Deno.readTextFileSync("/tmp/label/RESTORE.txt");
  const restore = /^# +(DRIVES=.* sh .*RESTORE\.txt)$/m.exec(text)?.[1];
  assert.ok(restore !== undefined, "RESTORE.txt names its command");
  assert.ok(text.includes(unpack), "RESTORE.txt says how it was unpacked");
  return { unpack, restore };
}

function onDrive(command: string, drive: number): string {
  return command.replaceAll("/dev/nst0", `/dev/nst${drive}`);
}

/** Carries out what RESTORE.txt says, with drives filled in; returns what it said. */
function restore(drives: readonly number[], environment = ""): string {
  const command = readLabel(drives[0]).restore
    .replace(/"[^"]*"/, `"${drives.map((drive) => `/dev/nst${drive}`).join(" ")}"`)
    .replace("/path/to/", "/tmp/label/");
  removeTree("/tmp/restored");
  const said = sh(`mkdir restored && cd restored && { ${environment}${command}; } 2>&1`);
  assertSameTree("/tmp/tree", "/tmp/restored/tree");
  return said;
}

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64 }, {
  "tar shows the label of a rewound tape": async () => {
    await makeTree("/tmp/tree", 3);
    blankTapes(...ALL);
    await ectar(
      0,
      ...["create", "-q", "--tape-devices", devices(...ALL), "--parity-shards", "2"],
      ...["--chunk-size", "2MiB", "--block-size", `${BLOCK_BYTES}`, "-o", "backup", "tree"],
    );
    saveTapes("backup", 4);
    for (const drive of ALL) {
      const node = `/dev/nst${drive}`;
      assert.equal(sh(`mt -f ${node} rewind && tar tf ${node}`), LABEL);
      assert.match(sh(`mt -f ${node} rewind && tar tvf ${node}`), /root\/root .* RESTORE\.txt/);
      readLabel(drive);
      const label = JSON.parse(Deno.readTextFileSync("/tmp/label/ectar-label.json"));
      assert.partialDeepStrictEqual(label, {
        shard: drive,
        data_shards: DATA_SHARDS,
        total_shards: 4,
      });
    }
  },

  "dd finds every tape file where the index says, with the checksums it holds": () => {
    const { chunks, parameters } = readIndex();
    assert.ok(chunks.length >= 2);
    for (const chunk of chunks) {
      const shares = ALL.map((drive) => {
        const [[volume, tapeFile, firstBlock, blocks], ...more] = chunk.extents![drive];
        assert.deepEqual([volume, firstBlock, more], [0, 0, []]);
        const path = `/tmp/share${drive}`;
        assert.equal(copyTapeFile(drive, tapeFile, path).blocks, blocks);
        const share = Deno.readFileSync(path);
        assert.equal(share.length, chunk.shard_size);
        const payload = share.subarray(share.length - chunk.compressed_size / DATA_SHARDS);
        assert.equal(pieceChecksums(payload, parameters.piece_size), chunk.piece_crc32[drive]);
        return path;
      });
      for (const pair of [[0, 1], [2, 3]]) {
        sh(`zunfec -f -o chunk.zst ${pair.map((drive) => shares[drive]).join(" ")}`);
        assertChunk(chunk, Deno.readFileSync("/tmp/chunk.zst"));
      }
    }
    return Promise.resolve();
  },

  "behind the chunks stands the index, the same on every tape": () => {
    const { chunks } = readIndex();
    for (const drive of ALL) {
      copyTapeFile(drive, chunks.length + 1, "/tmp/index");
      // Behind it stand zeros to the end of the last block, in a frame that zstd skips.
      sh("zstdcat index >one && zstdcat backup.index.zst >other && cmp one other");
    }
    return Promise.resolve();
  },

  "RESTORE.txt's commands restore the tree from any two tapes with zunfec": () => {
    sh("command -v zunfec");
    for (const drives of [[3, 1], [2, 3]]) {
      const said = restore(drives);
      assert.match(said, /chunk 1 joined from 2 shares[\s\S]*done\n$/);
    }
    return Promise.resolve();
  },

  "RESTORE.txt's commands go on past a tape that cannot be read": () => {
    loadTapes("backup", ALL);
    overwriteImage(1, blockOffsets(1)[2][3], new Uint8Array(HEADER_BYTES).fill(0xa5));
    assert.match(restore([1, 0, 3]), /nst1: tape file 2 cannot be read/);
    loadTapes("backup", ALL);
    return Promise.resolve();
  },

  "RESTORE.txt's commands restore the tree with Python where there is no zunfec": () => {
    sh("mkdir programs && ln -s /usr/bin/* programs && rm programs/zunfec");
    assert.match(restore([3, 0], "PATH=/tmp/programs "), /done\n$/);
    return Promise.resolve();
  },
});

/** CRC-32s of the pieces of a payload, as an index holds them. */
function pieceChecksums(payload: Uint8Array, pieceBytes: number): string {
  const sums = Buffer.alloc(4 * Math.ceil(payload.length / pieceBytes));
  for (let at = 0, i = 0; at < payload.length; at += pieceBytes, i++) {
    sums.writeUInt32LE(crc32(payload.subarray(at, at + pieceBytes)), 4 * i);
  }
  return sums.toString("base64");
}

/** Compares a joined chunk with the SHA-256s in its record. */
function assertChunk(record: ChunkRecord, chunk: Uint8Array): void {
  assert.equal(chunk.length, record.compressed_size);
  const [header, ...frames] = record.frame_sizes.slice(0, -1);
  let at = header;
  const hashes = frames.map((bytes) => sha256(chunk.subarray(at, at += bytes)));
  assert.equal(Buffer.concat(hashes).toString("base64"), record.frame_sha256);
  assert.equal(sha256(Buffer.concat(hashes)).toString("hex"), record.checksum);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
