/** Drives that die while an archive is written, at every point: what is left must be exact. */
import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import type { MockEffect, MockTapeDevice } from "../../mocks.ts";
import {
  archiveOnto,
  assertFiles,
  mockDrives,
  type MockRun,
  reload,
  restoreFrom,
  sampleFiles,
} from "./mock_archive.ts";

const FILES = sampleFiles(7);
const ERROR: MockEffect = { kind: "error", errno: "EIO" };

/** Calls of one drive in an archive without failures, closing excepted. */
async function callsOfOneDrive(m: number, k: number): Promise<number> {
  const drives = mockDrives(m);
  await archiveOnto(drives, FILES, k);
  return drives[0].log.filter((call) => call !== "close").length;
}

async function restoresFrom(drives: readonly MockTapeDevice[], what: string): Promise<void> {
  const { files } = await restoreFrom(reload(drives));
  try {
    assertFiles(files, FILES);
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

/** Every chunk that is not on a drive's tape must be in the books as missing. */
function assertTrueBooks(run: MockRun, dead: number): void {
  const committed = run.writer.summary()[dead].chunksCommitted;
  assert.deepEqual(
    run.missing.map(({ chunk, shard }) => [chunk, shard]),
    Array.from({ length: run.chunks - committed }, (_, i) => [committed + 1 + i, dead]),
  );
}

Deno.test("a drive that dies at any one call: create completes and the others restore", async () => {
  const calls = await callsOfOneDrive(3, 2);
  assert.ok(calls > 50);
  for (let nth = 1; nth <= calls; nth++) {
    const drives = mockDrives(3);
    drives[1].inject({ call: "any", nth, effect: ERROR, sticky: true });
    const run = await archiveOnto(drives, FILES, 2);
    assert.equal(run.stopped, undefined, `call ${nth}`);
    assertTrueBooks(run, 1);
    await restoresFrom([drives[0], drives[2]], `others, call ${nth}`);
    await restoresFrom(drives, `all, call ${nth}`);
  }
});

Deno.test("a drive that fails once at any call, or loses what it had buffered, harms nothing", async () => {
  const calls = await callsOfOneDrive(3, 2);
  const effects: MockEffect[] = [ERROR, { kind: "lose-since-filemark" }];
  for (let nth = 1; nth <= calls; nth += 3) {
    for (const effect of effects) {
      const drives = mockDrives(3);
      drives[0].inject({ call: "any", nth, effect });
      const run = await archiveOnto(drives, FILES, 2);
      assertTrueBooks(run, 0);
      await restoresFrom(drives, `${effect.kind} at call ${nth}`);
      await restoresFrom(drives.slice(1), `others, ${effect.kind} at call ${nth}`);
    }
  }
});

Deno.test("two drives dying at random points of 3+2 leave an exact archive", async () => {
  const calls = await callsOfOneDrive(5, 3);
  let random = 7;
  const next = (below: number) => (random = Math.imul(random, 48271) >>> 0) % below;
  for (let round = 0; round < 25; round++) {
    const drives = mockDrives(5);
    const first = next(5);
    const second = (first + 1 + next(4)) % 5;
    for (const dead of [first, second]) {
      drives[dead].inject({ call: "any", nth: 1 + next(calls), effect: ERROR, sticky: true });
    }
    const run = await archiveOnto(drives, FILES, 3);
    assert.equal(run.stopped, undefined);
    const living = drives.filter((_, i) => i !== first && i !== second);
    await restoresFrom(living, `round ${round}: ${first} and ${second}`);
    await restoresFrom(drives, `round ${round}: all`);
  }
});

Deno.test("a drive that hangs is dropped after its time, and the archive is exact", async () => {
  const calls = await callsOfOneDrive(3, 2);
  for (let nth = 4; nth <= calls; nth += Math.ceil(calls / 12)) {
    const drives = mockDrives(3);
    drives[2].inject({ call: "any", nth, effect: { kind: "hang" } });
    const timeouts = { driveTimeoutMs: 15, windTimeoutMs: 15 };
    const run = await archiveOnto(drives, FILES, 2, { timeouts });
    const { state, reason } = run.writer.summary()[2];
    assert.notEqual(state, "writing", `call ${nth}`);
    assert.match(reason!, /does not answer/);
    await restoresFrom(drives.slice(0, 2), `call ${nth}`);
    drives[2].faults.release();
  }
});

Deno.test("one drive more than parity: it stops and says how far each tape got", async () => {
  const drives = mockDrives(3);
  drives[0].inject({ call: "writeBlock", nth: 12, effect: ERROR, sticky: true });
  drives[1].inject({ call: "writeBlock", nth: 25, effect: ERROR, sticky: true });
  await assert.rejects(archiveOnto(drives, FILES, 2), (error) => {
    assert.ok(error instanceof EctarError);
    assert.equal(error.code, "too-few");
    assert.match(error.message, /1 of 3 tape drives still work, 2 are needed \(d0: .*; d1: /);
    assert.match(error.context.hint!, /tape in drive d2 .* is incomplete: \d+ chunks of backup/);
    return true;
  });
});

Deno.test("stop at the first failure, or when parity falls below what is wanted", async () => {
  const dying = () => {
    const drives = mockDrives(4);
    drives[3].inject({ call: "writeBlock", nth: 30, effect: ERROR, sticky: true });
    return drives;
  };
  const tooFew = (error: unknown) => error instanceof EctarError && error.code === "too-few";
  await assert.rejects(archiveOnto(dying(), FILES, 2, { onDriveFailure: "stop" }), tooFew);
  await assert.rejects(archiveOnto(dying(), FILES, 2, { minParity: 2 }), tooFew);
  assert.equal((await archiveOnto(dying(), FILES, 2, { minParity: 1 })).stopped, undefined);
});

Deno.test("drives dead from the start up to the parity are done without", async () => {
  const [a, b, c] = mockDrives(3);
  const dead = { name: "gone", failure: "no such device" };
  const run = await archiveOnto([a, dead, c, { ...dead, name: "gone too" }], FILES, 2);
  assert.deepEqual(run.writer.summary().map(({ state }) => state), [
    "writing",
    "failed",
    "writing",
    "failed",
  ]);
  await restoresFrom([c, a], "two of four");
  await assert.rejects(archiveOnto([b, dead], FILES, 1, { minParity: 1 }), EctarError);
});

Deno.test("a drive that dies at any call while it is read: the others fill in", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  const whole = reload(drives);
  await restoreFrom(whole);
  const calls = whole[0].log.filter((call) => call !== "close").length;
  assert.ok(calls > 50);
  for (let nth = 1; nth <= calls; nth += 2) {
    const loaded = reload(drives);
    loaded[0].inject({ call: "any", nth, effect: ERROR, sticky: true });
    const { files } = await restoreFrom(loaded);
    assertFiles(files, FILES);
  }
});

Deno.test("a drive that hangs while it is read is done without", async () => {
  const drives = mockDrives(3);
  await archiveOnto(drives, FILES, 2);
  for (const nth of [1, 3, 9, 20, 40]) {
    const loaded = reload(drives);
    loaded[1].inject({ call: "any", nth, effect: { kind: "hang" } });
    const timeouts = { driveTimeoutMs: 15, windTimeoutMs: 15 };
    const { files } = await restoreFrom(loaded, { timeouts });
    assertFiles(files, FILES);
    loaded[1].faults.release();
  }
});

for (const bogusPastEnd of [false, true]) {
  const met = bogusPastEnd ? "a block that nobody wrote" : "the end of data";
  // Simulation seed 50759.
  Deno.test(`tapes torn behind the last block of a chunk restore it, where ${met} follows`, async () => {
    const drives = mockDrives(2);
    const { chunks } = await archiveOnto(drives, FILES, 1);
    assert.ok(chunks > 1);
    const torn = reload(drives, () => ({ bogusPastEnd }));
    for (const { medium } of torn) medium!.truncate(medium!.recordOf(chunks + 1, 0) - 1);
    for (const tapes of [torn, torn.slice(1)]) {
      const { files, summary } = await restoreFrom(reload(tapes, () => ({ bogusPastEnd })));
      assertFiles(files, FILES);
      assert.deepEqual(summary.lostParts, []);
    }
  });
}
