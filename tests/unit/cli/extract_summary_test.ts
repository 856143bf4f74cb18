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

Deno.test("a shard that has the same trouble in many chunks is one line", () => {
  const each = { origin: "", what: "missing", ranges: [], repaired: true, detail: "not found" };
  const damage = [1, 2, 3, 5, 7, 8].map((chunk) => ({ ...each, what: "missing" as const, chunk }));
  assert.deepEqual(
    damageLines([
      ...damage.map((one) => ({ ...one, shard: 2 })),
      { ...damage[1], shard: 0 },
    ]),
    ["chunks 1 to 3, 5, 7 to 8, shard 2: not found", "chunk 2, shard 0: not found"],
  );
  const scattered = Array.from(
    { length: 500 },
    (_, i) => ({ ...damage[0], shard: 1, chunk: 2 * i }),
  );
  assert.ok(damageLines(scattered)[0].length < 80);
});

Deno.test("what became of members is told in words", () => {
  const counts = { ...EXTRACTED.counts, "restored": 1, "exists": 2, "link-target-missing": 1 };
  assert.deepEqual(extractSummaryLines({ ...EXTRACTED, counts }), [
    "restored 1 member, 2 kept as they were (--force replaces them), " +
    "1 links whose target is missing",
  ]);
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
