import assert from "node:assert/strict";
import { IndexReader } from "../../src/index/index_reader.ts";
import { compressFrame, decompressFrame, storeFrame } from "../../src/zstd/frame.ts";
import { decompressStream } from "../../src/zstd/frame_stream.ts";
import { concat, noise, text } from "../bytes.ts";
import {
  chunkRecord,
  fileRecord,
  handleOf,
  HEAD,
  indexBytes,
  lines,
} from "../unit/index/sample_index.ts";
import { withScratch } from "../integration/scratch.ts";
import { run } from "./commands.ts";

Deno.test("zstd decodes frames of every kind, and tells their content size and checksum", async () => {
  await withScratch(async (directory) => {
    const path = `${directory}/frame.zst`;
    for (const length of [0, 1, 65535, 131072, 131073, 3_000_000]) {
      for (const data of [noise(length, 1), text(length)]) {
        for (const frame of [storeFrame(data), compressFrame(data, 1), compressFrame(data, 9)]) {
          await Deno.writeFile(path, frame);
          await run("zstd", "-q", "-t", path);
          assert.deepEqual(new Uint8Array(await run("zstd", "-dc", path)), data);
          const listing = new TextDecoder().decode(await run("zstd", "-lv", path));
          assert.match(listing, /Check: XXH64/);
          assert.match(listing, new RegExp(`Decompressed Size: .*\\(${length} B\\)`));
        }
      }
    }
  });
});

Deno.test("frames made by zstd come back", async () => {
  await withScratch(async (directory) => {
    const path = `${directory}/data`;
    const data = text(1_000_000);
    await Deno.writeFile(path, data);
    for (const level of ["-1", "-3", "-19"]) {
      const frame = await run("zstd", "-c", level, path);
      assert.deepEqual(decompressFrame(frame, data.length, data.length), data);
    }
  });
});

/** An index of 30,000 files as a file; returns its records too. */
async function sampleIndex(directory: string) {
  const files = Array.from({ length: 30_000 }, (_, i) => fileRecord(i));
  const bytes = await indexBytes(HEAD, [chunkRecord(1), chunkRecord(2)], lines(files));
  const path = `${directory}/backup.index.zst`;
  await Deno.writeFile(path, bytes);
  return { files, path };
}

Deno.test("jq, grep and Python read an index", async () => {
  await withScratch(async (directory) => {
    const { files, path } = await sampleIndex(directory);
    const shell = async (script: string) =>
      new TextDecoder().decode(await run("sh", "-c", script, "sh", path)).replace(/\n$/, "");
    assert.equal(await shell('zstdcat "$1" | jq ".files | length"'), "30000");
    assert.equal(await shell('zstdcat "$1" | jq -r .archive_name'), "backup");
    assert.equal(await shell('zstdcat "$1" | jq -r ".files[7].path"'), files[7].path);
    assert.equal(await shell('zstdcat "$1" | grep -c "^{.path"'), "30000");
    const python = 'import json,sys; print(len(json.load(sys.stdin)["chunks"]))';
    assert.equal(await shell(`zstdcat "$1" | python3 -c '${python}'`), "2");
  });
});

Deno.test("an index recompressed by zstd in any way is read", async () => {
  await withScratch(async (directory) => {
    const { files, path } = await sampleIndex(directory);
    const again = ["-1", "-9 --no-check", "-3 --long=27", "-3 --single-thread"];
    for (const options of again) {
      const bytes = await run("sh", "-c", `zstdcat "$1" | zstd -c ${options}`, "sh", path);
      const reader = new IndexReader(handleOf(bytes));
      const back = await Array.fromAsync(reader.files());
      assert.equal(back.length, files.length);
      assert.deepEqual(back.at(-1), files.at(-1));
    }
    const tooWide = await run("sh", "-c", `zstdcat "$1" | zstd -c -3 --long=31`, "sh", path);
    await assert.rejects(
      new IndexReader(handleOf(tooWide)).head(),
      (error) => (error as { code?: string }).code === "unsupported",
    );
  });
});

Deno.test("damage in a large frame is an error that can be caught", async () => {
  await withScratch(async (directory) => {
    const path = `${directory}/data`;
    await Deno.writeFile(path, concat([text(9_000_000), noise(1_000_000, 2)]));
    const frame = await run("zstd", "-c", path);
    const decode = (bytes: Uint8Array) => Array.fromAsync(decompressStream(handleOf(bytes).read()));
    assert.equal(concat(await decode(frame)).length, 10_000_000);
    for (const offset of [frame.length - 1, frame.length >> 1, 20]) {
      const bad = Uint8Array.from(frame);
      bad[offset] ^= 0x10;
      await assert.rejects(decode(bad), (error) => (error as { code?: string }).code === "format");
    }
    for (const cut of [1, 4, 5, 100, frame.length - 20]) {
      const short = frame.subarray(0, frame.length - cut);
      await assert.rejects(
        decode(short),
        (error) => (error as { code?: string }).code === "format",
      );
    }
  });
});
