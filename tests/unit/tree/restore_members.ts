/** Archive members for restore tests, in short notation. */

import type { EntryType, TarEntry } from "../../../src/tar/entry.ts";
import { type RestoreOptions, Restorer } from "../../../src/tree/restore.ts";
import type { RestoreOutcome, RestoreSummary } from "../../../src/tree/restore_report.ts";
import type { RestoreTarget } from "../../../src/tree/restore_target.ts";

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`, or the bytes themselves. */
export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? encoder.encode(text) : text;
}

/** A member, its content in pieces, and whether all of it arrives. */
export interface Member {
  entry: TarEntry;
  pieces: [offset: number, bytes: Uint8Array][];
  intact: boolean;
}

type Extra = Omit<Partial<TarEntry>, "path" | "type">;

export function member(type: EntryType, path: string | Uint8Array, extra: Extra = {}): Member {
  const entry: TarEntry = {
    path: bytesOf(path),
    type,
    mode: type === "directory" ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    user: new Uint8Array(0),
    group: new Uint8Array(0),
    size: 0,
    mtimeNs: 1_000_000_000n,
    linkTarget: new Uint8Array(0),
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: [],
    sparse: undefined,
    ...extra,
  };
  return { entry, pieces: [], intact: true };
}

export function file(path: string | Uint8Array, content = "", extra: Extra = {}): Member {
  const bytes = bytesOf(content);
  const made = member("file", path, { size: bytes.length, ...extra });
  return bytes.length === 0 ? made : { ...made, pieces: [[0, bytes]] };
}

/** A file of `size` bytes of which only `pieces` arrive. */
export function damaged(path: string, size: number, ...pieces: [number, string][]): Member {
  return {
    ...member("file", path, { size }),
    pieces: pieces.map(([offset, text]) => [offset, bytesOf(text)]),
    intact: false,
  };
}

export function directory(path: string, extra: Extra = {}): Member {
  return member("directory", path, extra);
}

export function symlink(path: string, target: string, extra: Extra = {}): Member {
  return member("symlink", path, { linkTarget: bytesOf(target), mode: 0o777, ...extra });
}

export function hardLink(path: string, target: string): Member {
  return member("hardlink", path, { linkTarget: bytesOf(target) });
}

/** An extended attribute from text. */
export function attribute(name: string, value: string | Uint8Array) {
  return { name: bytesOf(name), value: bytesOf(value) };
}

/** Hands one member over. */
export function give(restorer: Restorer, { entry, pieces, intact }: Member): RestoreOutcome {
  restorer.begin(entry);
  for (const [offset, bytes] of pieces) restorer.data(bytes, offset);
  return restorer.end(intact);
}

/** Restores members into a target and finishes. */
export function restore(
  target: RestoreTarget,
  members: readonly Member[],
  options: RestoreOptions = {},
): { outcomes: RestoreOutcome[]; kinds: string[]; summary: RestoreSummary } {
  const restorer = new Restorer(target, options);
  const outcomes = members.map((each) => give(restorer, each));
  const summary = restorer.finish();
  return { outcomes, kinds: outcomes.map(({ kind }) => kind), summary };
}

/** The line of an outcome, empty where it has none. */
export function messageOf(outcome: RestoreOutcome): string {
  return "message" in outcome ? outcome.message : "";
}
