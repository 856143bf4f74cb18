/**
 * Entries, archives and a recording handler for the tests of the tar codec.
 *
 * @module
 */

import fc from "fast-check";
import type { EntryType, ExtendedAttribute, TarEntry } from "../../../src/tar/entry.ts";
import {
  encodeMemberHeader,
  END_OF_ARCHIVE,
  paddingAfter,
} from "../../../src/tar/encode_member.ts";
import { normalizeSegments } from "../../../src/tar/sparse_map.ts";
import { TarDecoder, type TarDecoderOptions } from "../../../src/tar/tar_decoder.ts";
import type { TarHandler, TarProblem } from "../../../src/tar/tar_handler.ts";
import { concat } from "../../bytes.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const NONE = new Uint8Array(0);

/** A small ordinary file, with whatever is given instead. */
export function fileEntry(changes: Partial<TarEntry> = {}): TarEntry {
  return {
    path: bytes("dir/file"),
    type: "file",
    mode: 0o644,
    uid: 1000,
    gid: 100,
    user: bytes("joe"),
    group: bytes("users"),
    size: 0,
    mtimeNs: 1_700_000_000_000_000_000n,
    linkTarget: NONE,
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: [],
    sparse: undefined,
    ...changes,
  };
}

/** Byte that stands at `offset` of the file whose data was made with `seed`; never a hole's zero. */
function dataByte(seed: number, offset: number): number {
  return 1 + (seed * 31 + offset * 7 + (offset >> 9)) % 255;
}

/** The data a tar stores for the entry. */
function storedData(entry: TarEntry, seed: number): Uint8Array {
  if (entry.type !== "file") return NONE;
  const parts = entry.sparse ?? [{ offset: 0, length: entry.size }];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const { offset, length } of parts) {
    for (let i = 0; i < length; i++) out[at++] = dataByte(seed, offset + i);
  }
  return out;
}

/** A tar in memory and where its members lie. */
export interface Archive {
  tar: Uint8Array;
  /** Offset of each member and, last, of the end blocks. */
  offsets: number[];
  /** End of each member's headers. */
  dataFrom: number[];
  /** End of each member's data, before its padding. */
  dataTo: number[];
}

/** Encodes the entries, the data of each made with its index as seed. */
export function buildArchive(entries: readonly TarEntry[]): Archive {
  const parts: Uint8Array[] = [];
  const offsets = [0];
  const dataFrom: number[] = [];
  const dataTo: number[] = [];
  entries.forEach((entry, index) => {
    const header = encodeMemberHeader(entry);
    const data = storedData(entry, index);
    const start = offsets[index];
    dataFrom.push(start + header.length);
    dataTo.push(start + header.length + data.length);
    offsets.push(start + header.length + data.length + paddingAfter(data.length));
    parts.push(header, data, new Uint8Array(paddingAfter(data.length)));
  });
  return { tar: concat([...parts, END_OF_ARCHIVE]), offsets, dataFrom, dataTo };
}

/** What a decoder told about one member. */
export interface SeenMember {
  entry: TarEntry;
  offset: number;
  /** Pieces of data with their file offsets, copied. */
  pieces: { offset: number; bytes: Uint8Array }[];
  gaps: { offset: number; length: number }[];
  intact: boolean | undefined;
  /** Offset behind it, where that was told. */
  memberEnd?: number | undefined;
}

/** Records everything, and fails when calls come in a wrong order. */
export class Recorder implements TarHandler {
  readonly members: SeenMember[] = [];
  readonly problems: TarProblem[] = [];
  ends = 0;
  #isOpen = false;

  entry(entry: TarEntry, offset: number): void {
    if (this.#isOpen || this.ends > 0) throw new Error("entry out of order");
    this.#isOpen = true;
    this.members.push({ entry, offset, pieces: [], gaps: [], intact: undefined });
  }

  data(data: Uint8Array, offset: number): void {
    if (!this.#isOpen || data.length === 0) throw new Error("data out of order");
    this.members.at(-1)!.pieces.push({ offset, bytes: data.slice() });
  }

  gapInData(length: number, offset: number): void {
    if (!this.#isOpen || length <= 0) throw new Error("gap out of order");
    this.members.at(-1)!.gaps.push({ offset, length });
  }

  entryEnd(intact: boolean, memberEnd?: number): void {
    if (!this.#isOpen) throw new Error("entryEnd out of order");
    this.#isOpen = false;
    Object.assign(
      this.members.at(-1)!,
      memberEnd === undefined ? { intact } : { intact, memberEnd },
    );
  }

  end(): void {
    if (this.#isOpen) throw new Error("end inside a member");
    this.ends++;
  }

  problem(problem: TarProblem): void {
    this.problems.push(problem);
  }
}

/** Decodes a whole tar, cut at the given places. */
export function decode(
  tar: Uint8Array,
  cuts: readonly number[] = [],
  options: TarDecoderOptions = {},
): Recorder {
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder, options);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    decoder.push(tar.subarray(from, cut));
    from = cut;
  }
  decoder.push(tar.subarray(from));
  decoder.finish();
  return recorder;
}

/** The data pieces as one, and whether each stands where `seed` made it. */
export function dataIsRight(member: SeenMember, seed: number): boolean {
  return member.pieces.every(({ offset, bytes }) =>
    bytes.every((byte, i) => byte === dataByte(seed, offset + i))
  );
}

export function deliveredBytes(member: SeenMember): number {
  return member.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
}

const nonZero = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0x61, max: 0x7a }) },
  { weight: 2, arbitrary: fc.constantFrom(0x2f, 0x2e, 0x20, 0x25, 0x3d, 0x0a) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 255 }) },
);

