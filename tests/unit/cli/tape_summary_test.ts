/** What is said of drives that were fed too slowly, and of tapes that end too early. */
import assert from "node:assert/strict";
import {
  starvedDriveLines,
  tapeSummaryJson,
  tapeSummaryLines,
} from "../../../src/cli/tape_summary.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { TapeMedium } from "../../mocks.ts";
import { BLOCK, mockDrives, raitOptions, writeArchive } from "../tape/rait_set.ts";

Deno.test("a drive that had to wait for data is named, and how often", async () => {
  const writer = new RaitShardWriter(mockDrives(2), raitOptions(1));
  await writeArchive(writer, [8, 8]);
  const [one, other] = writer.summary();
  const summaries = [{ ...one, starved: 1 }, { ...other, starved: 7 }, { ...one, starved: 0 }];
  assert.deepEqual(starvedDriveLines(summaries), [
    "drive d0 had to wait for data once",
    "drive d1 had to wait for data 7 times",
  ]);
});

Deno.test("a tape that gave early warning is named, with what such a tape holds", async () => {
  const LTO_8 = 0x5e;
  const options = { capacityBytes: 60_000, earlyWarningBytes: 10 * BLOCK, density: LTO_8 };
  const drives = mockDrives(3, (i) => i === 1 ? { medium: new TapeMedium(options) } : {});
  const writer = new RaitShardWriter(drives, raitOptions(2));
  const { full } = await writeArchive(writer, Array(40).fill(4));
  assert.ok(full);
  const created = {
    name: "backup",
    uuid: "",
    stopped: "medium-full" as const,
    totals: undefined,
    chunks: 1,
    tarBytes: 1,
    compressedBytes: 1,
    shardBytes: 1,
    missing: [],
    notes: {},
    setUuid: "",
    dataShards: 2,
    drives: writer.summary(),
    indexFile: undefined,
    remarks: [],
  };
  const lines = tapeSummaryLines(created).filter((line) => line.includes("near its end"));
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^shard 1: d1, .*, near its end \(LTO-8: 10\.9 TiB\)/);
  const json = tapeSummaryJson(created).drives as Record<string, unknown>[];
  assert.deepEqual(json.map((drive) => drive.near_end), [false, true, false]);
  assert.deepEqual(json.map((drive) => drive.medium), [null, "LTO-8", null]);
  assert.equal(json[1].medium_capacity_bytes, 12e12);
});
