import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMemberHeader } from "../../../src/tar/encode_member.ts";
import { EctarError } from "../../../src/errors.ts";
import { concat } from "../../bytes.ts";
import { anyEntry, buildArchive, bytes, decode, fileEntry, NONE } from "./tar_fixtures.ts";
import { archiveOf, padded, paxHeader, paxRecord, rawHeader } from "./raw_header.ts";

/** Decodes and lets only foreseen errors pass. */
function decodeOrRefuse(tar: Uint8Array): void {
  try {
    decode(tar);
  } catch (error) {
    assert.ok(error instanceof EctarError, `a defect: ${error}`);
    assert.ok(error.code === "format" || error.code === "unsupported");
    assert.ok(!error.message.includes("\n"));
  }
}

Deno.test("a tar cut short anywhere is an error, never taken for a whole one", () => {
  const { tar } = buildArchive([
    fileEntry({ size: 700, mtimeNs: 1n }),
    fileEntry({ path: bytes("s"), size: 3000, sparse: [{ offset: 512, length: 512 }] }),
  ]);
  for (let length = 0; length < tar.length; length++) {
    if (length === tar.length - 512) continue;
    assert.throws(() => decode(tar.subarray(0, length)), { code: "format" }, `at ${length}`);
  }
});

Deno.test("flipped bits lead to errors that are foreseen, or to other metadata", () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
      (entries, flips) => {
        const { tar } = buildArchive(entries);
        for (const flip of flips) tar[flip % tar.length] ^= 1 << (flip % 8);
        decodeOrRefuse(tar);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("any header with a right checksum is read or refused", () => {
  const field = fc.uint8Array({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.constantFrom(..."01234567xgLKSMVDNA\0Z"),
      fc.constantFrom("ustar\x0000", "ustar  \0", ""),
      fc.array(fc.tuple(fc.constantFrom(100, 108, 116, 124, 136, 329, 337, 386, 398, 483), field), {
        maxLength: 3,
      }),
      fc.uint8Array({ maxLength: 3000 }),
      (type, magic, patches, rest) => {
        decodeOrRefuse(archiveOf(rawHeader({ type, magic, size: 100, patches }), padded(rest)));
      },
    ),
    { numRuns: 1000 },
  );
});

const KEYS = [
  "path",
  "linkpath",
  "size",
  "mtime",
  "uid",
  "GNU.sparse.map",
  "GNU.sparse.major",
  "GNU.sparse.realsize",
  "GNU.sparse.offset",
  "GNU.sparse.numbytes",
  "SCHILY.acl.access",
  "LIBARCHIVE.xattr.a",
  "SCHILY.xattr.",
];

Deno.test("any PAX records are read or refused", () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.constantFrom("", "0", "1", "-1", "99999999999999999", "1,2,3", "0,1", "5.5", "u:a:rwx")
      .map(bytes),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 6 }),
      (records) => {
        const header = paxHeader(records.map(([key, data]) => paxRecord(key, data)));
        decodeOrRefuse(archiveOf(header, rawHeader({ size: 10 }), padded("0123456789")));
      },
    ),
    { numRuns: 1000 },
  );
});

