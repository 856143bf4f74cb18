/** The library in a program that has no more permissions than its files need. */

import assert from "node:assert/strict";

const PROGRAM = `
import {
  archiveTree, extractArchive, InProcessCompressor, memoryDirectory, memoryFile, MemoryFileTree,
  MemoryRestoreTree, OpenArchive, openPlaces, openTapeDevice, RaitShardWriter, VERSION,
} from "MOD";
const names = ["a", "b", "c"].map((name) => Deno.args[0] + "/" + name + ".tap");
const drives = await Promise.all(names.map((name) => openTapeDevice(name, "write")));
const archive = {
  name: "backup", uuid: crypto.randomUUID(), created: new Date().toISOString(),
  chunkSize: 1 << 20, compressionLevel: 3,
};
const labels = { archive, host: "example", toolVersion: VERSION };
const writer = new RaitShardWriter(drives, { k: 2, blockSize: 65536, ...labels });
await writer.begin();
const { setUuid: tape_set_uuid, volumes } = writer;
const files = new MemoryFileTree(memoryDirectory({ x: memoryFile("hello") }));
await archiveTree(files, { paths: ["x"] }, archive, writer, {
  place: { layout: "tapes", tape_set_uuid, volumes },
});
const shards = await openPlaces({ devices: [names[2], names[0]] });
const found = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
const target = new MemoryRestoreTree();
await extractArchive(found, { target });
await found.close();
await shards.close();
console.log(new TextDecoder().decode(target.find("x")?.content), found.uuid === archive.uuid);
`;

Deno.test("tape images are written and read with permission for their directory only", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const root = new URL("../../", import.meta.url);
    const program = `${directory}/program.ts`;
    await Deno.writeTextFile(program, PROGRAM.replace("MOD", new URL("mod.ts", root).href));
    const config = new URL("deno.json", root).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-lock", "--config", config],
        ...[`--allow-read=${directory}`, `--allow-write=${directory}`, program, directory],
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(said, "hello true\n");
    assert.equal(code, 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
