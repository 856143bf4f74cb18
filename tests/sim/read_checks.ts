/** Reads an archive in every way there is, and checks that what comes is right or said to be not. */

import assert from "node:assert/strict";
import { extractArchive, type ExtractSummary } from "../../src/archive/extract.ts";
import { listArchive } from "../../src/archive/list.ts";
import { OpenArchive } from "../../src/archive/open_archive.ts";
import { verifyArchive, type VerifyDepth, type VerifySummary } from "../../src/archive/verify.ts";
import { EctarError } from "../../src/errors.ts";
import type { FileRecord } from "../../src/index/records.ts";
import type { ShardSetReader } from "../../src/shard/shard_io.ts";
import { MemoryRestoreTree } from "../../src/tree/restore_memory.ts";
import { InProcessCompressor } from "../../src/zstd/frame_compressor.ts";
import { compareRestored, type RestoredState } from "./restored.ts";
import type { KnownArchive } from "./shard_set.ts";
import { expectedMembers } from "./trees.ts";

/** What must come of reading. */
export interface Expectation {
  /** Chunks of which at most m-k shards are bad anywhere. */
  readable: ReadonlySet<number>;
  /** Whether all chunks are there and readable. */
  survives: boolean;
  /** Whether the index is good, and settles which archive it is. */
  indexed: boolean;
  /** Whether the archive was written to its end. @default true */
  isComplete?: boolean;
}

/** Opens what is to be read anew: drives wound back, files as they lie. */
export type Opener = () => Promise<ShardSetReader>;

/** What came of an extraction. */
export interface Extraction {
  error: EctarError | undefined;
  summary: ExtractSummary | undefined;
  state: RestoredState;
  remarks: string[];
}

/** Runs `work` on the archive; only foreseen errors come back. */
async function attempt<T>(
  open: Opener,
  work: (archive: OpenArchive) => Promise<T>,
): Promise<{ error: EctarError | undefined; result: T | undefined }> {
  try {
    const shards = await open();
    try {
      const decompressor = new InProcessCompressor();
      const archive = await OpenArchive.open({ shards, decompressor });
      try {
        return { error: undefined, result: await work(archive) };
      } finally {
        await archive.close();
      }
    } finally {
      await shards.close();
    }
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    assert.match(error.message, /^\P{Cc}+$/u, "not one clear line");
    return { error, result: undefined };
  }
}

/** Extracts everything, or the members named. */
export async function extract(
  known: KnownArchive,
  open: Opener,
  options: { partial: boolean; files?: string[] },
): Promise<Extraction> {
  const target = new MemoryRestoreTree();
  let remarks: string[] = [];
  const { error, result } = await attempt(open, async (archive) => {
    const { partial, files } = options;
    const selection = files === undefined ? undefined : { files };
    const summary = await extractArchive(archive, { target, partial, selection });
    remarks = archive.remarks;
    return summary;
  });
  const state = compareRestored(target.root, expectedMembers(known.root));
  return { error, summary: result, state, remarks };
}

/** Extracts and checks what came. */
export async function checkExtract(
  known: KnownArchive,
  open: Opener,
  expectation: Expectation,
  partial: boolean,
): Promise<void> {
  const { error, summary, state, remarks } = await extract(known, open, { partial });
  const incomplete = state.absent.size + state.partial.size > 0;
  if (expectation.survives) {
    if (error !== undefined) throw error;
    assert.ok(!incomplete, `not restored: ${[...state.absent, ...state.partial].slice(0, 5)}`);
    assert.deepEqual(summary!.lostParts, [], "loss claimed where nothing is lost");
    return;
  }
  if (error !== undefined) {
    const allowed = !partial || expectation.readable.size === 0;
    assert.ok(allowed, `--partial ends with an error: ${error.message}`);
    return;
  }
  const unfinished = expectation.isComplete === false;
  const said = summary!.lostParts.length > 0 || summary!.lostMemberCount > 0 ||
    (unfinished && remarks.some((line) => line.includes("never finished")));
  assert.ok(!incomplete || said, `lost in silence: ${[...state.absent].slice(0, 5)}`);
  assert.ok(partial || !said, "a loss without an error, though --partial was not given");
  for (const path of readableMembers(known, expectation.readable)) {
    assert.ok(state.whole.has(path), `${path} lies in readable chunks and was not restored`);
  }
  if (expectation.indexed && !summary!.unnamedLosses) {
    assert.ok(
      summary!.lostMemberCount >= state.absent.size,
      `${state.absent.size} members are missing, ${summary!.lostMemberCount} are said to be`,
    );
  }
}

