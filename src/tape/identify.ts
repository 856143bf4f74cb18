/**
 * What is on a tape: its archives and whether they are complete. Looks at the beginning of every
 * tape file and never writes.
 *
 * @module
 */

import { describeContent } from "./first_block.ts";
import { peekIndex } from "./index_peek.ts";
import type { TapeLabel } from "./label.ts";
import { surveyArchive, walkTapeFiles } from "./tape_files.ts";
import { TapeHead } from "./tape_head.ts";
import { type DriveTimeouts, TimedDevice } from "./timed_device.ts";
import type { TapeDevice } from "./device.ts";

/** An archive on a tape. */
export interface ArchiveOnTape {
  /** Its label. */
  label: TapeLabel;
  /** Tape file of the label. */
  tapeFile: number;
  /** Chunks of which there is a tape file. */
  chunks: number;
  /**
   * `complete` and `stopped-early` are what its index says; `no-index`: writing was interrupted;
   * `unknown`: there is an index that cannot be read.
   */
  state: "complete" | "stopped-early" | "no-index" | "unknown";
}

/** What is in a drive. */
export interface TapeIdentity {
  /** Drive, as the operator named it. */
  drive: string;
  /** `archives`: at least one; `other`: data that is no archive of ours. */
  kind: "no-tape" | "blank" | "archives" | "other" | "unreadable";
  /** Its archives in the order they stand on the tape. */
  archives: ArchiveOnTape[];
  /** One phrase for people about what else was found, or undefined. */
  content: string | undefined;
}

/** A zstd block, the least that is decompressed, may be as long; the head is in the first. */
const INDEX_START_BYTES = 256 * 1024;
const SMALL_BLOCK_BYTES = 64 * 1024;

/**
 * Identifies the tape in a drive and leaves it rewound.
 *
 * @param device the drive
 * @param timeouts how long it may be silent
 * @throws {EctarError} when the drive fails
 */
export async function identifyTape(
  device: TapeDevice,
  timeouts: Partial<DriveTimeouts> = {},
): Promise<TapeIdentity> {
  const timed = new TimedDevice(device, timeouts);
  const identity: TapeIdentity = {
    drive: device.name,
    kind: "blank",
    archives: [],
    content: undefined,
  };
  const status = await timed.status();
  if (status.noMedium || !status.online) return { ...identity, kind: "no-tape" };
  const head = new TapeHead(timed);
  await head.rewind();
  // Each archive is surveyed as a whole; the walk goes on behind it.
  for (let from = 0, found = true; found;) {
    found = false;
    for await (const { file, kind, block } of walkTapeFiles(head, from)) {
      if (kind.kind === "label") {
        const { state, chunks, endFile } = await surveyState(head, file, kind.label);
        identity.archives.push({ label: kind.label, tapeFile: file, chunks, state });
        from = endFile;
        found = true;
        break;
      }
      if (kind.kind === "unreadable") identity.content ??= `tape file ${file} cannot be read`;
      else if (kind.kind === "empty") identity.content ??= "a filemark at its beginning";
      else identity.content ??= describeContent(block);
      if (file === 0) identity.kind = kind.kind === "unreadable" ? "unreadable" : "other";
    }
  }
  if (identity.archives.length > 0) identity.kind = "archives";
  await timed.rewind();
  return identity;
}

/** Where blocks are small the head of an index does not lie in its first one. */
async function longerStart(head: TapeHead, indexFile: number): Promise<Uint8Array> {
  const start = new Uint8Array(INDEX_START_BYTES);
  let length = 0;
  let buffer: Uint8Array = new Uint8Array(SMALL_BLOCK_BYTES);
  if (!await head.seek(indexFile, 0)) return start.subarray(0, 0);
  while (length < start.length) {
    const read = await head.readAny(buffer);
    if (read.met.kind !== "block") break;
    const part = read.block.subarray(0, start.length - length);
    start.set(part, length);
    length += part.length;
    buffer = read.buffer;
  }
  return start.subarray(0, length);
}

async function surveyState(head: TapeHead, labelFile: number, { blockSize }: TapeLabel) {
  const survey = await surveyArchive(head, labelFile, blockSize);
  const { chunks, indexFile, indexStart, endFile, failure } = survey;
  if (failure !== undefined) throw failure;
  let state: ArchiveOnTape["state"] = "no-index";
  if (indexFile !== undefined) {
    const complete = peekIndex(indexStart).complete ??
      peekIndex(await longerStart(head, indexFile)).complete;
    state = complete === undefined ? "unknown" : complete ? "complete" : "stopped-early";
  }
  return { state, chunks, endFile };
}