/** Byte string without NUL, of a length that often sits at a field's edge. */
function byteName(min: number, max: number): fc.Arbitrary<Uint8Array> {
  const lengths = [99, 100, 101, 154, 155, 156, 157, 255, 256, 257, 31, 32, 33, 4000]
    .filter((length) => length >= min && length <= max);
  const edge = lengths.length > 0 ? [fc.constantFrom(...lengths)] : [];
  return fc.oneof(fc.integer({ min, max: Math.min(max, 40) }), ...edge).chain((length) =>
    fc.array(nonZero, { minLength: length, maxLength: length })
      .map((values) => Uint8Array.from(values))
  );
}

const path = byteName(1, 4000).map((name) => {
  let end = name.length;
  while (end > 0 && name[end - 1] === 0x2f) end--;
  return end === 0 ? bytes("x") : name.slice(0, end);
});

const type = fc.constantFrom<EntryType>(
  "file",
  "file",
  "file",
  "directory",
  "symlink",
  "hardlink",
  "fifo",
  "char-device",
  "block-device",
);

const owner = fc.oneof(
  fc.integer({ min: 0, max: 70000 }),
  fc.constantFrom(0, 2097151, 2097152, 0xfffffffe, 0xffffffff, Number.MAX_SAFE_INTEGER),
);

const time = fc.oneof(
  fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  fc.constantFrom(
    0n,
    -1n,
    1n,
    -1_000_000_000n,
    -1_500_000_000n,
    8_589_934_591_000_000_000n,
    8_589_934_592_000_000_000n,
    9_999_999_999_999_999_999n,
    10_000_000_000_000_000_000n,
    999_999_999_999_999_999n,
    1_000_000_000_000_000_001n,
  ),
);

const device = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(2097151, 2097152, 0xffffffff),
);

const xattr: fc.Arbitrary<ExtendedAttribute> = fc.record({
  name: byteName(1, 60),
  value: fc.uint8Array({ maxLength: 80 }),
}, { noNullPrototype: true });

const xattrs = fc.uniqueArray(xattr, {
  maxLength: 4,
  selector: ({ name }) => name.join(),
}).map((list) => list.sort((a, b) => compareBytes(a.name, b.name)));

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

const sparse = fc.record({
  size: fc.integer({ min: 0, max: 40_000 }),
  cuts: fc.array(
    fc.record({ hole: fc.nat({ max: 9000 }), length: fc.integer({ min: 1, max: 3000 }) }),
    { maxLength: 6 },
  ),
}).map(({ size, cuts }) => {
  const segments = [];
  let at = 0;
  for (const { hole, length } of cuts) {
    at += hole;
    if (at + length > size) break;
    segments.push({ offset: at, length });
    at += length;
  }
  return { size, segments: normalizeSegments(segments, size) };
});

/** Any entry a tar can hold, its data small. */
export const anyEntry: fc.Arbitrary<TarEntry> = fc.record({
  path,
  type,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: owner,
  gid: owner,
  user: byteName(0, 40),
  group: byteName(0, 40),
  mtimeNs: time,
  target: byteName(1, 300),
  deviceMajor: device,
  deviceMinor: device,
  xattrs: fc.oneof(fc.constant([]), xattrs),
  size: fc.oneof(fc.integer({ min: 0, max: 1500 }), fc.constantFrom(0, 1, 511, 512, 513, 1024)),
  holes: fc.option(sparse, { freq: 3, nil: undefined }),
}).map(({ target, size, holes, ...rest }) => {
  const isLink = rest.type === "symlink" || rest.type === "hardlink";
  const isDevice = rest.type === "char-device" || rest.type === "block-device";
  const isFile = rest.type === "file";
  return {
    ...rest,
    size: isFile ? holes?.size ?? size : 0,
    linkTarget: isLink ? target : NONE,
    deviceMajor: isDevice ? rest.deviceMajor : 0,
    deviceMinor: isDevice ? rest.deviceMinor : 0,
    sparse: isFile ? holes?.segments : undefined,
  };
});
