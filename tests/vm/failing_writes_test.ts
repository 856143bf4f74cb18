/** Drives that fail while they write, and ectar killed while it writes. */

import assert from "node:assert/strict";
import { blankTapes, type Breakage, breakDrive, devices, mendDrive } from "./drives.ts";
import { type Accident, ectar, ectarMeets } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { assertSameTree, describeFiles, makeTree, removeTree } from "./tree.ts";

const ALL = [0, 1, 2, 3];
/** Four chunks of 43 blocks on each of four tapes of 3+1. */
const SHAPE = ["--chunk-size", "2MiB", "--block-size", "16KiB", "--no-index"];
const CHUNK_BLOCKS = 43;
const CREATE = ["create", "--tape-devices", devices(...ALL), "--overwrite", ...SHAPE];
const LABEL_BLOCKS = 2;

/** What a run says in --json of one drive. */
interface DriveReport {
  drive: string;
  state: string;
  reason: string | null;
  chunks: number;
  index_written: boolean;
}

/** A drive that breaks when it has written so many blocks. */
function breaking(drive: number, how: Breakage, blocks: number): Accident {
  return { drive, when: "write", blocks, happens: () => breakDrive(drive, how) };
}

async function createMeets(accidents: Accident[], ...more: string[]) {
  blankTapes(...ALL);
  return await ectarMeets(accidents, ...CREATE, "--json", ...more, "-o", "archive", "tree");
}

/** The archive is complete but for what the broken drives miss, and says so. */
async function goesOn(accidents: Accident[], ...more: string[]): Promise<void> {
  const { code, stdout, stderr } = await createMeets(accidents, ...more);
  assert.equal(code, 3, stdout + stderr);
  const report: { complete: boolean; chunks: number; drives: DriveReport[] } = JSON.parse(stdout);
  assert.equal(report.complete, true);
  for (const [shard, drive] of report.drives.entries()) {
    const broken = accidents.some((accident) => accident.drive === shard);
    assert.equal(drive.state === "ok", !broken, stdout);
    assert.equal(drive.index_written, !broken, stdout);
    if (broken) assert.match(stderr, new RegExp(`drive ${drive.drive}\\b`));
    else assert.equal(drive.chunks, report.chunks);
  }
  const broken = accidents.map(({ drive }) => drive);
  const whole = ALL.filter((drive) => !broken.includes(drive));
  removeTree("/tmp/restored");
  await ectar(3, "extract", "-q", "--tape-devices", devices(...whole), "-o", "/tmp/restored");
  assertSameTree("/tmp/tree", "/tmp/restored/tree");
}

/** What is restored with --partial is right, and is something. */
async function restoresSome(): Promise<void> {
  removeTree("/tmp/restored");
  await ectar(
    3,
    ...["extract", "-q", "--partial", "--tape-devices", devices(...ALL), "-o", "/tmp/restored"],
  );
  const whole = describeFiles("/tmp/tree");
  const restored = [...describeFiles("/tmp/restored/tree")];
  const right = restored.filter(([path]) => !path.endsWith(".ectar-partial"));
  assert.ok(right.length > 5, `${restored.map(([path]) => path)}`);
  for (const [path, content] of right) assert.equal(content, whole.get(path), path);
}

function accidentTest(how: Breakage, when: string, blocks: number, ...more: string[]) {
  return {
    [`${how} ${when}: the other drives go on`]: () => goesOn([breaking(1, how, blocks)], ...more),
  };
}

const GUEST = { drives: 4, tapeMegabytes: 64, prepare: () => makeTree("/tmp/tree", 7) };

inGuest(import.meta.url, GUEST, {
  ...accidentTest("offline", "in the label", 1),
  ...accidentTest("offline", "behind the label", LABEL_BLOCKS),
  ...accidentTest("offline", "in the middle of a chunk", LABEL_BLOCKS + 1.5 * CHUNK_BLOCKS),
  ...accidentTest("offline", "at the end of a chunk", LABEL_BLOCKS + 2 * CHUNK_BLOCKS),
  ...accidentTest("offline", "before the index", LABEL_BLOCKS + 3.5 * CHUNK_BLOCKS),
  ...accidentTest("delete", "in the middle of a chunk", LABEL_BLOCKS + 1.3 * CHUNK_BLOCKS),
  ...accidentTest("cut", "in the middle of a chunk", LABEL_BLOCKS + 1.3 * CHUNK_BLOCKS),
  ...accidentTest("cut", "at the end of a chunk", LABEL_BLOCKS + CHUNK_BLOCKS),
  ...accidentTest("kill", "in the middle of a chunk", LABEL_BLOCKS + 1.3 * CHUNK_BLOCKS),
  ...accidentTest("fill", "in the middle of a chunk", LABEL_BLOCKS + 1.3 * CHUNK_BLOCKS),
  ...accidentTest("stop", "for good", LABEL_BLOCKS + CHUNK_BLOCKS, "--drive-timeout", "3s"),
  ...accidentTest("stop", "until the kernel gives up", LABEL_BLOCKS + CHUNK_BLOCKS),

  "two drives of 2+2, each in its way": () =>
    goesOn(
      [
        breaking(0, "kill", LABEL_BLOCKS + 20),
        breaking(3, "offline", LABEL_BLOCKS + 2.5 * CHUNK_BLOCKS),
      ],
      "--parity-shards",
      "2",
    ),

  "one drive more than may fail: it stops, says so, and what was committed restores": async () => {
    const { code, stderr } = await createMeets([
      breaking(1, "offline", LABEL_BLOCKS + 1.5 * CHUNK_BLOCKS),
      breaking(2, "offline", LABEL_BLOCKS + 2.5 * CHUNK_BLOCKS),
    ]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /2 of 4 tape drives still work, 3 are needed/);
    mendDrive(1, "offline");
    mendDrive(2, "offline");
    await restoresSome();
  },

  "killed while it writes: tapes are incomplete and restore what was committed": async () => {
    const { code } = await createMeets([ending("SIGKILL")]);
    assert.equal(code, 137);
    const { stdout } = await ectar(0, "tape", "identify", ...ALL.map((i) => `/dev/nst${i}`));
    assert.equal(stdout.match(/INCOMPLETE/g)?.length, 4, stdout);
    await restoresSome();
  },

  "interrupted while it writes: it ends cleanly": async () => {
    const { code, stderr } = await createMeets([ending("SIGINT")], "--buffer-size", "1MiB");
    assert.equal(code, 130, stderr);
    await restoresSome();
  },
});

function ending(signal: Deno.Signal): Accident {
  const blocks = LABEL_BLOCKS + 1.5 * CHUNK_BLOCKS;
  return { drive: 3, when: "write", blocks, happens: (process) => process.kill(signal) };
}
