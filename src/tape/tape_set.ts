/**
 * Telling which tapes belong together: labels decide, not the order of the drives.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { ZfecHeader } from "../shard/zfec_header.ts";
import { describeContent } from "./first_block.ts";
import { describeLabel, type TapeLabel } from "./label.ts";
import { TapeHead } from "./tape_head.ts";
import { walkTapeFiles } from "./tape_files.ts";
import type { TimedDevice } from "./timed_device.ts";

/** Which archive is wanted; without any the one most tapes belong to. */
export interface ArchiveChoice {
  /** Archive name. */
  name?: string;
  /** Archive UUID. */
  uuid?: string;
}

/** A tape that may be read. */
export type FoundTape =
  /** With an archive on it. */
  | { kind: "labelled"; head: TapeHead; label: TapeLabel; labelFile: number }
  /** Its label cannot be read, but something like a shard stands behind it. */
  | { kind: "unlabelled"; head: TapeHead; header: ZfecHeader; blockSize: number }
  /** With something else, or with nothing. */
  | { kind: "other"; content: string }
  /** With anything: it could not be looked at. */
  | { kind: "unread"; reason: string };

/** A tape with an archive on it, or something like one. */
export type UsableTape = Extract<FoundTape, { head: TapeHead }>;

/**
 * Looks what tape is in a drive. Never writes.
 *
 * @throws {EctarError} when the drive fails
 */
export async function findTape(device: TimedDevice, choice: ArchiveChoice): Promise<FoundTape> {
  const status = await device.status();
  if (status.noMedium || !status.online) return { kind: "other", content: "no tape" };
  const head = new TapeHead(device);
  await head.rewind();
  let firstContent: string | undefined;
  for await (const { file, kind, block } of walkTapeFiles(head, 0)) {
    if (kind.kind === "label" && isChosen(kind.label, choice)) {
      // Going behind the label now shows where the first chunk starts.
      await head.seek(file + 1, 0);
      return { kind: "labelled", head, label: kind.label, labelFile: file };
    }
    if (file === 0 && (kind.kind === "unreadable" || kind.kind === "broken-label")) {
      const shard = await unlabelledShard(head);
      return shard ?? { kind: "unread", reason: "the beginning of its tape is unreadable" };
    }
    if (file === 0) {
      firstContent = kind.kind === "empty" ? "a filemark at its beginning" : describeContent(block);
      if (kind.kind !== "label") break;
    }
  }
  return { kind: "other", content: firstContent ?? "a blank tape" };
}

/** A tape whose label is damaged is still good for its shards: they say who they are. */
async function unlabelledShard(head: TapeHead): Promise<FoundTape | undefined> {
  for await (const { kind, block } of walkTapeFiles(head, 1)) {
    if (kind.kind !== "shard" || kind.header.padlen !== 0) return undefined;
    return { kind: "unlabelled", head, header: kind.header, blockSize: block.length };
  }
  return undefined;
}

function isChosen(label: TapeLabel, choice: ArchiveChoice): boolean {
  if (choice.uuid !== undefined && choice.uuid !== label.archiveUuid) return false;
  return choice.name === undefined || choice.name === label.name;
}

/** The set that is read. */
export interface ChosenSet {
  /** Its set UUID, or undefined when no label of it can be read. */
  setUuid: string | undefined;
  /** Archive name. */
  name: string;
  /** Archive UUID, or undefined when no label of it can be read. */
  archiveUuid: string | undefined;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** Bytes per block. */
  blockSize: number;
}

/**
 * Chooses the set with the most different shards among the tapes.
 *
 * @param tapes the tapes by drive name
 * @throws {EctarError} `not-found` when there is none, `usage` when two are equally present
 */
export function chooseSet(tapes: ReadonlyMap<string, FoundTape>, choice: ArchiveChoice): ChosenSet {
  const sets = new Map<string, { label: TapeLabel; shards: Set<number> }>();
  for (const tape of tapes.values()) {
    if (tape.kind !== "labelled") continue;
    const { label } = tape;
    const set = sets.get(label.setUuid) ?? { label, shards: new Set() };
    sets.set(label.setUuid, set);
    set.shards.add(label.shard);
  }
  const [first, second] = [...sets.values()].sort((a, b) => b.shards.size - a.shards.size);
  if (first === undefined) {
    const bare = choice.name === undefined ? chooseUnlabelled(tapes) : undefined;
    if (bare !== undefined) return bare;
    throw noTape(tapes, choice);
  }
  if (second !== undefined && second.shards.size === first.shards.size) {
    throw new EctarError(
      "usage",
      `tapes of two archives are in the drives: ${describeSet(first.label)} and ` +
        describeSet(second.label),
      {
        hint: "load the tapes of one of them, or name the archive by its index: -i NAME.index.zst",
      },
    );
  }
  const { setUuid, name, archiveUuid, k, m, blockSize } = first.label;
  return { setUuid, name, archiveUuid, k, m, blockSize };
}

function chooseUnlabelled(tapes: ReadonlyMap<string, FoundTape>): ChosenSet | undefined {
  for (const tape of tapes.values()) {
    if (tape.kind !== "unlabelled") continue;
    const { header: { k, m }, blockSize } = tape;
    return { setUuid: undefined, name: "unnamed", archiveUuid: undefined, k, m, blockSize };
  }
  return undefined;
}

function noTape(tapes: ReadonlyMap<string, FoundTape>, choice: ArchiveChoice): EctarError {
  const wanted = choice.name ?? choice.uuid;
  const what = wanted === undefined ? "an ectar archive" : `archive ${printablePath(wanted)}`;
  const seen = [...tapes].map(([drive, tape]) => `${drive}: ${describeTape(tape)}`).join("; ");
  return new EctarError("not-found", `no tape of ${what} is in the drives (${seen})`, {
    hint: "load the tapes of the archive",
  });
}

/** One phrase for people: what is in a drive. */
export function describeTape(tape: FoundTape): string {
  switch (tape.kind) {
    case "labelled":
      return describeLabel(tape.label);
    case "unlabelled":
      return `shard ${tape.header.sharenum} of an archive whose label cannot be read`;
    case "other":
      return tape.content;
    case "unread":
      return tape.reason;
  }
}

function describeSet({ name, created }: TapeLabel): string {
  return `${printablePath(name)} (created ${printablePath(created)})`;
}
