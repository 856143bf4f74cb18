import assert from "node:assert/strict";
import { createSummaryLines, incompleteLines } from "../../../src/cli/create_summary.ts";

const CREATED: Parameters<typeof createSummaryLines>[0] = {
  name: "b",
  uuid: "00000000-0000-4000-8000-000000000000",
  stopped: undefined,
  totals: { members: 3, files: 2, fileBytes: 1024, tarBytes: 4096 },
  chunks: 1,
  tarBytes: 4096,
  compressedBytes: 2048,
  shardBytes: 3072,
  missing: [],
  notes: {},
};

Deno.test("what an archive lacks is told in words, and what it does not lack is not", () => {
  const notes = { "names-stripped": 1, "unreadable": 2, "changed-while-read": 1, "size-untrue": 3 };
  assert.deepEqual(createSummaryLines({ ...CREATED, notes }), [
    "archived 3 members, 2 of them files with 1.00 KiB",
    "b: 1 chunk, tar 4.00 KiB, compressed 2.00 KiB, all shards 3.00 KiB",
    "2 could not be read, and are not in the archive",
    "1 changed while they were read: new and old may be mixed in them",
    "3 have content although their size is 0: stored empty",
  ]);
});

Deno.test("an archive that was stopped is called incomplete, with what to do", () => {
  assert.deepEqual(incompleteLines(CREATED), []);
  assert.match(incompleteLines({ ...CREATED, stopped: "interrupted" })[0], /INCOMPLETE: interrup/);
  assert.match(incompleteLines({ ...CREATED, stopped: "medium-full" })[0], /larger tapes/);
});
