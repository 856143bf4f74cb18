/** Tapes that are too short for what is to be written. */

import assert from "node:assert/strict";
import { blankTapes, devices, sh } from "./drives.ts";
import { ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { assertSameTree, describeFiles, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
const ALL_DEVICES = devices(...ALL);

/** Files in a restored tree, which all must be whole and right but for the last one. */
function assertAllRight(): number {
  const whole = describeFiles("/tmp/tree");
  const restored = [...describeFiles("/tmp/restored/tree")];
  const right = restored.filter(([path]) => !path.endsWith(".ectar-partial"));
  for (const [path, content] of right) assert.equal(content, whole.get(path), path);
  assert.ok(restored.length - right.length <= 1);
  return right.length;
}

inGuest(import.meta.url, { drives: 4, tapeMegabytes: 8 }, {
  "an archive that does not fit ends cleanly, and all that is on the tapes restores": async () => {
    await makeTree("/tmp/tree", 30);
    for (const blockSize of ["64KiB", "512KiB"]) {
      blankTapes(...ALL);
      const { stdout } = await ectar(
        3,
        ...["create", "--tape-devices", ALL_DEVICES, "--chunk-size", "4MiB", "--json"],
        // What waits in a large buffer would all be written behind the early warning.
        ...["--buffer-size", "2MiB"],
        ...["--block-size", blockSize, "--no-index", "-o", "long", "tree"],
      );
      const report = JSON.parse(stdout);
      assert.equal(report.complete, false);
      assert.equal(report.stopped, "medium-full");
      assert.ok(report.chunks >= 4, stdout);
      assert.ok(report.drives.every((drive: { chunks: number }) => drive.chunks === report.chunks));
      const { stdout: info } = await ectar(0, "info", "--tape-devices", ALL_DEVICES);
      assert.match(info, /incomplete/i);
      await ectar(
        3,
        ...["extract", "-q", "--partial", "--tape-devices", ALL_DEVICES, "-o", "/tmp/restored"],
      );
      // The tapes hold three times eight megabytes of it.
      assert.ok(assertAllRight() > 12);
      removeTree("/tmp/restored");
      // Any three tapes hold the same.
      await ectar(
        3,
        ...["extract", "-q", "--partial", "--tape-devices", devices(1, 2, 3)],
        ...["-o", "/tmp/restored"],
      );
      assert.ok(assertAllRight() > 12);
      removeTree("/tmp/restored");
    }
  },

  "an archive that just fits is complete": async () => {
    sh("mkdir /tmp/tree2 && cp -a /tmp/tree/large[0-9] /tmp/tree/large1[0-9] /tmp/tree2");
    blankTapes(...ALL);
    await ectar(
      0,
      "create",
      "-q",
      "--tape-devices",
      ALL_DEVICES,
      "--no-index",
      "-o",
      "fits",
      "tree2",
    );
    await ectar(0, "extract", "-q", "--tape-devices", ALL_DEVICES, "-o", "/tmp/restored");
    assertSameTree("/tmp/tree2", "/tmp/restored/tree2");
  },
});
