/** The planned table of RaitShardWriter: one shard per drive, all drives at once. */
import assert from "node:assert/strict";
import type { EctarError } from "../src/errors.ts";
import { parseLabel } from "../src/tape/label.ts";
import type { DriveEvent } from "../src/tape/rait_options.ts";
import { RaitShardWriter } from "../src/tape/rait_shard_writer.ts";
import { MockTapeDevice, TapeMedium } from "./mocks.ts";
import {
  BLOCK,
  INDEX,
  mockDrives,
  raitOptions,
  SET_UUID,
  shardFile,
  stream,
  writeArchive,
} from "./unit/tape/rait_set.ts";

Deno.test("creation: every drive gets a label that says what it holds", async () => {
  const drives = mockDrives(3);
  const writer = new RaitShardWriter(drives, raitOptions(2));
  assert.deepEqual([writer.k, writer.m, writer.blockSize], [2, 3, BLOCK]);
  assert.equal(drives[0].log.length, 0, "nothing moves before begin");
  await writer.begin();
  const labels = drives.map((drive) => parseLabel(drive.medium!.files()[0])!);
  labels.forEach((label, shard) => {
    assert.equal(label.shard, shard);
    assert.deepEqual([label.k, label.m, label.blockSize], [2, 3, BLOCK]);
    assert.deepEqual([label.setUuid, label.name], [SET_UUID, "backup"]);
  });
  assert.equal(new Set(labels.map((label) => label.volumeUuid)).size, 3);
  assert.ok(drives[0].medium!.layout()[0].every((length) => length === 10240));
  await writer.abort();
});

Deno.test("creation: contradictions are refused", () => {
  const cases: [number, Parameters<typeof raitOptions>[1]][] = [
    [3, {}],
    [0, {}],
    [2, { minParity: 2 }],
    [2, { minParity: -1 }],
    [2, { blockSize: 0 }],
    [2, { blockSize: 17 << 20 }],
  ];
  for (const [k, more] of cases) {
    assert.throws(() => new RaitShardWriter(mockDrives(3), raitOptions(k, more)), {
      code: "usage",
    });
  }
  const twice = [new MockTapeDevice({ name: "a" }), new MockTapeDevice({ name: "a" })];
  assert.throws(() => new RaitShardWriter(twice, raitOptions(1)), /named twice/);
});

Deno.test("parallel shard writing: each tape file is the shard file byte for byte", async () => {
  const drives = mockDrives(4);
  const { placements } = await writeArchive(new RaitShardWriter(drives, raitOptions(3)), [5, 1, 9]);
  for (let shard = 0; shard < 4; shard++) {
    const files = drives[shard].medium!.files();
    assert.equal(files.length, 5, "label, three chunks, index");
    [5, 1, 9].forEach((blocks, i) => {
      assert.deepEqual(files[i + 1], shardFile(3, 4, i + 1, shard, blocks) as typeof files[0]);
    });
    assert.deepEqual(files[4].subarray(0, INDEX.length), INDEX);
    assert.equal(files[4].length % BLOCK, 0);
    assert.ok(drives[shard].closed);
  }
  assert.ok(placements.flat().every((each) => each.missing === undefined));
});

Deno.test("parallel shard writing: drives work at the same time", async () => {
  let writing = 0;
  let most = 0;
  const drives = mockDrives(4, () => ({
    beforeCall: async (call) => {
      if (call !== "writeBlock") return;
      most = Math.max(most, ++writing);
      await new Promise((resolve) => setTimeout(resolve, 1));
      writing--;
    },
  }));
  await writeArchive(new RaitShardWriter(drives, raitOptions(3)), [4, 4]);
  assert.equal(most, 4);
});

