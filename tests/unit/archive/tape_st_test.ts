/** Whole archives over the pretended st driver: its early warning, its errors, its counters. */
import assert from "node:assert/strict";
import { LinuxTapeDevice } from "../../../src/tape/linux_device.ts";
import { MT_OP } from "../../../src/tape/st_abi.ts";
import { TapeMedium } from "../../mocks.ts";
import { FakeSt, type FakeStOptions, fakeThread } from "../tape/fake_st.ts";
import { archiveOnto, assertFiles, BLOCK, restoreFrom, sampleFiles } from "./mock_archive.ts";

const FILES = sampleFiles(6);
const RAIT = { reserveBytes: 3 * BLOCK, bufferBytes: 18 * BLOCK };
/** Early warning 12 KiB before the end, at several places of the archive's four chunks. */
const CAPACITIES = [Infinity, 50_000, 58_000, 66_000, 74_000];
const KINDS: FakeStOptions[] = [
  { logical: "on" },
  { logical: "off", passesBadBlocks: true, blockSize: 1024 },
  { logical: "settable", noImmediate: true },
];

/** A driver that fails once, in the n-th write or filemark. */
class FailingSt extends FakeSt {
  left = 0;

  override write(block: Uint8Array): number {
    return --this.left === 0 ? -5 : super.write(block);
  }

  override operate(operation: number, count: number): number {
    const isMark = operation === MT_OP.writeFilemarks ||
      operation === MT_OP.writeFilemarksImmediate;
    return isMark && --this.left === 0 ? -5 : super.operate(operation, count);
  }
}

async function open(st: FakeSt, shard: number, mode: "read" | "write"): Promise<LinuxTapeDevice> {
  const { driverOptions } = st;
  const opening = { name: `nst${shard}`, node: "/dev/nst0", mode, driverOptions, loadTimeoutMs: 0 };
  return await LinuxTapeDevice.open(opening, fakeThread(st));
}

/** What fits is restored exactly, from any two tapes that hold all of it by the books. */
async function archivesAndRestores(
  kind: FakeStOptions,
  capacityBytes: number,
  failingCall: number,
): Promise<"whole" | "medium-full"> {
  const media = [0, 1, 2].map((shard) =>
    new TapeMedium(shard === 1 ? { capacityBytes, earlyWarningBytes: 12 << 10 } : {})
  );
  const drivers = media.map((medium) => new FailingSt({ ...kind, medium }));
  drivers[2].left = failingCall;
  const drives = await Promise.all(drivers.map((st, shard) => open(st, shard, "write")));
  const run = await archiveOnto(drives, FILES, 2, RAIT);
  const partial = run.stopped !== undefined;
  let fromAll: string[] | undefined;
  for (const absent of [undefined, 0, 1, 2]) {
    const present = [0, 1, 2].filter((shard) => shard !== absent);
    // Without one tape the two others must be as good as the books say.
    const booked = run.missing.every(({ shard }) => !present.includes(shard));
    if (absent !== undefined && !booked) continue;
    const readers = await Promise.all(
      present.map((shard) => open(new FakeSt({ ...kind, medium: media[shard] }), shard, "read")),
    );
    const { files } = await restoreFrom(readers, { partial });
    if (!partial) assertFiles(files, FILES);
    const whole = Object.keys(files).filter((name) => !name.endsWith(".ectar-partial"));
    for (const name of whole) assert.deepEqual(files[name], FILES[name], name);
    assert.deepEqual(whole, fromAll ??= whole, `without tape ${absent}`);
  }
  return partial ? "medium-full" : "whole";
}

for (const kind of KINDS) {
  Deno.test(`over the st driver (${JSON.stringify(kind)}): a failing drive, a short tape, both`, async () => {
    const ends = new Set<string>();
    for (const capacity of CAPACITIES) {
      for (const failingCall of [0, 5, 40, 60, 80]) {
        ends.add(await archivesAndRestores(kind, capacity, failingCall));
      }
    }
    assert.deepEqual(ends, new Set(["whole", "medium-full"]));
  });
}
