/**
 * Archives a directory onto three tape images, loses one, restores from the other two, compares, and
 * writes the lost tape again:
 *
 *     deno run --allow-read --allow-write --allow-ffi docs/examples/image_tapes.ts DIRECTORY
 *
 * With drives in place of images (`/dev/nst0`, …) it takes `--allow-all`.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  createOnTapes,
  extractToDirectory,
  openPlaces,
  replaceOnDrive,
  verifyArchive,
  withArchive,
} from "@ectar/ectar";

const source = Deno.args[0];
if (source === undefined) {
  console.error("name a directory to archive");
  Deno.exit(2);
}
const place = await Deno.makeTempDir();
try {
  const tapes = ["a", "b", "c"].map((name) => `${place}/${name}.tap`);

  const created = await createOnTapes(
    { paths: ["."], directory: source },
    { name: "example", chunkSize: 64 * 1024 ** 2, compressionLevel: 3 },
    { devices: tapes, k: 2, directory: place },
    { onNote: (note) => console.error(note.message) },
  );
  console.log(`${created.totals?.files} files in ${created.chunks} chunks on 3 tapes`);

  // Tape b is gone; its place in the row of drives does not matter.
  await Deno.remove(tapes[1]);
  await Deno.remove(created.indexFile!);
  const left = [tapes[2], tapes[0]];

  const restored = `${place}/restored`;
  const { counts, lostMembers } = await extractToDirectory(
    await openPlaces({ devices: left }),
    { directory: restored },
  );
  assert.deepEqual(lostMembers, []);
  compare(source, restored);
  console.log(`${counts.restored} members restored from 2 tapes, all compared`);

  // Make tape b again. All three are then as good as new.
  const replaced = await replaceOnDrive({
    devices: left,
    drive: tapes[1],
    shard: 1,
    spoolDirectory: place,
  });
  const shards = await openPlaces({ devices: tapes });
  const { verdict } = await withArchive(
    shards,
    {},
    (archive) => verifyArchive(archive, { depth: "full" }),
  );
  assert.equal(verdict, "whole");
  console.log(`tape b written again with ${replaced.chunks} chunks: the archive is ${verdict}`);
} finally {
  await Deno.remove(place, { recursive: true });
}

/** Throws unless both directories hold the same files, directories and symbolic links. */
function compare(left: string, right: string): void {
  const names = (directory: string) => [...Deno.readDirSync(directory)].map((entry) => entry.name);
  assert.deepEqual(names(left).sort(), names(right).sort(), left);
  for (const name of names(left)) {
    const [a, b] = [`${left}/${name}`, `${right}/${name}`];
    const [before, after] = [Deno.lstatSync(a), Deno.lstatSync(b)];
    const facts = ({ mode, mtime, size, isDirectory }: Deno.FileInfo) =>
      isDirectory ? { mode, mtime } : { mode, mtime, size };
    assert.deepEqual(facts(after), facts(before), a);
    if (before.isDirectory) compare(a, b);
    if (before.isSymlink) assert.equal(Deno.readLinkSync(b), Deno.readLinkSync(a), a);
    if (before.isFile) assert.deepEqual(Deno.readFileSync(b), Deno.readFileSync(a), a);
  }
}
