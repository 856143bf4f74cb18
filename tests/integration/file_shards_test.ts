import assert from "node:assert/strict";
import { FileShardSetReader } from "../../src/shard/file_reader.ts";
import { FileShardSetWriter } from "../../src/shard/file_writer.ts";
import { findArchiveFiles } from "../../src/shard/places.ts";
import { withScratch } from "./scratch.ts";

const K = 2;
const M = 3;
const UUID_A = "00000000-0000-4000-8000-00000000000a";
const UUID_B = "00000000-0000-4000-8000-00000000000b";

interface Small {
  name?: string;
  uuid?: string;
  chunks?: number;
  fill?: number;
  force?: boolean;
  index?: boolean;
}

async function begin(directory: string, small: Small): Promise<FileShardSetWriter> {
  const { name = "backup", uuid = UUID_A, chunks = 2, fill = 1, force = false } = small;
  const writer = await FileShardSetWriter.open({ directory, name, uuid, k: K, m: M, force });
  for (let chunk = 1; chunk <= chunks; chunk++) {
    await writer.beginChunk(chunk);
    const shards = Array.from({ length: M }, (_, i) => new Uint8Array(100).fill(fill * 16 + i));
    assert.equal(await writer.write(shards), "ok");
    await writer.endChunk();
  }
  await writer.freeze();
  if (small.index !== false) await writer.writeIndex(oneChunk("index " + fill));
  return writer;
}

async function write(directory: string, small: Small): Promise<void> {
  await (await begin(directory, small)).close();
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();
}

const WHOLE = [1, 2].flatMap((c) => [0, 1, 2].map((s) => `backup.c00${c}.s0${s}`))
  .concat("backup.index.zst");

Deno.test("shards stand under their own names only once everything is written", async () => {
  await withScratch(async (directory) => {
    const writer = await begin(directory, {});
    assert.ok(names(directory).every((name) => name.startsWith(".")));
    await assert.rejects(findArchiveFiles([`${directory}/backup`]), { code: "not-found" });
    await writer.close();
    assert.deepEqual(names(directory), WHOLE);
  });
});

Deno.test("an existing archive is refused without force and replaced whole with it", async () => {
  await withScratch(async (directory) => {
    await write(directory, { chunks: 3 });
    await assert.rejects(begin(directory, { uuid: UUID_B }), { code: "exists" });
    await write(directory, { uuid: UUID_B, fill: 2, force: true, chunks: 2 });
    assert.deepEqual(names(directory), WHOLE);
    assert.equal(Deno.readFileSync(`${directory}/backup.c001.s00`).at(-1), 32);
    await write(directory, { fill: 3, force: true, chunks: 2, index: false });
    assert.deepEqual(names(directory), WHOLE.slice(0, -1));
  });
});

Deno.test("an archive that appeared meanwhile is not overwritten", async () => {
  await withScratch(async (directory) => {
    const slow = await begin(directory, { fill: 1 });
    await write(directory, { fill: 2, uuid: UUID_B });
    await assert.rejects(slow.close(), { code: "exists" });
    assert.deepEqual(await slow.abort(), []);
    assert.deepEqual(names(directory), WHOLE);
    assert.equal(Deno.readFileSync(`${directory}/backup.c001.s00`).at(-1), 32);
  });
});

Deno.test("aborting leaves nothing", async () => {
  await withScratch(async (directory) => {
    const writer = await begin(directory, {});
    await writer.beginChunk(3);
    assert.deepEqual(await writer.abort(), []);
    assert.deepEqual(names(directory), []);
  });
});

Deno.test("a chunk that is taken back leaves no files", async () => {
  await withScratch(async (directory) => {
    const writer = await begin(directory, { index: false });
    await writer.beginChunk(3);
    await writer.discardChunk();
    await writer.close();
    assert.deepEqual(names(directory), WHOLE.slice(0, -1));
  });
});