/** Extracts some members by name: those, what is below them, and nothing else. */
export async function checkSelection(
  known: KnownArchive,
  open: Opener,
  expectation: Expectation,
  names: string[],
): Promise<void> {
  const { error, summary, state } = await extract(known, open, { partial: true, files: names });
  const isChosen = (path: string) =>
    names.some((name) => path === name || path.startsWith(`${name}/`));
  for (const path of [...state.whole, ...state.partial]) {
    const isParent = names.some((name) => name.startsWith(`${path}/`));
    assert.ok(isChosen(path) || isParent, `${path} was not asked for`);
  }
  if (error !== undefined) {
    assert.ok(!expectation.survives, `cannot extract ${names}: ${error.message}`);
    return;
  }
  const missing = expectedMembers(known.root)
    .map(({ path }) => path)
    .filter((path) => isChosen(path) && !state.whole.has(path));
  const said = summary!.lostParts.length > 0 || summary!.lostMemberCount > 0 ||
    summary!.notFound.length > 0;
  const unfinished = expectation.isComplete === false;
  assert.ok(missing.length === 0 || said || unfinished, `not restored: ${missing.slice(0, 5)}`);
  if (expectation.survives) assert.deepEqual(missing, []);
}

/** Names of some members that can be typed: plain ASCII. */
export function typableNames(known: KnownArchive): string[] {
  return known.index.files.map(({ path }) => path).filter((path) => /^[\w/.]+$/.test(path));
}

/** Lists, with content checksums, and compares each record with the truth. */
export async function checkList(
  known: KnownArchive,
  open: Opener,
  expectation: Expectation,
): Promise<void> {
  const listed: FileRecord[] = [];
  const { error, result } = await attempt(
    open,
    (archive) => listArchive(archive, { checksums: true }, (file) => listed.push(file)),
  );
  const truth = new Map(known.index.files.map((file) => [placeOf(file), file]));
  for (const file of listed) {
    const recorded = truth.get(placeOf(file));
    assert.ok(recorded !== undefined, `${file.path} was never archived`);
    // What is lost in part has no checksum; of a sparse file's map nothing may be left.
    const lost = { checksum: "", member_size: 0, spans_chunks: false };
    const isPartial = file.checksum === "" && recorded.checksum !== "" && !expectation.survives;
    assert.deepEqual(
      isPartial ? { ...file, ...lost } : file,
      isPartial ? { ...recorded, ...lost } : recorded,
    );
  }
  if (error !== undefined) {
    assert.ok(!expectation.survives, `listing fails: ${error.message}`);
  } else if (result!.lostParts.length === 0 && expectation.isComplete !== false) {
    assert.equal(listed.length, known.index.files.length, "a shorter list without a word");
  } else assert.ok(!expectation.survives);
}

/** Verifies and compares the verdict with the truth. */
export async function checkVerify(
  open: Opener,
  expectation: Expectation,
  depth: VerifyDepth,
): Promise<VerifySummary | undefined> {
  const { error, result } = await attempt(open, (archive) => verifyArchive(archive, { depth }));
  if (error !== undefined) {
    assert.ok(!expectation.survives, `verify fails: ${error.message}`);
    return undefined;
  }
  const { verdict, lost, chunks } = result!;
  if (expectation.survives) {
    assert.notEqual(verdict, "unrepairable", `${lost[0]?.reason} ${JSON.stringify(result)}`);
  }
  for (const { chunk, lost } of chunks) {
    if (expectation.readable.has(chunk)) assert.equal(lost, undefined, "a readable chunk is lost");
  }
  return result;
}

/** Members that lie in those chunks entirely, with all they are linked to. */
function readableMembers(known: KnownArchive, readable: ReadonlySet<number>): string[] {
  const members = expectedMembers(known.root);
  const { files, chunks } = known.index;
  const isReadable = new Map(members.map(({ path }, i) => {
    const file = files[i];
    const start = chunks[file.chunk - 1].tar_offset + file.offset;
    const end = start + file.member_size;
    const inAll = chunks.every(({ chunk_number, tar_offset, uncompressed_size }) =>
      tar_offset >= end || tar_offset + uncompressed_size <= start || readable.has(chunk_number)
    );
    return [path, inAll];
  }));
  return members
    .filter(({ path, first }) => isReadable.get(path) && isReadable.get(first))
    .map(({ path }) => path);
}

function placeOf({ chunk, offset }: FileRecord): string {
  return `${chunk}/${offset}`;
}
