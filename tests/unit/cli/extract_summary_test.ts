import assert from "node:assert/strict";
import {
  damageLines,
  extractSummaryJson,
  extractSummaryLines,
  hasExtractNotes,
} from "../../../src/cli/extract_summary.ts";

const EXTRACTED: Parameters<typeof extractSummaryJson>[0] = {
  counts: {
    "restored": 3,
    "partial": 0,
    "exists": 0,
    "refused": 0,
    "link-target-missing": 0,
    "failed": 0,
    "ignored": 0,
  },
  metadataLine: undefined,
  lostParts: [],
  lostMembers: [],
  lostMemberCount: 0,
  isUnfinished: false,
  unnamedLosses: false,
  notFound: [],
  name: "b",
  uuid: undefined,
  remarks: [],
  damage: [],
};

Deno.test("a whole restore has nothing to tell", () => {
  assert.equal(hasExtractNotes(EXTRACTED), false);
  assert.equal(extractSummaryJson(EXTRACTED).complete, true);
  assert.deepEqual(extractSummaryLines(EXTRACTED), ["restored 3 members"]);
});

Deno.test("an archive that was never finished is not complete, though nothing is lost", () => {
  const extracted = { ...EXTRACTED, isUnfinished: true };
  assert.equal(extractSummaryJson(extracted).complete, false);
  assert.equal(hasExtractNotes(extracted), true);
  assert.match(extractSummaryLines(extracted)[0], /never finished/);
});

Deno.test("damage names the shard and where it lies, once", () => {
  const each = { chunk: 1, shard: 0, what: "unreadable", ranges: [], repaired: true } as const;
  assert.deepEqual(
    damageLines([
      { ...each, origin: "drive /dev/nst0, tape file 1", detail: "cannot be read" },
      { ...each, origin: "", detail: "not found", repaired: false },
      { ...each, origin: "b.c001.s00", detail: "b.c001.s00 is cut short" },
    ]),
    [
      "chunk 1, shard 0: cannot be read (drive /dev/nst0, tape file 1)",
      "chunk 1, shard 0: not found (needed, and not made up for)",
      "chunk 1, shard 0: b.c001.s00 is cut short",
    ],
  );
});
