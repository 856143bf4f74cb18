/** Archives written to mock drives that fail in every way; what the books then say is compared with the tapes. */

import assert from "node:assert/strict";
import type { CreateSummary } from "../../src/archive/create.ts";
import { EctarError } from "../../src/errors.ts";
import type { DriveSummary, RaitDrive, RaitOptions } from "../../src/tape/rait_options.ts";
import { RaitShardWriter } from "../../src/tape/rait_shard_writer.ts";
import { sameBytes } from "../bytes.ts";
import { type MockCall, type MockEffect, MockTapeDevice, TapeMedium } from "../mocks.ts";
import type { Random } from "./random.ts";
import { archive, type IndexContent, type KnownArchive, readIndex } from "./shard_set.ts";

/** No call of a mock takes any time, unless it hangs. */
export const TIMEOUTS = { driveTimeoutMs: 5, windTimeoutMs: 5 };

/** What became of an archive on tapes. */
export interface WrittenSet {
  /** By shard; blank where the drive was dead. */
  media: TapeMedium[];
  setUuid: string;
  error: EctarError | undefined;
  summary: CreateSummary | undefined;
  drives: DriveSummary[];
  remarks: readonly string[];
  /** What the tapes' index says; undefined when the run failed. */
  index: IndexContent | undefined;
}

const CALLS: MockCall[] = ["writeBlock", "writeBlock", "writeFilemarks", "status", "rewind"];

/** How the tapes of a run behave. */
export interface WriteFaults {
  /** Drives that may fail. */
  faulty: Set<number>;
  /** Whether a tape may end before the archive does. */
  mayEnd: boolean;
}

/** Writes an archive to `m` drives of which some fail. */
export async function writeTapes(
  random: Random,
  known: KnownArchive,
  faults: WriteFaults,
  tell: (line: string) => void,
): Promise<WrittenSet> {
  const { shape } = known;
  const { k, m, blockSize } = shape;
  const shardBytes = known.shares.reduce((sum, shares) => sum + shares[0].length, 0);
  const media = Array.from({ length: m }, () => randomMedium(random, faults.mayEnd, shardBytes));
  const drives = media.map((medium, shard): RaitDrive => {
    const name = `w${shard}`;
    // Every other drive takes its blocks as a tape image does.
    const mustStream = shard % 2 === 0;
    if (!faults.faulty.has(shard)) return new MockTapeDevice({ name, medium, mustStream });
    if (random.chance(0.1)) {
      tell(`drive ${shard} cannot be opened`);
      return { name, failure: "cannot be opened" };
    }
    const drive = new MockTapeDevice({ name, medium, mustStream });
    for (let count = random.int(1, 2); count > 0; count--) injectFault(random, drive, tell);
    return drive;
  });
  const options: RaitOptions = {
    k,
    blockSize,
    archive: { name: shape.name, uuid: shape.uuid, created: shape.created },
    host: "simulated",
    toolVersion: "2.0.0",
    setUuid: random.uuid(),
    bufferBytes: m * blockSize * random.int(1, 16),
    startMarkBytes: 0,
    commitBytes: random.pick([1, 100_000, 2 ** 40]),
    reserveBytes: random.pick([blockSize * 4, 1_000_000]),
    timeouts: TIMEOUTS,
  };
  const writer = new RaitShardWriter(drives, options);
  const written: WrittenSet = {
    media,
    setUuid: writer.setUuid,
    error: undefined,
    summary: undefined,
    drives: [],
    remarks: writer.remarks,
    index: undefined,
  };
  try {
    await writer.begin();
    const { setUuid, volumes } = writer;
    const place = { layout: "tapes" as const, tape_set_uuid: setUuid, volumes };
    written.summary = await archive(known.root, shape, writer, place);
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    written.error = error;
    await writer.abort();
  }
  written.drives = writer.summary();
  tell(`written: ${written.error?.message ?? written.summary?.stopped ?? "complete"}`);
  return written;
}

