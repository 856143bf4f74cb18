/** Archives of trees in memory, through shard writers and tapes in memory, and back. */

import assert from "node:assert/strict";
import {
  archiveTree,
  type ArchiveTreeOptions,
  EctarError,
  extractArchive,
  type FrameCompressor,
  InProcessCompressor,
  memoryDirectory,
  memoryFile,
  MemoryFileTree,
  MemoryRestoreTree,
  MockTapeDevice,
  type Note,
  OpenArchive,
  RaitShardWriter,
  TapeMedium,
  TapeShardReader,
} from "../../mod.ts";
import { noise } from "./tape/rait_set.ts";

const UUID = "01234567-89ab-4def-8123-456789abcdef";
const SHAPE = {
  name: "backup",
  uuid: UUID,
  created: "2026-01-02T03:04:05Z",
  chunkSize: 256 * 1024,
  compressionLevel: 1,
};

/** Three files; the big one fills many chunks, and a chunk is a frame here. */
function sampleTree() {
  return new MemoryFileTree(memoryDirectory({
    docs: memoryDirectory({
      "big": memoryFile(noise(3_000_000, 7)),
      "empty": memoryFile(""),
      "notes.txt": memoryFile("all is well\n", { mode: 0o600, uid: 1000, gid: 100 }),
    }),
  }));
}

function tapeWriter(tapes: TapeMedium[]) {
  const drives = tapes.map((medium, i) => new MockTapeDevice({ name: `drive ${i}`, medium }));
  const { name, uuid, created } = SHAPE;
  return new RaitShardWriter(drives, {
    k: drives.length - 1,
    blockSize: 16384,
    archive: { name, uuid, created },
    host: "testhost",
    toolVersion: "2.0.0",
    bufferBytes: 1 << 20,
  });
}

async function archiveOnTapes(
  tapes: TapeMedium[],
  tree: MemoryFileTree,
  paths: string[],
  options: ArchiveTreeOptions = {},
) {
  const writer = tapeWriter(tapes);
  await writer.begin();
  const { setUuid, volumes } = writer;
  return await archiveTree(tree, { paths }, SHAPE, writer, {
    place: { layout: "tapes", tape_set_uuid: setUuid, volumes },
    ...options,
  });
}

async function restore(tapes: TapeMedium[]) {
  const drives = tapes.map((medium, i) => new MockTapeDevice({ name: `reader ${i}`, medium }));
  const shards = await TapeShardReader.open(drives);
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  try {
    const target = new MemoryRestoreTree();
    await extractArchive(archive, { target });
    assert.equal(archive.uuid, UUID);
    return { target, damage: archive.damage };
  } finally {
    await archive.close();
    await shards.close();
  }
}

Deno.test("an archive of many chunks on three tapes comes back from any two", async () => {
  const tapes = [0, 1, 2].map(() => new TapeMedium());
  const tree = sampleTree();
  const created = await archiveOnTapes(tapes, tree, ["docs"]);
  assert.equal(created.uuid, UUID);
  assert.equal(created.stopped, undefined);
  assert.ok(created.chunks >= 12, `${created.chunks} chunks`);
  assert.deepEqual(created.missing, []);
  assert.equal(tree.open, 0, "directories and files left open");
  for (const pair of [[0, 1], [2, 0], [1, 2]]) {
    const { target } = await restore(pair.map((i) => tapes[i].clone()));
    assert.deepEqual(target.paths(), ["docs/", "docs/big", "docs/empty", "docs/notes.txt"]);
    assert.deepEqual(target.find("docs/big")?.content, noise(3_000_000, 7));
    assert.equal(target.find("docs/empty")?.content.length, 0);
    const notes = target.find("docs/notes.txt");
    assert.deepEqual([notes?.mode, notes?.uid, notes?.gid], [0o600, 1000, 100]);
  }
});

