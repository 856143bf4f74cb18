import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMemberHeader, memberSize, storedSize } from "../../../src/tar/encode_member.ts";
import { formatPaxTime, parsePaxTime } from "../../../src/tar/pax_time.ts";
import { aclFromText, aclToText } from "../../../src/tar/posix_acl.ts";
import { normalizeSegments } from "../../../src/tar/sparse_map.ts";
import { TarDecoder } from "../../../src/tar/tar_decoder.ts";
import { decodeXattrKey, encodeXattrKey } from "../../../src/tar/xattr_key.ts";
import { bytes, fileEntry, Recorder } from "./tar_fixtures.ts";

const parse = (text: string) => parsePaxTime(bytes(text), 0, text.length);

Deno.test("PAX times are exact to the nanosecond in both directions", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (time) => {
    const text = formatPaxTime(time % (2n ** 63n * 1_000_000_000n));
    assert.equal(parsePaxTime(text, 0, text.length), time % (2n ** 63n * 1_000_000_000n));
  }));
});

Deno.test("PAX times of any number of digits are rounded down to nanoseconds", () => {
  assert.equal(parse("1.5"), 1_500_000_000n);
  assert.equal(parse("-1.5"), -1_500_000_000n);
  assert.equal(parse("1.0000000019999"), 1_000_000_001n);
  assert.equal(parse("-1.0000000010001"), -1_000_000_002n);
  assert.equal(parse("-0.000000000000"), 0n);
  assert.equal(parse("7."), 7_000_000_000n);
  assert.equal(parse(".5"), 500_000_000n);
});

Deno.test("what is no PAX time is refused", () => {
  for (const text of ["-", "1e5", "+1", " 1", "1.5x", "--1", "0x10", "12345678901234567890"]) {
    assert.equal(parse(text), undefined, text);
  }
});

Deno.test("attribute names come back from their keywords", () => {
  const name = fc.array(fc.constantFrom("a", "=", "%", "2", "5", "3", "D"), { maxLength: 12 });
  fc.assert(fc.property(name, (letters) => {
    const key = encodeXattrKey(letters.join(""));
    assert.ok(!key.includes("="));
    assert.equal(decodeXattrKey(key), letters.join(""));
  }));
});

Deno.test("ACLs come back from their text, also with the numbers star and libarchive add", () => {
  const text =
    "user::rw-,user:7:r--,user:4294967294:rwx,group::r-x,group:5:---,mask::rwx,other::---";
  assert.equal(aclToText(aclFromText(text, false)!), text);
  const lines =
    "# file: x\nu::rw-\nu:joe:r--:7\nuser:4294967294:rwx\ng::r-x\ng:5:---\nm:rwx\no:---\n";
  assert.equal(aclToText(aclFromText(lines, false)!), text);
});

Deno.test("an access ACL that says no more than the mode is none; a default one is", () => {
  const text = "user::rw-,group::r--,other::r--";
  assert.equal(aclFromText(text, false), undefined);
  assert.equal(aclToText(aclFromText(text, true)!), text);
});

Deno.test("bytes that are no ACL have no text", () => {
  for (const size of [0, 3, 4, 11, 13]) assert.equal(aclToText(new Uint8Array(size)), undefined);
  assert.equal(aclToText(Uint8Array.of(1, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0)), undefined);
});

Deno.test("files of 8 GiB and more have their size in a PAX record", () => {
  for (const size of [2 ** 33 - 1, 2 ** 33, 2 ** 50]) {
    const header = encodeMemberHeader(fileEntry({ size }));
    const seen = new Recorder();
    new TarDecoder(seen).push(header);
    assert.equal(seen.members[0].entry.size, size);
    assert.equal(header.length, size < 2 ** 33 ? 512 : 1536);
  }
});

Deno.test("a sparse file of a million stretches is written and read in bounded time", () => {
  const sparse = Array.from({ length: 1 << 20 }, (_, i) => ({ offset: i * 8192, length: 512 }));
  const entry = fileEntry({ size: 2 ** 43, sparse });
  const header = encodeMemberHeader(entry);
  assert.equal(memberSize(entry), header.length + storedSize(entry));
  const seen = new Recorder();
  const decoder = new TarDecoder(seen);
  for (let at = 0; at < header.length; at += 99_999) decoder.push(header.subarray(at, at + 99_999));
  const read = seen.members[0].entry.sparse!;
  assert.equal(read.length, sparse.length);
  assert.deepEqual(read.at(-1), sparse.at(-1));
});

Deno.test("normalized stretches cover what they are given, in whole blocks and bounded number", () => {
  const given = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.nat({ max: 3000 })), { maxLength: 30 });
  fc.assert(fc.property(given, fc.integer({ min: 1, max: 8 }), (pairs, max) => {
    let at = 0;
    const segments = pairs.map(([hole, length]) => {
      const segment = { offset: at + hole, length };
      at += hole + length;
      return segment;
    });
    const size = at + 100;
    const result = normalizeSegments(segments, size, max);
    assert.ok(result.length <= max);
    encodeMemberHeader(fileEntry({ size, sparse: result }));
    for (const { offset, length } of segments.filter((segment) => segment.length > 0)) {
      assert.ok(
        result.some((out) => out.offset <= offset && offset + length <= out.offset + out.length),
      );
    }
  }));
});