Deno.test("parallel shard writing: no drive waits for another while its buffer has room", async () => {
  const drives = mockDrives(3);
  const writer = new RaitShardWriter(drives, raitOptions(2, { bufferBytes: 3 * 8 * BLOCK }));
  await writer.begin();
  drives[1].inject({ call: "writeBlock", effect: { kind: "hang" } });
  await writer.beginChunk(1);
  const bytes = new Uint8Array(BLOCK);
  // Eight blocks fit the hung drive's ring; the two others have written theirs.
  for (let i = 0; i < 7; i++) await writer.write([bytes, bytes, bytes]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(drives[0].medium!.layout()[1].length >= 7);
  assert.equal(drives[1].medium!.layout()[1].length, 0);
  // Then the whole set waits for it: memory is bounded.
  let resolved = false;
  const more = (async () => {
    for (let i = 0; i < 8; i++) await writer.write([bytes, bytes, bytes]);
    resolved = true;
  })();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(resolved, false);
  drives[1].faults.release();
  await more;
  await writer.abort();
});

Deno.test("shard boundary tracking: extents say tape file, first block and blocks", async () => {
  const drives = mockDrives(3);
  const sizes = [5, 1, 9, 2];
  const { placements } = await writeArchive(new RaitShardWriter(drives, raitOptions(2)), sizes);
  assert.equal(placements.length, sizes.length);
  placements.forEach((shards, i) => {
    shards.forEach(({ shard, extents }) => {
      assert.deepEqual(extents, [{ volume: 0, tapeFile: i + 1, firstBlock: 0, blocks: sizes[i] }]);
      const layout = drives[shard].medium!.layout();
      assert.deepEqual(layout[i + 1], Array(sizes[i]).fill(BLOCK));
    });
  });
});

Deno.test("shard boundary tracking: a discarded chunk leaves no trace", async () => {
  const drives = mockDrives(3);
  const writer = new RaitShardWriter(drives, raitOptions(2));
  await writer.begin();
  const chunk = async (number: number, blocks: number) => {
    await writer.beginChunk(number);
    const files = [0, 1, 2].map((shard) => shardFile(2, 3, number, shard, blocks));
    await writer.write(files.map((file) => file.subarray(2)));
  };
  await chunk(1, 3);
  await writer.discardChunk();
  await chunk(1, 4);
  await writer.endChunk();
  await chunk(2, 7);
  await writer.discardChunk();
  const placements = await writer.freeze();
  await writer.writeIndex(stream(INDEX), INDEX.length);
  await writer.close();
  assert.equal(placements.length, 1);
  for (const [shard, drive] of drives.entries()) {
    const files = drive.medium!.files();
    assert.equal(files.length, 3, "label, chunk 1, index");
    assert.deepEqual(files[1], shardFile(2, 3, 1, shard, 4) as typeof files[0]);
  }
});

Deno.test("partial tape failure recovery: the rest goes on and the books say so", async () => {
  const drives = mockDrives(4);
  drives[2].inject({ call: "writeBlock", nth: 6, sticky: true });
  const events: DriveEvent[] = [];
  const options = raitOptions(3, { onDriveEvent: (event) => events.push(event) });
  const writer = new RaitShardWriter(drives, options);
  const { placements } = await writeArchive(writer, [3, 4, 5]);
  for (const [i, shards] of placements.entries()) {
    for (const { shard, extents, missing } of shards) {
      if (shard !== 2) {
        assert.equal(missing, undefined);
        const file = drives[shard].medium!.files()[i + 1];
        assert.deepEqual(file, shardFile(3, 4, i + 1, shard, [3, 4, 5][i]) as typeof file);
      } else {
        assert.match(missing!, /d2.*EIO/);
        assert.equal(extents.length, 0);
      }
    }
  }
  assert.deepEqual(events.filter((e) => e.kind === "failed").map((e) => [e.drive, e.shard]), [
    ["d2", 2],
  ]);
  assert.deepEqual(
    writer.summary().map((drive) => [drive.state, drive.indexWritten]),
    [["writing", true], ["writing", true], ["failed", false], ["writing", true]],
  );
});

Deno.test("partial tape failure recovery: what a synchronous filemark committed stays in the books", async () => {
  const drives = mockDrives(3);
  // Label 2 blocks; chunks of 4 blocks; a synchronous filemark behind every second chunk.
  const labelBlocks = 2;
  drives[0].inject({ call: "writeBlock", nth: labelBlocks + 4 * 3 + 2, sticky: true });
  const writer = new RaitShardWriter(drives, raitOptions(2, { commitBytes: 8 * BLOCK }));
  const { placements } = await writeArchive(writer, [4, 4, 4, 4, 4]);
  assert.deepEqual(placements.map((shards) => shards[0].missing === undefined), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("partial tape failure recovery: one more failure than parity stops with names", async () => {
  const drives = mockDrives(4);
  drives[0].inject({ call: "writeBlock", nth: 5, sticky: true });
  drives[3].inject({ call: "writeBlock", nth: 9, sticky: true });
  const writer = new RaitShardWriter(drives, raitOptions(3));
  await assert.rejects(writeArchive(writer, [3, 4, 5, 6, 7, 8]), (error: EctarError) => {
    assert.equal(error.code, "too-few");
    assert.match(error.message, /2 of 4.*3 are needed.*d0.*d3/);
    return true;
  });
  const left = await writer.abort();
  assert.equal(left.length, 4, "each labelled tape is named");
});

Deno.test("partial tape failure recovery: --on-drive-failure stop and --min-parity stop early", async () => {
  for (const more of [{ onDriveFailure: "stop" as const }, { minParity: 2 }]) {
    const drives = mockDrives(4);
    drives[1].inject({ call: "writeBlock", nth: 5, sticky: true });
    const writer = new RaitShardWriter(drives, raitOptions(2, more));
    await assert.rejects(writeArchive(writer, [3, 9, 9]), { code: "too-few" });
    await writer.abort();
  }
});

Deno.test("partial tape failure recovery: drives dead from the start leave their shards missing", async () => {
  const drives = [...mockDrives(2), { name: "dead", failure: "no such device" }];
  const writer = new RaitShardWriter(drives, raitOptions(2));
  const { placements } = await writeArchive(writer, [2]);
  assert.deepEqual(placements[0].map(({ missing }) => missing), [
    undefined,
    undefined,
    "no such device",
  ]);
  const both = [new MockTapeDevice(), ...[1, 2].map((i) => ({ name: `x${i}`, failure: "gone" }))];
  await assert.rejects(new RaitShardWriter(both, raitOptions(2)).begin(), { code: "too-few" });
  assert.equal(both[0] instanceof MockTapeDevice && both[0].medium!.records.length, 0);
});

Deno.test("partial tape failure recovery: a drive whose opening was never answered is hung", async () => {
  const drives = [...mockDrives(2), { name: "mute", failure: "does not answer", hung: true }];
  const writer = new RaitShardWriter(drives, raitOptions(2));
  await writeArchive(writer, [2]);
  assert.deepEqual(writer.summary().map(({ state }) => state), ["writing", "writing", "hung"]);
});

Deno.test("partial tape failure recovery: a full tape ends the archive cleanly on all", async () => {
  const drives = mockDrives(
    3,
    (shard) => shard === 1 ? { medium: new TapeMedium({ capacityBytes: 20480 + 12 * BLOCK }) } : {},
  );
  const writer = new RaitShardWriter(drives, raitOptions(2));
  const { chunks, full, placements } = await writeArchive(writer, [4, 4, 30, 4]);
  assert.deepEqual([chunks, full], [2, true]);
  assert.ok(placements.flat().every((each) => each.missing === undefined));
  for (const drive of drives) assert.equal(drive.medium!.files().length, 4);
});

Deno.test("a full tape is told once, and aborting twice tells nothing more", async () => {
  const events: DriveEvent[] = [];
  const medium = () => new TapeMedium({ capacityBytes: 20480 + 5 * BLOCK, earlyWarningBytes: 0 });
  const drives = mockDrives(2, () => ({ medium: medium() }));
  const onDriveEvent = (event: DriveEvent) => events.push(event);
  const writer = new RaitShardWriter(drives, raitOptions(1, { onDriveEvent }));
  await writer.begin();
  await writer.beginChunk(1);
  let state = "ok";
  while (state === "ok") state = await writer.write([new Uint8Array(BLOCK), new Uint8Array(BLOCK)]);
  const first = await writer.abort();
  assert.deepEqual(await writer.abort(), first);
  assert.deepEqual(events.map(({ kind }) => kind), ["full", "full"]);
});

Deno.test("a tape that is full again for the index is told once, too", async () => {
  const full: string[] = [];
  const drives = mockDrives(2, () => ({
    medium: new TapeMedium({ capacityBytes: 20480 + 8 * BLOCK, earlyWarningBytes: 0 }),
  }));
  const onDriveEvent = ({ kind, drive }: DriveEvent) => kind === "full" && full.push(drive);
  const writer = new RaitShardWriter(drives, raitOptions(1, { onDriveEvent }));
  assert.equal((await writeArchive(writer, [4, 4, 30])).full, true);
  assert.ok(writer.summary().every((drive) => !drive.indexWritten));
  assert.equal(full.length, 2);
});