function randomMedium(random: Random, mayEnd: boolean, shardBytes: number): TapeMedium {
  if (!mayEnd || random.chance(0.3)) return new TapeMedium();
  const capacityBytes = 30_000 + random.int(0, Math.ceil(shardBytes * 1.2));
  return new TapeMedium({
    capacityBytes,
    earlyWarningBytes: random.pick([0, random.int(0, capacityBytes)]),
  });
}

function injectFault(random: Random, drive: MockTapeDevice, tell: (line: string) => void): void {
  const call = random.chance(0.4) ? "any" : random.pick(CALLS);
  const nth = random.magnitude(1, 300);
  const effect: MockEffect = random.pick([
    { kind: "error", errno: random.pick(["EIO", "ENXIO", "ENOSPC", "ENOMEDIUM"]) },
    { kind: "hang" },
    { kind: "short-write", bytes: random.int(0, 400) },
    { kind: "lose-since-filemark" },
  ]);
  const sticky = random.chance(0.4);
  tell(`drive ${drive.name}: ${call} number ${nth} ${effect.kind}${sticky ? " from then on" : ""}`);
  drive.inject({ call, nth, effect, sticky });
}

/** Everything the run said of the tapes is true of the tapes. */
export async function checkBooks(known: KnownArchive, written: WrittenSet): Promise<void> {
  const { drives, media, summary } = written;
  const files = media.map((medium) => medium.files());
  for (const { shard, chunksCommitted } of drives) {
    for (let chunk = 1; chunk <= chunksCommitted; chunk++) {
      const isLast = chunk === summary?.chunks && summary.stopped !== undefined;
      const truth = known.shares[chunk - 1]?.[shard];
      if (isLast || truth === undefined) continue;
      const isThere = files[shard][chunk] !== undefined && sameBytes(files[shard][chunk], truth);
      assert.ok(isThere, `shard ${shard} of chunk ${chunk} is said to be committed and is not`);
    }
  }
  if (summary === undefined) return;
  const indexes = await indexesOf(written, files);
  // Tapes may end, and drives fail, with the index; that was said of each of them.
  if (indexes.length === 0) return;
  const { head, chunks } = indexes[0];
  written.index = indexes[0];
  for (const index of indexes) assert.deepEqual(index, indexes[0], "two tapes' indexes differ");
  assert.equal(head.complete, summary.stopped === undefined, "complete");
  assert.equal(chunks.length, summary.chunks, "chunks in the index");
  const missing = chunks.flatMap((chunk) =>
    (chunk.missing ?? []).map(({ shard, reason }) => ({ chunk: chunk.chunk_number, shard, reason }))
  );
  assert.deepEqual(missing, summary.missing, "missing shards in index and summary");
  for (const { chunk_number: chunk, shard_size, extents, missing = [] } of chunks) {
    const absent = new Set(missing.map(({ shard }) => shard));
    assert.ok(media.length - absent.size >= known.shape.k, `chunk ${chunk} has too few shards`);
    for (const { shard, chunksCommitted } of drives) {
      const said = `chunk ${chunk} shard ${shard}`;
      assert.equal(absent.has(shard), chunk > chunksCommitted, `${said}: index and summary differ`);
      if (absent.has(shard)) continue;
      const [[volume, tapeFile, firstBlock, blocks], ...more] = extents![shard];
      assert.deepEqual([volume, firstBlock, more.length], [0, 0, 0]);
      assert.equal(blocks * known.shape.blockSize, shard_size, said);
      assert.equal(files[shard][tapeFile]?.length, shard_size, `${said} on the tape`);
    }
  }
}

/** The index of every tape that is said to have one. */
async function indexesOf(written: WrittenSet, files: Uint8Array[][]): Promise<IndexContent[]> {
  const indexes: IndexContent[] = [];
  for (const { shard, drive, indexWritten, state } of written.drives) {
    if (indexWritten) indexes.push(await readIndex(files[shard].at(-1)!));
    else {
      const isSaid = state !== "writing" || written.remarks.some((line) => line.includes(drive));
      assert.ok(isSaid, `no index on ${drive}, and nobody says so`);
    }
  }
  return indexes;
}
