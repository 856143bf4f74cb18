import assert from "node:assert/strict";
import { type LostPart, Timeline } from "../../../src/chunk/read_timeline.ts";

Deno.test("missing chunks become one gap when the next one tells where it starts", () => {
  const lost: LostPart[] = [];
  const line = new Timeline(lost);
  line.at = 100;
  line.miss(2, 3, "no shards");
  line.miss(4, 4, "damaged");
  assert.ok(line.isInterrupted);
  assert.deepEqual([...line.arriveAt(5, 400)], [
    { kind: "gap", tarOffset: 100, length: 300, reason: "no shards; damaged" },
  ]);
  assert.deepEqual(lost, [{
    chunks: { first: 2, last: 4 },
    tar: { start: 100, end: 400 },
    reason: "no shards; damaged",
  }]);
  assert.deepEqual([line.at, line.resync, line.nextChunk], [400, true, 6]);
});

Deno.test("chunks that follow each other leave no gap", () => {
  const lost: LostPart[] = [];
  const line = new Timeline(lost);
  assert.deepEqual([...line.arriveAt(1, 0)], []);
  assert.deepEqual(lost, []);
});

Deno.test("an end that nothing tells is a gap without length", () => {
  const lost: LostPart[] = [];
  const line = new Timeline(lost);
  line.at = 7;
  line.nextChunk = 3;
  const [gap] = [...line.finish(undefined)];
  assert.equal(gap.kind === "gap" && gap.length, undefined);
  assert.deepEqual(lost[0].chunks, { first: 3, last: undefined });
  assert.deepEqual(lost[0].tar, { start: 7, end: undefined });
});
