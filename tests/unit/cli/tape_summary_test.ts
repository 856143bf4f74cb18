/** What is said of drives that were fed too slowly. */
import assert from "node:assert/strict";
import { starvedDriveLines } from "../../../src/cli/tape_summary.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { mockDrives, raitOptions, writeArchive } from "../tape/rait_set.ts";

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