Deno.test("a replacement killed at any rename reads as the new archive and is finished later", async () => {
  await withScratch(async (scratch) => {
    for (let renamesDone = 0; renamesDone <= WHOLE.length; renamesDone++) {
      const directory = `${scratch}/${renamesDone}`;
      Deno.mkdirSync(directory);
      await write(directory, { chunks: 3, fill: 1 });
      await begin(directory, { uuid: UUID_B, fill: 2, force: true });
      // What close() does, up to the kill: the marker, then some of the renames.
      const temporary = names(directory).filter((name) => /\.ectar-[0-9a-f]{8}$/.test(name));
      const id = temporary[0].slice(-8);
      const marker = { id, uuid: UUID_B, chunks: 2, m: M, index: true };
      Deno.writeTextFileSync(`${directory}/.backup.ectar-commit`, JSON.stringify(marker) + "\n");
      for (const name of WHOLE.slice(0, renamesDone)) {
        Deno.renameSync(`${directory}/.${name}.ectar-${id}`, `${directory}/${name}`);
      }

      const reader = await FileShardSetReader.open([`${directory}/backup`]);
      assert.equal(reader.committedUuid, UUID_B);
      const fills = new Set<number>();
      for (const handle of await reader.openChunk(1)) {
        const target = new Uint8Array(200);
        const { length } = await handle.read(0, target);
        fills.add(target[length - 1] >> 4);
        await handle.close();
      }
      assert.ok(fills.has(2), "the new shards are found under either name");

      await assert.rejects(
        FileShardSetWriter.open({ directory, name: "backup", uuid: UUID_A, k: K, m: M }),
        { code: "exists" },
      );
      assert.deepEqual(names(directory), WHOLE);
      assert.equal(Deno.readFileSync(`${directory}/backup.c002.s01`).at(-1), 33);
    }
  });
});

Deno.test("a marker that was cut off while being written is not in force", async () => {
  await withScratch(async (directory) => {
    await write(directory, {});
    Deno.writeTextFileSync(`${directory}/.backup.ectar-commit`, '{"id":"0000');
    assert.equal((await findArchiveFiles([directory])).committedUuid, undefined);
    await write(directory, { force: true, fill: 2 });
    assert.deepEqual(names(directory), WHOLE);
  });
});

Deno.test("archives are found by base name, directory, index, shard, pattern and places", async () => {
  await withScratch(async (directory) => {
    await write(directory, {});
    Deno.mkdirSync(`${directory}/other`);
    for (const name of WHOLE.slice(0, 3)) {
      Deno.renameSync(`${directory}/${name}`, `${directory}/other/${name}`);
    }
    const count = async (...inputs: string[]) => {
      const found = await findArchiveFiles(inputs.map((input) => directory + input));
      const shards = [...found.shards.values()].reduce((sum, some) => sum + some.length, 0);
      return [found.name, shards, found.indexes.length];
    };
    assert.deepEqual(await count("/backup"), ["backup", 3, 1]);
    assert.deepEqual(await count(""), ["backup", 3, 1]);
    assert.deepEqual(await count("/backup.index.zst"), ["backup", 3, 1]);
    assert.deepEqual(await count("/backup.c002.s01"), ["backup", 3, 1]);
    assert.deepEqual(await count("/backup.c*.s*"), ["backup", 3, 1]);
    assert.deepEqual(await count("/backup.c*.s01"), ["backup", 1, 1]);
    assert.deepEqual(await count("/backup", "/other"), ["backup", 6, 1]);
    assert.deepEqual(await count("/backup", "/backup", "/other/backup"), ["backup", 6, 1]);
    await assert.rejects(count("/nope"), { code: "not-found" });
    await assert.rejects(count("/nowhere/backup"), { code: "not-found" });
    await write(directory, { name: "second" });
    await assert.rejects(count(""), { code: "usage" });
    assert.deepEqual(await count("/backup"), ["backup", 3, 1]);
    assert.deepEqual(await count("/backup.c*.s*"), ["backup", 3, 1]);
    await assert.rejects(count("/*.c*.s*"), { code: "usage" });
    await write(directory, { name: "b*" });
    assert.deepEqual(await count("/b*"), ["b*", 6, 1], "a name before a pattern");
  });
});

Deno.test("an archive that has the name of a directory beside it is found", async () => {
  await withScratch(async (directory) => {
    await write(directory, {});
    Deno.mkdirSync(`${directory}/backup`);
    const found = await findArchiveFiles([`${directory}/backup`]);
    assert.equal(found.indexes[0], `${directory}/backup.index.zst`);
    await assert.rejects(findArchiveFiles([`${directory}/backup/`]), { code: "not-found" });

    await write(`${directory}/backup`, { name: "other" });
    await assert.rejects(findArchiveFiles([`${directory}/backup`]), { code: "usage" });
    assert.equal((await findArchiveFiles([`${directory}/backup/`])).name, "other");
    assert.equal((await findArchiveFiles([`${directory}/backup.index.zst`])).name, "backup");
  });
});

Deno.test("a shard that cannot be written stops with a line that names it", async () => {
  await assert.rejects(
    (async () => {
      const options = { directory: "/dev/null/no", name: "x", uuid: UUID_A, k: K, m: M };
      await FileShardSetWriter.open(options);
    })(),
    { code: "not-found" },
  );
});
