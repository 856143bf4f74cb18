/** Tests of how benchmark results are computed and shown: bench/. */
import assert from "node:assert/strict";
import { chart } from "../../bench/chart.ts";
import { markdown, summary } from "../../bench/markdown.ts";
import { median } from "../../bench/median.ts";
import { parseOptions } from "../../bench/options.ts";
import { type Figure, type Finding, line, verdict } from "../../bench/report.ts";

const FAST: Figure = { what: "a | b", value: 2, unit: "×", goal: 1, better: "more", note: "" };
const SLOW: Figure = { ...FAST, what: "slow", value: 0.5 };
const LARGE: Figure = { ...FAST, what: "memory", value: 500, goal: 400, better: "less" };
const NOTHING: Finding = { what: "peer", skipped: "no compiler\nhere" };

Deno.test("the median is the middle value, or the mean of the two in the middle", () => {
  assert.equal(median([7]), 7);
  assert.equal(median([9, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 10]), 3);
});

Deno.test("a figure is measured by its goal, whichever side is better", () => {
  assert.deepEqual([FAST, SLOW, LARGE, NOTHING].map(verdict), [
    "met",
    "MISSED",
    "MISSED",
    "skipped",
  ]);
  assert.equal(verdict({ ...FAST, goal: undefined }), "");
  assert.match(line(SLOW), /^MISSED .*0\.50 × \(goal ≥ 1 ×\)/);
});

Deno.test("every finding is one row of the table, whatever its words hold", () => {
  const rows = markdown([FAST, NOTHING], []).split("\n").filter((row) => row.startsWith("| "));
  assert.equal(rows.length, 4);
  assert.match(rows[2], /^\| a \\\| b \| 2\.00 × \| ≥ 1 × \| met \|/);
  assert.match(rows[3], /skipped \| no compiler here \|$/);
  assert.equal(summary([FAST, SLOW, NOTHING]), "Goals met: 1, missed: 1; figures skipped: 1.");
});

Deno.test("bars end twice as far as the goal at most, and are half as long at half the goal", () => {
  const svg = chart([FAST, SLOW, { ...FAST, value: 100 }, NOTHING]);
  const widths = [...svg.matchAll(/class="(?:met|MISSED)"[^>]* width="(\d+)"/g)].map((match) =>
    Number(match[1])
  );
  assert.equal(widths.length, 3);
  assert.deepEqual(widths, [widths[2], widths[2] / 4, widths[2]]);
});

Deno.test("memory over time becomes one line for each run", () => {
  const svg = chart([{ ...LARGE, memory: [50, 300, 300] }, FAST]);
  assert.equal(svg.match(/<polyline/g)?.length, 1);
});

Deno.test("wrong numbers and unknown parts are refused", () => {
  assert.throws(() => parseOptions(["--rounds", "none"], []), /above zero/);
  assert.throws(() => parseOptions(["speed"], ["create"]), /no benchmark "speed"/);
  assert.equal(parseOptions(["--quick", "--large", "2"], []).options.largeBytes, 2 ** 31);
});