Deno.test("wrong bytes on one tape are put right and told", async () => {
  const tapes = [0, 1, 2].map(() => new TapeMedium());
  await archiveOnTapes(tapes, sampleTree(), ["docs"]);
  tapes[1].flipBits(2, 0, 1000);
  const { target, damage } = await restore(tapes);
  assert.deepEqual(target.find("docs/big")?.content, noise(3_000_000, 7));
  const told = damage.map(({ chunk, shard, what, repaired }) => ({ chunk, shard, what, repaired }));
  assert.deepEqual(told, [{ chunk: 2, shard: 1, what: "damaged", repaired: true }]);
});

Deno.test("a compressor that settles out of order gives the same tapes", async () => {
  const plain = [0, 1].map(() => new TapeMedium());
  await archiveOnTapes(plain, sampleTree(), ["docs"]);

  const inner = new InProcessCompressor();
  let calls = 0;
  const compressor: FrameCompressor = {
    parallelism: 5,
    async compress(frame, level) {
      // Every other frame waits for some turns of the event loop.
      if (calls++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      return await inner.compress(frame, level);
    },
    decompress: (frame) => inner.decompress(frame),
    close: () => inner.close(),
  };
  const shuffled = [0, 1].map(() => new TapeMedium());
  await archiveOnTapes(shuffled, sampleTree(), ["docs"], { compressor });
  // Tape file 0 is the label with its random UUIDs, the last one the index with the same.
  assert.deepEqual(
    shuffled.map((tape) => tape.files().slice(1, -1)),
    plain.map((tape) => tape.files().slice(1, -1)),
  );
});

Deno.test("notes and progress are told", async () => {
  const tree = new MemoryFileTree(memoryDirectory({
    "a": memoryFile("a"),
    "gone": memoryFile("", { faults: { vanished: true } }),
  }));
  const notes: Note[] = [];
  let tarBytes = 0;
  const created = await archiveOnTapes([0, 1].map(() => new TapeMedium()), tree, ["."], {
    onNote: (note) => notes.push(note),
    onProgress: (progress) => tarBytes = progress.tarBytes,
  });
  assert.deepEqual(notes.map(({ kind }) => kind), ["vanished"]);
  assert.deepEqual(created.notes, { vanished: 1 });
  assert.equal(tarBytes, created.tarBytes);
});

Deno.test("a path that is not there is an error that names it, and the writer is aborted", async () => {
  const writer = tapeWriter([0, 1].map(() => new TapeMedium()));
  let aborted = 0;
  const abort = writer.abort.bind(writer);
  writer.abort = () => {
    aborted++;
    return abort();
  };
  await writer.begin();
  await assert.rejects(
    archiveTree(sampleTree(), { paths: ["docs", "no-such"] }, SHAPE, writer),
    (error: unknown) =>
      error instanceof EctarError && error.code === "not-found" &&
      error.message.includes("no-such"),
  );
  assert.ok(aborted > 0);
});

Deno.test("nothing to archive and impossible names are refused", async () => {
  for (const [paths, name] of [[[], "backup"], [["docs"], "a/b"], [["docs"], ""]] as const) {
    const writer = tapeWriter([0, 1].map(() => new TapeMedium()));
    await writer.begin();
    await assert.rejects(
      archiveTree(sampleTree(), { paths }, { ...SHAPE, name }, writer),
      (error: unknown) => error instanceof EctarError && error.code === "usage",
    );
  }
});

Deno.test("a signal ends the archive early; what is on the tapes says that it is incomplete", async () => {
  const stop = new AbortController();
  const tapes = [0, 1].map(() => new TapeMedium());
  const created = await archiveOnTapes(tapes, sampleTree(), ["docs"], {
    signal: stop.signal,
    onProgress: ({ chunk }) => chunk === 3 && stop.abort(),
  });
  assert.equal(created.stopped, "interrupted");
  assert.equal(created.totals, undefined);
  const drives = tapes.map((medium, i) => new MockTapeDevice({ name: `reader ${i}`, medium }));
  const shards = await TapeShardReader.open(drives);
  const archive = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
  assert.equal(archive.index?.head.complete, false);
  await archive.close();
  await shards.close();
});
