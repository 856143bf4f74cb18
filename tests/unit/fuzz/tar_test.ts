import assert from "node:assert/strict";
import { recordOfEntry } from "../../../src/archive/record_of_entry.ts";
import { validateFile } from "../../../src/index/index_schema.ts";
import { TarDecoder } from "../../../src/tar/tar_decoder.ts";
import type { TarHandler } from "../../../src/tar/tar_handler.ts";
import { archiveOf, padded, paxHeader, paxRecord, rawHeader } from "../tar/raw_header.ts";
import { buildArchive, bytes, decode, fileEntry, Recorder } from "../tar/tar_fixtures.ts";
import {
  bitFlips,
  fuzz,
  type Input,
  joined,
  memoryOf,
  mutants,
  noises,
  refuses,
  repeated,
  truncations,
} from "./fuzz.ts";

const MIB = 2 ** 20;

/** One of each kind of header: PAX with xattrs, sparse map, long GNU name, link, device. */
const GOOD = joined(
  buildArchive([
    fileEntry({ size: 700, mtimeNs: 1n, xattrs: [{ name: bytes("user.a"), value: bytes("1") }] }),
    fileEntry({ path: bytes("s"), size: 3000, sparse: [{ offset: 512, length: 512 }] }),
    fileEntry({ path: bytes("l"), type: "symlink", linkTarget: bytes("x/".repeat(80)) }),
    fileEntry({ path: bytes("d"), type: "char-device", deviceMajor: 1, deviceMinor: 3 }),
  ]).tar.subarray(0, -1024),
  rawHeader({ type: "L", name: "././@LongLink", size: 201, magic: "ustar  \0" }),
  padded("n".repeat(200) + "\0"),
  rawHeader({ size: 5, magic: "ustar  \0" }),
  padded("hello"),
  paxHeader([
    paxRecord("GNU.sparse.major", "1"),
    paxRecord("GNU.sparse.minor", "0"),
    paxRecord("GNU.sparse.realsize", "1000"),
    paxRecord("SCHILY.acl.access", "user::rwx,user:joe:r-x:7,group::r-x,mask::rwx,other::---"),
    paxRecord("mtime", "-1.25"),
  ]),
  rawHeader({ size: 520 }),
  padded("2\n0\n4\n996\n4\n"),
  padded("datamore"),
  new Uint8Array(1024),
);

/** What came of a tar, as far as it went: told alike however the tar was cut. */
function outcome(tar: Uint8Array, pieceBytes: number) {
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  let error: unknown;
  try {
    for (let at = 0; at < tar.length; at += pieceBytes) {
      decoder.push(tar.subarray(at, at + pieceBytes));
    }
    decoder.finish();
  } catch (thrown) {
    error = thrown;
  }
  return { recorder, error };
}

/** Members with their content, and whether the end was seen. */
function told({ members, problems, ends }: Recorder): unknown {
  return {
    ends,
    problems: problems.map(({ message }) => message),
    members: members.map(({ entry, offset, pieces, intact }) => ({
      ...entry,
      offset,
      intact,
      content: joined(...pieces.map((piece) => piece.bytes)).toHex(),
    })),
  };
}

function checkMembers(seen: Recorder): void {
  for (const { entry, pieces, intact } of seen.members) {
    assert.notEqual(intact, undefined);
    assert.ok(Number.isSafeInteger(entry.size) && entry.size >= 0);
    for (const { offset, bytes } of pieces) {
      assert.ok(offset >= 0 && offset + bytes.length <= entry.size, "data outside the file");
    }
  }
}

Deno.test("the sample is a whole tar, also byte by byte", () => {
  const whole = outcome(GOOD, GOOD.length);
  assert.equal(whole.error, undefined);
  assert.equal(whole.recorder.members.length, 6);
  assert.deepEqual(told(outcome(GOOD, 1).recorder), told(whole.recorder));
});

Deno.test("a tar cut short at any byte is refused", async () => {
  const end = GOOD.length - 512;
  const cut = [...truncations(GOOD)].filter(({ bytes }) => bytes.length !== end);
  const accepted = await fuzz(cut, decode);
  assert.equal(accepted, 0);
});

Deno.test("any change of a tar gives members that make sense, or is refused", async () => {
  const inputs = [
    ...bitFlips(GOOD, 7),
    ...mutants(GOOD, 21_000, 1500),
    ...noises(22_000, 300, 2000),
  ];
  await fuzz(inputs, decode, checkMembers);
});

