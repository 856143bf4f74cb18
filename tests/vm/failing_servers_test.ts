/** A drive of 3+1 whose connection breaks, whose server dies, hangs or has no more room. */

import { failure, goesOn, makeFailingTree, oneDriveFails } from "./failing.ts";
import { inGuest } from "./guest.ts";

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 64, prepare: makeFailingTree }, {
  ...oneDriveFails("cut", [
    "in the label",
    "in the middle of a chunk",
    "at the filemark of a chunk",
    "in the index",
  ]),
  ...oneDriveFails("kill", ["in the middle of a chunk", "in the last chunk", "in the index"]),
  ...oneDriveFails("fill", ["in the middle of a chunk", "in the index"]),
  ...oneDriveFails("stop", ["in the middle of a chunk"]),

  "a drive that never answers again: the other drives go on": () =>
    goesOn([failure(1, "stop", "at the filemark of a chunk")], "--drive-timeout", "3s"),
});
