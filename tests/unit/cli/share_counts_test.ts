import assert from "node:assert/strict";
import { fileShareCounts, tapeShareCounts } from "../../../src/cli/share_counts.ts";

Deno.test("files get 10 data and 5 parity shards unless told otherwise", () => {
  assert.deepEqual(fileShareCounts(undefined, undefined), { k: 10, m: 15 });
  assert.deepEqual(fileShareCounts(4, undefined), { k: 4, m: 9 });
  assert.deepEqual(fileShareCounts(200, 56), { k: 200, m: 256 });
  assert.throws(() => fileShareCounts(200, 57), { code: "usage" });
});

Deno.test("tape drives get one shard each, one of them parity unless told otherwise", () => {
  assert.deepEqual(tapeShareCounts(3, undefined, undefined), { k: 2, m: 3 });
  assert.deepEqual(tapeShareCounts(4, undefined, 2), { k: 2, m: 4 });
  assert.deepEqual(tapeShareCounts(4, 2, undefined), { k: 2, m: 4 });
  assert.deepEqual(tapeShareCounts(2, 1, 1), { k: 1, m: 2 });
});

Deno.test("counts that contradict the drives are refused with the sum that would fit", () => {
  const hintOf = (drives: number, data?: number, parity?: number) => {
    try {
      tapeShareCounts(drives, data, parity);
    } catch (error) {
      return (error as { context: { hint?: string } }).context.hint;
    }
    assert.fail("it was accepted");
  };
  assert.match(hintOf(3, 10, 5) ?? "", /2 data \+ 1 parity = 3/);
  assert.match(hintOf(4, 3, 2) ?? "", /2 data \+ 2 parity = 4/);
  assert.match(hintOf(3, 3) ?? "", /2 data \+ 1 parity = 3/);
  assert.match(hintOf(3, undefined, 3) ?? "", /2 data \+ 1 parity = 3/);
  assert.throws(() => tapeShareCounts(1, undefined, undefined), { code: "usage" });
});