/** Puts right the checksum of each header that `mutants` left in its place. */
function withChecksums(tar: Uint8Array): Uint8Array {
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    if (tar[at + 257] !== 0x75) continue;
    const header = tar.subarray(at, at + 512);
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(bytes(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return tar;
}

Deno.test("changed headers with right checksums are read or refused, alike in pieces of any size", async () => {
  const inputs = [...mutants(GOOD, 23_000, 1000)]
    .map(({ what, bytes }): Input => ({ what, bytes: withChecksums(bytes) }));
  let i = 0;
  const accepted = await fuzz(inputs, (tar) => {
    const whole = outcome(tar, tar.length + 1);
    const inPieces = outcome(tar, [1, 511, 512, 700][i++ % 4]);
    assert.deepEqual(told(inPieces.recorder), told(whole.recorder));
    assert.equal((inPieces.error as Error)?.message, (whole.error as Error)?.message);
    if (whole.error !== undefined) throw whole.error;
    return whole.recorder;
  }, checkMembers);
  assert.ok(accepted > 10, `only ${accepted} of them were tars`);
});

Deno.test("changed PAX records are read or refused, and what is read can stand in an index", async () => {
  const records = [
    paxRecord("path", "name"),
    paxRecord("size", "5"),
    paxRecord("mtime", "1700000000.5"),
    paxRecord("uid", "-2"),
    paxRecord("SCHILY.devmajor", "8"),
    paxRecord("SCHILY.xattr.user.a", "v"),
    paxRecord("LIBARCHIVE.xattr.user.b", "dg=="),
    paxRecord("GNU.sparse.map", "0,5"),
  ];
  const inputs: Input[] = [];
  for (const record of records) {
    inputs.push(...truncations(record), ...bitFlips(record), ...mutants(record, 24_000, 150));
  }
  for (
    const number of [
      "9007199254740991",
      "9007199254740992",
      "9".repeat(19),
      "9".repeat(5000),
      "-1",
      "",
    ]
  ) {
    for (const key of ["size", "mtime", "uid", "gid", "SCHILY.devminor", "GNU.sparse.size"]) {
      inputs.push({ what: `${key}=${number}`, bytes: paxRecord(key, number) });
    }
  }
  const place = { tarOffset: 0, size: 2048, chunk: 1, chunkOffset: 0, chunkEnd: 1 << 20 };
  const parse = (record: Uint8Array) =>
    decode(archiveOf(paxHeader([record]), rawHeader({ size: 5 }), padded("hello")));
  await fuzz(inputs, parse, (seen) => {
    checkMembers(seen);
    for (const { entry } of seen.members) {
      if (entry.path.length > 0) validateFile(recordOfEntry(entry, place, ""), 1);
    }
  });
});

Deno.test("a PAX record that claims 2^53 bytes or more is refused at once", async () => {
  for (
    const length of [
      "9007199254740992",
      "9007199254740993",
      "99999999999999999999999",
      "2147483648",
    ]
  ) {
    const tar = archiveOf(paxHeader([bytes(`${length} path=x\n`)]), rawHeader({}));
    await refuses(() => decode(tar), /malformed PAX record/);
  }
});

const SINK: TarHandler = { entry() {}, data() {}, entryEnd() {}, end() {}, problem() {} };

Deno.test("headers that claim gigabytes of metadata cost what comes of them, no more", async () => {
  for (const type of ["x", "g", "L", "K"]) {
    const huge = rawHeader({ type, size: 2 ** 33 - 1 });
    await refuses(() => new TarDecoder(SINK).push(huge), /metadata are more than allowed/);
    const memory = await memoryOf((look) => {
      const decoder = new TarDecoder(SINK);
      decoder.push(rawHeader({ type, size: 64 * MIB }));
      for (const block of repeated(new Uint8Array(512), 100)) {
        decoder.push(block);
        look();
      }
    });
    assert.ok(memory < 2 * MIB, `${memory} bytes for 100 blocks`);
  }
});

Deno.test("a file of 2^53 bytes costs nothing but what comes of it", async () => {
  const sizes = [2 ** 53 - 1, 2 ** 53 - 2048, 2 ** 50].map((size) =>
    joined(paxHeader([paxRecord("size", String(size))]), rawHeader({ size: 0 }))
  );
  const memory = await memoryOf(async () => {
    await fuzz(sizes.map((tar): Input => ({ what: "size", bytes: tar })), decode, () => {
      throw new Error("a file that did not come is whole");
    });
  });
  assert.ok(memory < 4 * MIB, `${memory} bytes`);
});

Deno.test("global records of many attributes are not copied for each member", async () => {
  const records = Array.from(
    { length: 30_000 },
    (_, i) => paxRecord(`SCHILY.xattr.user.${i}`, "v"),
  );
  const member = joined(paxHeader([paxRecord("path", "x")]), rawHeader({ size: 0 }));
  const decoder = new TarDecoder(SINK);
  decoder.push(paxHeader(records, "g"));
  const started = performance.now();
  for (const each of repeated(member, 1000)) decoder.push(each);
  assert.ok(performance.now() - started < 10_000);
  await refuses(() => decoder.push(paxHeader(repeatedRecords(), "g")), /metadata are more than/);
});

/** Records of more bytes than all global headers together may have. */
function repeatedRecords(): Uint8Array[] {
  return [paxRecord("comment", new Uint8Array(64 * MIB))];
}

Deno.test("a sparse map of more stretches than allowed is refused before it is read", async () => {
  const header = paxHeader([
    paxRecord("GNU.sparse.major", "1"),
    paxRecord("GNU.sparse.minor", "0"),
    paxRecord("GNU.sparse.realsize", "9007199254740991"),
  ]);
  for (const count of ["1048577", "4294967296", "9007199254740992", "9".repeat(30), "-1", "1e9"]) {
    const tar = archiveOf(header, rawHeader({ size: 512 }), padded(`${count}\n0\n0\n`));
    await refuses(() => decode(tar), /sparse map/);
  }
  const list = paxHeader([paxRecord("GNU.sparse.map", "0,0,".repeat(1_048_577) + "0,0")]);
  await refuses(() => decode(archiveOf(list, rawHeader({}))), /more than 1048576 stretches/);
});
