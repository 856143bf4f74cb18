/** Lines of progress for drives. */
import assert from "node:assert/strict";
import type { DriveActivity } from "../../../src/archive/drive_meter.ts";
import { MeteredDevice } from "../../../src/archive/drive_meter.ts";
import { DriveLines } from "../../../src/cli/drive_progress.ts";
import { MockTapeDevice } from "../../mocks.ts";

const MIB = 1 << 20;

function activity(drive: string, bytes: number, doing = "writing"): DriveActivity {
  return { drive, shard: undefined, bytes, doing };
}

Deno.test("a line for all and one for each drive, names in a column", () => {
  const lines = new DriveLines("archived");
  lines.drives = () => [
    { ...activity("/dev/nst0", 0), shard: 0 },
    { ...activity("t1.tap", 0, "FAILED: gone"), shard: 1 },
  ];
  assert.deepEqual(lines.next(0), [
    "archived 0 B, 0 B/s",
    "  /dev/nst0  shard 0  0 B, 0 B/s, writing",
    "  t1.tap     shard 1  0 B, 0 B/s, FAILED: gone",
  ]);
});

Deno.test("a drive's speed is that of the last moments, smoothed", () => {
  const lines = new DriveLines("archived");
  let bytes = 0;
  lines.drives = () => [activity("d", bytes)];
  lines.next(0);
  bytes = 10 * MIB;
  assert.match(lines.next(1)[1], /10\.0 MiB, 10\.0 MiB\/s/);
  bytes = 30 * MIB;
  assert.match(lines.next(2)[1], /30\.0 MiB, 13\.0 MiB\/s/);
  assert.match(lines.next(3)[1], /30\.0 MiB, 9\.10 MiB\/s/);
});

Deno.test("time left is told once the size is known", () => {
  const lines = new DriveLines("read");
  lines.next(0);
  lines.state = { verb: "read", doneBytes: 25 * MIB, totalBytes: 100 * MIB };
  assert.equal(
    lines.next(10)[0],
    "read 25.0 MiB of 100.0 MiB (25 %), 2.50 MiB/s, 30 s left",
  );
});

Deno.test("a metered drive tells bytes and what it is doing, and passes everything on", async () => {
  const mock = new MockTapeDevice({ name: "d" });
  const drive = new MeteredDevice(mock);
  const writing = drive.writeBlock(new Uint8Array(700));
  assert.equal(drive.activity.doing, "writing");
  await writing;
  await drive.writeFilemarks(1, false);
  await drive.rewind();
  const met = await drive.readBlock(new Uint8Array(1024));
  assert.deepEqual(met, { kind: "block", length: 700 });
  assert.equal(await drive.spaceFiles(1), true);
  assert.deepEqual(drive.activity, { drive: "d", shard: undefined, bytes: 1400, doing: "idle" });
  mock.inject({ call: "rewind" });
  await assert.rejects(drive.rewind());
  assert.equal(drive.activity.doing, "failed rewinding");
  await drive.close();
  assert.equal(mock.counts.calls.close, 1);
});
