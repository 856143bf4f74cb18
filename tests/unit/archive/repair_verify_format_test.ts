/** What verify tells people: the map, in colour or not, and what could still be lost. */

import assert from "node:assert/strict";
import type { VerifySummary } from "../../../src/archive/verify.ts";
import { mapLines, reserves, verifyJson, verifyLines } from "../../../src/cli/verify_format.ts";

function summary(changes: Partial<VerifySummary> = {}): VerifySummary {
  const chunk = (number: number) => ({
    chunk: number,
    frames: 1,
    lostFrames: 0,
    lost: undefined,
    last: number === 3,
  });
  return {
    name: "b",
    uuid: undefined,
    depth: "checksums",
    shardCounts: { k: 2, m: 4 },
    chunks: [1, 2, 3].map(chunk),
    damage: [],
    indexDamage: [],
    lost: [],
    wrongFiles: [],
    filesCompared: 0,
    isComplete: true,
    next: undefined,
    remarks: [],
    verdict: "whole",
    ...changes,
  };
}

const damage = (chunk: number, shard: number, what: VerifySummary["damage"][number]["what"]) => ({
  chunk,
  shard,
  origin: "",
  what,
  ranges: [],
  repaired: true,
  detail: "…",
});

Deno.test("an archive without damage has no map", () => {
  assert.deepEqual(mapLines(summary()), []);
  assert.deepEqual(verifyLines(summary()), [
    "may still be lost: any 2 more shards of each chunk",
    "b: whole, 3 chunks checked (checksums)",
  ]);
});

Deno.test("an archive that was never finished is not called whole without saying so", () => {
  const unfinished = verifyLines(summary({ isComplete: false }));
  assert.deepEqual(unfinished.slice(-2), [
    "the archive was never finished",
    "b: UNFINISHED, what was written is whole, 3 chunks checked (checksums)",
  ]);
  assert.equal(verifyJson(summary({ isComplete: false })).complete, false);
});

Deno.test("the map is letters, or letters in colour", () => {
  const damaged = summary({
    damage: [damage(1, 0, "missing"), damage(2, 3, "misnamed"), damage(2, 1, "damaged")],
    verdict: "repairable",
  });
  const plain = mapLines(damaged);
  assert.deepEqual(plain.slice(1, 4), ["  c001 -...", "  c002 .D.N", "  c003 ...."]);
  const colour = mapLines(damaged, true).slice(1, 4);
  // deno-lint-ignore no-control-regex
  assert.equal(colour[0].match(/\x1b\[31m-\x1b\[0m/g)?.length, 1);
  // deno-lint-ignore no-control-regex
  assert.equal(colour[1].match(/\x1b\[33mN\x1b\[0m/g)?.length, 1);
  // deno-lint-ignore no-control-regex
  assert.deepEqual(colour.map((line) => line.replace(/\x1b\[\d+m/g, "")), plain.slice(1, 4));
});

Deno.test("what may still be lost is told by chunk; a misnamed shard is as good as any", () => {
  const said = (...list: ReturnType<typeof damage>[]) =>
    verifyLines(summary({ damage: list })).find((line) => line.startsWith("may still"));
  assert.equal(
    said(damage(1, 0, "missing"), damage(1, 1, "damaged")),
    "may still be lost: no further shard of chunk 1; any 2 more shards of every other chunk",
  );
  assert.equal(
    said(damage(1, 0, "misnamed")),
    "may still be lost: any 2 more shards of each chunk",
  );
  assert.equal(
    said(damage(1, 0, "missing"), damage(3, 0, "missing")),
    "may still be lost: any 2 more shards of chunk 2; any 1 more shard of every other chunk",
  );
  // The same shard twice is one shard.
  assert.equal(
    said(damage(2, 0, "truncated"), damage(2, 0, "damaged")),
    "may still be lost: any 1 more shard of chunk 2; any 2 more shards of every other chunk",
  );
});

Deno.test("a chunk of which something is lost has no reserve, and is marked", () => {
  const chunks = summary().chunks.map((each) => each.chunk === 2 ? { ...each, lost: "why" } : each);
  const lost = summary({ chunks, damage: [damage(2, 0, "damaged")], verdict: "unrepairable" });
  assert.deepEqual([...reserves(lost)], [[1, 2], [3, 2]]);
  assert.ok(mapLines(lost).includes("  c002 D...  LOST"));
  const reserve = "may still be lost: any 2 more shards of every other chunk";
  assert.ok(verifyLines(lost).includes(reserve));
});

Deno.test("what is lost only because shards were not found is said so, in few lines", () => {
  const lost = Array.from({ length: 200 }, (_, i) => ({
    chunks: { first: i + 1, last: i + 1 },
    tar: { start: i * 1024, end: (i + 1) * 1024 },
    reason: `chunk ${i + 1}: too few`,
  }));
  const missing = { ...damage(2, 0, "missing"), repaired: false };
  const lines = verifyLines(summary({ lost, damage: [missing], verdict: "unrepairable" }));
  assert.ok(lines.length < 60);
  assert.match(lines.at(-1)!, /something is lost unless more shards are found/);
  const closed = { ...damage(2, 1, "unreadable"), repaired: false };
  const either = verifyLines(summary({ damage: [missing, closed], verdict: "unrepairable" }));
  assert.match(either.at(-1)!, /lost unless more shards are found or can be opened, /);
  const bad = { ...damage(2, 1, "damaged"), repaired: false };
  const both = verifyLines(summary({ damage: [missing, bad], verdict: "unrepairable" }));
  assert.match(both.at(-1)!, /something is lost, /);
});
