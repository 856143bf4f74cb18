import assert from "node:assert/strict";
import type { EctarError } from "../../../src/errors.ts";
import { inspectForWriting } from "../../../src/tape/guard.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import {
  FILEMARK,
  type MockFault,
  MockTapeDevice,
  type MockTapeOptions,
  TapeMedium,
} from "../../mocks.ts";
import { mockDrives, noise, raitOptions, writeArchive } from "./rait_set.ts";

function mediumWith(...blocks: (Uint8Array | "filemark")[]): TapeMedium {
  const medium = new TapeMedium();
  for (const block of blocks) {
    medium.write(medium.records.length, block === "filemark" ? FILEMARK : block);
  }
  return medium;
}

async function contentOf(options: MockTapeOptions): Promise<string> {
  const device = new MockTapeDevice(options);
  const before = options.medium?.records.slice() ?? [];
  const finding = await inspectForWriting(device);
  assert.deepEqual(device.medium?.records ?? [], before, "looking never writes");
  return finding.kind === "data" ? finding.content : finding.kind;
}

Deno.test("only end of data at the very beginning is blank", async () => {
  assert.equal(await contentOf({}), "blank");
  assert.match(await contentOf({ medium: mediumWith("filemark") }), /filemark/);
  assert.match(await contentOf({ medium: mediumWith("filemark", "filemark") }), /filemark/);
  assert.match(await contentOf({ medium: mediumWith(new Uint8Array(1)) }), /unknown data.*1 bytes/);
  assert.match(
    await contentOf({ medium: mediumWith(noise(3 << 20, 1)) }),
    /unknown data.*3145728 bytes/,
    "a block larger than the first buffer",
  );
});

Deno.test("a bogus block behind the end of data is not taken for a blank tape", async () => {
  assert.match(await contentOf({ bogusPastEnd: true }), /unknown data/);
});

Deno.test("what is on the tape is said: an archive of ours, a tar, zstd", async () => {
  const drives = mockDrives(3);
  await writeArchive(new RaitShardWriter(drives, raitOptions(2)), [1]);
  assert.match(
    await contentOf({ medium: drives[1].medium }),
    /shard 1 of 3.*archive backup, created 2026-01-02T03:04:05Z/,
  );
  const zstd = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]);
  assert.match(await contentOf({ medium: mediumWith(zstd) }), /zstd/);
});

Deno.test("a tape that cannot be read is refused even with overwrite", async () => {
  const medium = mediumWith(noise(512, 1));
  medium.damageBlock(0, 0);
  for (const overwrite of [false, true]) {
    const drives = mockDrives(3, (i) => i === 1 ? { medium } : {});
    const writer = new RaitShardWriter(drives, raitOptions(2, { overwrite }));
    await assert.rejects(writer.begin(), { code: "io", message: /d1: .*cannot be read/ });
    for (const drive of drives) assert.equal(drive.counts.blocksWritten, 0);
  }
});

Deno.test("no tape, and a write-protected tape, are refused before anything is written", async () => {
  const cases: [TapeMedium | null, string][] = [
    [null, "not-found"],
    [new TapeMedium({ writeProtected: true }), "permission"],
  ];
  for (const [medium, code] of cases) {
    const drives = mockDrives(3, (i) => i === 2 ? { medium } : {});
    await assert.rejects(new RaitShardWriter(drives, raitOptions(2)).begin(), { code });
    assert.equal(drives[0].counts.blocksWritten, 0);
  }
});

Deno.test("one tape with data refuses all, names each, and overwrite takes them", async () => {
  const make = () =>
    mockDrives(3, (i) => i > 0 ? { medium: mediumWith(noise(600, i), "filemark") } : {});
  const drives = make();
  await assert.rejects(
    new RaitShardWriter(drives, raitOptions(2)).begin(),
    (error: EctarError) => {
      assert.equal(error.code, "exists");
      assert.match(error.message, /nothing was written: d1: .*600 bytes.*d2: /);
      assert.match(error.context.hint!, /--overwrite/);
      return true;
    },
  );
  for (const drive of drives) assert.equal(drive.counts.blocksWritten, 0);
  const again = make();
  await writeArchive(new RaitShardWriter(again, raitOptions(2, { overwrite: true })), [2]);
  assert.equal(again[1].medium!.files().length, 3);
});

Deno.test("a drive that fails while it is looked at is dropped, not written", async () => {
  const faults: MockFault[] = [
    { call: "status", sticky: true },
    { call: "rewind", sticky: true },
    { call: "readBlock", sticky: true },
  ];
  for (const fault of faults) {
    const drives = mockDrives(3, (i) => i === 0 ? { medium: mediumWith(noise(9, 9)) } : {});
    drives[0].inject(fault);
    const writer = new RaitShardWriter(drives, raitOptions(2));
    const { placements } = await writeArchive(writer, [2]);
    assert.match(placements[0][0].missing!, /EIO/);
    assert.deepEqual(drives[0].medium!.data, noise(9, 9) as Uint8Array<ArrayBuffer>);
  }
});
