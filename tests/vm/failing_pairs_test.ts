/** Both drives of 2+2 that may fail while they write, in every way and at several moments. */

import { failure, goesOn, makeFailingTree, type Moment } from "./failing.ts";
import type { Breakage } from "./drives.ts";
import { inGuest, type Scenario } from "./guest.ts";

const PAIRS: readonly [[Breakage, Moment], [Breakage, Moment]][] = [
  [["kill", "in the label"], ["offline", "in the label"]],
  [["delete", "behind the label"], ["cut", "in the last chunk"]],
  [["cut", "in the middle of a chunk"], ["fill", "in the middle of a chunk"]],
  [["offline", "in the middle of a chunk"], ["delete", "in the middle of a chunk"]],
  [["offline", "at the filemark of a chunk"], ["cut", "at the filemark of a chunk"]],
  [["kill", "at the filemark of a chunk"], ["kill", "in the last chunk"]],
  [["stop", "in the middle of a chunk"], ["offline", "in the index"]],
  [["cut", "in the index"], ["kill", "in the index"]],
];

const scenarios: Record<string, Scenario> = {};
for (const [first, second] of PAIRS) {
  const [one, other] = [first, second].map((words) => words.join(" "));
  // Drives with data shards and with parity shards.
  scenarios[`${one}, ${other}: the other two drives go on`] = () =>
    goesOn([failure(0, ...first), failure(3, ...second)]);
}

inGuest(
  import.meta.url,
  { drives: 4, tapeMegabytes: 64, prepare: makeFailingTree },
  scenarios,
);
