/**
 * Three tapes in memory: one drive fails while it writes, one block of another tape cannot be read
 * when restoring, and everything comes back. Needs no permission:
 *
 *     deno run docs/examples/mock_tapes.ts
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  archiveTree,
  extractArchive,
  FILEMARK,
  InProcessCompressor,
  memoryDirectory,
  memoryFile,
  MemoryFileTree,
  MemoryRestoreTree,
  MockTapeDevice,
  OpenArchive,
  RaitShardWriter,
  TapeMedium,
  type TapeRecord,
  TapeShardReader,
  VERSION,
} from "@ectar/ectar";

const BLOCK_BYTES = 64 * 1024;
const CHUNK_BYTES = 1024 * 1024;

// What is to be archived: files that do not compress, so that there are several chunks.
const contents = new Map(Array.from({ length: 8 }, (_, i) => [`photo-${i}.raw`, noise(500_000)]));
const photos = Object.fromEntries(
  [...contents].map(([name, content]) => [name, memoryFile(content)]),
);
const files = new MemoryFileTree(memoryDirectory({ photos: memoryDirectory(photos) }));

// Four cartridges in four drives; any two of them are enough. Drive 1 dies at its 20th block.
const tapes = Array.from({ length: 4 }, () => new TapeMedium());
const drives = tapes.map((medium, i) => new MockTapeDevice({ name: `mock${i}`, medium }));
drives[1].faults.add({ call: "writeBlock", nth: 20, sticky: true });

const archive = {
  name: "photos",
  uuid: crypto.randomUUID(),
  created: new Date().toISOString(),
  chunkSize: CHUNK_BYTES,
  compressionLevel: 3,
};
const writer = new RaitShardWriter(drives, {
  k: 2,
  blockSize: BLOCK_BYTES,
  archive,
  host: "example",
  toolVersion: VERSION,
  onDriveEvent: (event) => console.log(event.message),
});
await writer.begin();
const created = await archiveTree(files, { paths: ["photos"] }, archive, writer, {
  place: { layout: "tapes", tape_set_uuid: writer.setUuid, volumes: writer.volumes },
});
const lostShards = new Set(created.missing.map(({ shard }) => shard));
console.log(`${created.totals?.files} files in ${created.chunks} chunks`);
console.log(`shards that did not reach their tape: ${[...lostShards].join(", ")}`);
assert.deepEqual([...lostShards], [1]);
for (const drive of drives) await drive.close();

// Tape 0 is lost, tape 1 holds the beginning only, a block of tape 2 has gone bad. What is left of
// them lies in other drives, in another order.
const isBlock = (record: TapeRecord) => record !== FILEMARK && record.length === BLOCK_BYTES;
tapes[2].badRecords.add(tapes[2].records.findIndex(isBlock));
const readers = [tapes[3], tapes[2], tapes[1]].map((medium, i) =>
  new MockTapeDevice({ name: `reader${i}`, medium })
);
const shards = await TapeShardReader.open(readers);
const found = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
const target = new MemoryRestoreTree();
const { counts, lostMembers } = await extractArchive(found, { target });
for (const { chunk, shard, detail } of found.damage) {
  console.log(`chunk ${chunk}, shard ${shard}: ${detail}`);
}
await found.close();
await shards.close();

assert.deepEqual(lostMembers, []);
for (const [name, content] of contents) {
  assert.deepEqual(target.find(`photos/${name}`)?.content, content, name);
}
console.log(`${counts.restored} members restored, every byte compared`);

/** Bytes that nothing compresses. */
function noise(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  // The system gives at most 65,536 at once.
  for (let at = 0; at < bytes; at += 65_536) {
    crypto.getRandomValues(content.subarray(at, at + 65_536));
  }
  return content;
}
