import assert from "node:assert/strict";
import fc from "fast-check";
import { formatSize, parseDuration, parseSize } from "../../../src/cli/sizes.ts";

Deno.test("sizes are powers of 1024 with any usual spelling of the unit", () => {
  const cases: [string, number][] = [
    ["512", 512],
    ["64K", 65536],
    ["512KB", 524288],
    ["512kb", 524288],
    ["512KiB", 524288],
    ["1GiB", 1073741824],
    ["10GiB", 10737418240],
    ["1.5M", 1572864],
    ["2T", 2199023255552],
    ["100B", 100],
    [" 1 GB ", 1073741824],
    ["0", 0],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

Deno.test("what is no size is refused", () => {
  const nonsense = ["", "K", "-1", "1e3", "1KK", "1 2", "1G5", "0x10", "1.3", "9999999P", "NaN"];
  for (const text of [...nonsense, "1,5G", "١"]) {
    assert.throws(() => parseSize(text), { code: "usage" }, text);
  }
});

Deno.test("formatted sizes keep their magnitude", () => {
  assert.equal(formatSize(0), "0 B");
  assert.equal(formatSize(1023), "1023 B");
  assert.equal(formatSize(1536), "1.50 KiB");
  assert.equal(formatSize(1024 ** 2 - 4), "1.00 MiB");
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
    const back = parseFloat(formatSize(bytes));
    assert.ok(back < 1024 && back >= 0);
  }));
});

Deno.test("durations take seconds, minutes, hours", () => {
  assert.equal(parseDuration("90"), 90_000);
  assert.equal(parseDuration("20min"), 1_200_000);
  assert.equal(parseDuration("1.5h"), 5_400_000);
  for (const text of ["", "soon", "-1s", "1 week"]) {
    assert.throws(() => parseDuration(text), { code: "usage" }, text);
  }
});
