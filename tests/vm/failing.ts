/**
 * Archives that drives fail to write: when in the run a drive breaks, and what must hold afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { EctarRun } from "../cli/run_ectar.ts";
import {
  blankTapes,
  blockCount,
  blockOffsets,
  type Breakage,
  breakDrive,
  devices,
  repairDrives,
} from "./drives.ts";
import { type Accident, ectar, ectarMeets } from "./ectar.ts";
import type { Scenario } from "./guest.ts";
import { assertSameTree, describeFiles, makeTree, removeTree, writeSmallFiles } from "./tree.ts";

const ALL = [0, 1, 2, 3];
/** Four chunks of dozens of blocks, and an index of some: a drive can break within it. */
const SHAPE = ["--chunk-size", "2MiB", "--block-size", "4KiB", "--no-index"];
const SMALL_FILES = 1000;
/** How often something may happen too late before the test fails. */
const TRIES = 4;

/** Moments in the course of an archive. */
export const MOMENTS = {
  "in the label": ([label]: number[]) => label / 2,
  "behind the label": ([label]: number[]) => label,
  "in the middle of a chunk": ([label, first, second]: number[]) => label + first + second / 2,
  "at the filemark of a chunk": ([label, first, second]: number[]) => label + first + second,
  "in the last chunk": (files: number[]) => sum(files.slice(0, -2)) + files.at(-2)! / 2,
  "in the index": (files: number[]) => sum(files.slice(0, -1)) + files.at(-1)! / 3,
};
export type Moment = keyof typeof MOMENTS;

/** A drive that is to break. */
export interface Failure {
  drive: number;
  how: Breakage;
  when: Moment;
}

/** A drive that breaks in this way, then. */
export function failure(drive: number, how: Breakage, when: Moment): Failure {
  return { drive, how, when };
}

/** One of four drives breaks in this way, once at each of the moments: the others go on. */
export function oneDriveFails(how: Breakage, moments: readonly Moment[]): Record<string, Scenario> {
  return Object.fromEntries(moments.map((when) => [
    `${how} ${when}: the other drives go on`,
    () => goesOn([failure(1, how, when)]),
  ]));
}

/** What a run says in --json of one drive. */
interface DriveReport {
  drive: string;
  state: string;
  chunks: number;
  index_written: boolean;
}

/** Makes the tree that is archived. */
export async function makeFailingTree(): Promise<void> {
  await makeTree("/tmp/tree", 7);
  writeSmallFiles("/tmp/tree/many", SMALL_FILES);
}

/** Archives the tree while accidents happen. */
export async function createMeets(
  accidents: readonly Accident[],
  parity: number,
  ...more: string[]
): Promise<EctarRun> {
  blankTapes(...ALL);
  return await ectarMeets(accidents, ...createCommand(parity), ...more);
}

/** Blocks of each tape file (label, chunks, index) of such an archive, the same on every tape. */
export async function blocksOfFiles(parity: number): Promise<number[]> {
  let files = counted.get(parity);
  if (files === undefined) {
    blankTapes(...ALL);
    await ectar(0, ...createCommand(parity));
    files = blockOffsets(0).map((blocks) => blocks.length).filter((blocks) => blocks > 0);
    assert.ok(files.length >= 5 && files.at(-1)! >= 10, `${files}`);
    counted.set(parity, files);
  }
  return files;
}
const counted = new Map<number, number[]>();

/**
 * Archives while drives break: the archive is complete but for what they miss, the run says so, and
 * the other tapes restore everything.
 */
export async function goesOn(failures: readonly Failure[], ...more: string[]): Promise<void> {
  const parity = failures.length;
  const files = await blocksOfFiles(parity);
  const end = sum(files);
  for (let tries = 1;; tries++) {
    let late = false;
    const accidents = failures.map(({ drive, how, when }) => {
      const before = blockCount("write", drive);
      return {
        drive,
        when: "write" as const,
        blocks: Math.floor(MOMENTS[when](files)),
        happens: () => {
          // Nothing breaks that has been written; one block may be on its way.
          late ||= blockCount("write", drive) - before > end - 2;
          breakDrive(drive, how);
        },
      };
    }).sort((one, other) => one.blocks - other.blocks);
    const run = await createMeets(accidents, parity, ...more);
    if (!late) return await assertWentOn(run, failures);
    assert.ok(tries < TRIES, "the drives never broke in time");
    await repairDrives();
  }
}

async function assertWentOn(
  { code, stdout, stderr }: EctarRun,
  failures: readonly Failure[],
): Promise<void> {
  assert.equal(code, 3, stdout + stderr);
  const report: { complete: boolean; chunks: number; drives: DriveReport[] } = JSON.parse(stdout);
  assert.equal(report.complete, true);
  const broken = failures.map(({ drive }) => drive);
  for (const [shard, drive] of report.drives.entries()) {
    const isBroken = broken.includes(shard);
    assert.equal(drive.state === "ok", !isBroken, stdout);
    assert.equal(drive.index_written, !isBroken, stdout);
    if (isBroken) assert.match(stderr, new RegExp(`shard ${shard}: .*${drive.drive}\\b`));
    else assert.equal(drive.chunks, report.chunks);
  }
  const whole = ALL.filter((drive) => !broken.includes(drive));
  removeTree("/tmp/restored");
  await ectar(3, "extract", "-q", "--tape-devices", devices(...whole), "-o", "/tmp/restored");
  assertSameTree("/tmp/tree", "/tmp/restored/tree");
}

/** What is restored with --partial is right, and is something. */
export async function restoresSome(): Promise<void> {
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

function createCommand(parity: number): string[] {
  return [
    ...["create", "--tape-devices", devices(...ALL), "--overwrite", ...SHAPE, "--json"],
    ...["--parity-shards", `${parity}`, "-o", "archive", "tree"],
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