const refusals: Record<string, Uint8Array> = {
  "a wrong checksum": rawHeader({ checksum: "wrong" }),
  "a negative size": rawHeader({ size: new Uint8Array(12).fill(0xff) }),
  "a size beyond all files": rawHeader({ size: Uint8Array.of(0x80, ...new Array(11).fill(255)) }),
  "a size that is no number": rawHeader({ size: bytes("hello world\0") }),
  "a record longer than its header": paxHeader([bytes("99 path=x\n")]),
  "a record of length 0": paxHeader([bytes("0 path=x\n")]),
  "a record without a newline": paxHeader([bytes("9 path=xy")]),
  "a record without a keyword": paxHeader([bytes("5 =x\n")]),
  "a record without an equals sign": paxHeader([bytes("7 path\n")]),
  "a record with a huge length": paxHeader([bytes("99999999999999999999 path=x\n")]),
  "records of more bytes than allowed": rawHeader({ type: "x", size: 0o77777777777 }),
  "a long name of more bytes than allowed": rawHeader({ type: "L", size: 0o77777777777 }),
  "a sparse map with a huge count": concat([
    paxHeader([
      paxRecord("GNU.sparse.major", "1"),
      paxRecord("GNU.sparse.minor", "0"),
      paxRecord("GNU.sparse.realsize", "5"),
    ]),
    rawHeader({ size: 512 }),
    padded("999999999\n0\n"),
  ]),
  "stretches that overlap": concat([
    paxHeader([paxRecord("GNU.sparse.map", "0,10,5,10"), paxRecord("GNU.sparse.size", "99")]),
    rawHeader({ size: 20 }),
    padded("x".repeat(20)),
  ]),
  "stretches beyond the end of the file": concat([
    paxHeader([paxRecord("GNU.sparse.map", "90,10"), paxRecord("GNU.sparse.size", "99")]),
    rawHeader({ size: 10 }),
    padded("x".repeat(10)),
  ]),
  "stretches that do not account for the data": concat([
    paxHeader([paxRecord("GNU.sparse.map", "0,10"), paxRecord("GNU.sparse.size", "99")]),
    rawHeader({ size: 11 }),
    padded("x".repeat(11)),
  ]),
  "data behind a single zero block": concat([new Uint8Array(512), rawHeader({})]),
  "an end between a member's headers": paxHeader([paxRecord("uid", "1")]),
  "text": padded("This is no tar at all. ".repeat(40)),
};
for (const [what, part] of Object.entries(refusals)) {
  Deno.test(`refused: ${what}`, () => {
    assert.throws(() => decode(archiveOf(part)), { name: "EctarError", code: "format" });
  });
}

Deno.test("the error names the offset of what is wrong", () => {
  const tar = archiveOf(rawHeader({ size: 1 }), padded("x"), rawHeader({ checksum: "wrong" }));
  assert.throws(() => decode(tar), /offset 1024: header checksum/);
});

Deno.test("metadata in many headers counts together against the limit", () => {
  const header = paxHeader([paxRecord("comment", "x".repeat(400))]);
  const tar = archiveOf(header, header, header, rawHeader({}));
  assert.throws(() => decode(tar, [], { limits: { maxMetadataSize: 1000 } }), { code: "format" });
  assert.equal(decode(tar, [], { limits: { maxMetadataSize: 2000 } }).members.length, 1);
});

Deno.test("members without a usable name are passed over, with a note, and the rest is read", () => {
  const tar = archiveOf(
    paxHeader([paxRecord("path", "../a\0b")]),
    rawHeader({ size: 700 }),
    padded("x".repeat(700)),
    rawHeader({ name: "" }),
    paxHeader([paxRecord("linkpath", "/etc\0")]),
    rawHeader({ name: "l", type: "2", link: "x" }),
    rawHeader({ name: "l", type: "2", link: "" }),
    rawHeader({ name: "good" }),
  );
  const seen = decode(tar);
  assert.deepEqual(seen.members.map(({ entry }) => entry.path), [bytes("good")]);
  assert.deepEqual(seen.problems.map(({ kind }) => kind), Array(4).fill("member-refused"));
});

const unwritable: Record<string, Parameters<typeof fileEntry>[0]> = {
  "an empty name": { path: NONE },
  "a NUL in a name": { path: bytes("a\0b") },
  "a NUL in a link target": { type: "symlink", linkTarget: bytes("a\0") },
  "a symlink to nothing": { type: "symlink" },
  "a file that ends in a slash": { path: bytes("a/") },
  "a negative size": { size: -1 },
  "a fractional owner": { uid: 1.5 },
  "file type bits in the mode": { mode: 0o100644 },
  "holes in a directory": { type: "directory", sparse: [] },
  "an attribute without a name": { xattrs: [{ name: NONE, value: NONE }] },
  "attributes of more bytes than are read": {
    xattrs: [{ name: bytes("user.x"), value: new Uint8Array(65 << 20) }],
  },
};
for (const [what, changes] of Object.entries(unwritable)) {
  Deno.test(`not written: ${what}`, () => {
    assert.throws(() => encodeMemberHeader(fileEntry(changes)), { code: "unsupported" });
  });
}

Deno.test("not written: stretches that GNU tar could not read back", () => {
  for (
    const sparse of [
      [{ offset: 0, length: 100 }, { offset: 512, length: 512 }],
      [{ offset: 512, length: 512 }, { offset: 512, length: 512 }],
      [{ offset: 512, length: 5120 }],
    ]
  ) {
    const entry = fileEntry({ size: 4096, sparse });
    assert.throws(() => encodeMemberHeader(entry), { code: "format" });
  }
});
