import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMemberHeader, memberSize, storedSize } from "../../../src/tar/encode_member.ts";
import { TarDecoder } from "../../../src/tar/tar_decoder.ts";
import {
  anyEntry,
  buildArchive,
  dataIsRight,
  decode,
  deliveredBytes,
  fileEntry,
  Recorder,
} from "./tar_fixtures.ts";

Deno.test("every entry comes back as it was written, however the tar is cut up", () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { maxLength: 5 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      (entries, cuts) => {
        const { tar, offsets } = buildArchive(entries);
        const seen = decode(tar, cuts.map((cut) => Math.floor(cut * tar.length)));
        assert.deepEqual(seen.members.map((member) => member.entry), entries);
        assert.deepEqual(seen.members.map((member) => member.offset), offsets.slice(0, -1));
        seen.members.forEach((member, index) => {
          assert.ok(member.intact);
          assert.equal(deliveredBytes(member), storedSize(entries[index]));
          assert.ok(dataIsRight(member, index));
        });
        assert.equal(seen.ends, 1);
        assert.deepEqual(seen.problems, []);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("every entry comes back when the tar is pushed byte by byte", () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 2 }), (entries) => {
      const { tar } = buildArchive(entries);
      const seen = decode(tar, Array.from(tar.keys()));
      assert.deepEqual(seen.members.map((member) => member.entry), entries);
      assert.ok(seen.members.every((member, index) => member.intact && dataIsRight(member, index)));
    }),
    { numRuns: 25 },
  );
});

Deno.test("headers are whole blocks, and memberSize tells the whole member", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const { offsets } = buildArchive([entry]);
      assert.equal(encodeMemberHeader(entry).length % 512, 0);
      assert.equal(memberSize(entry), offsets[1]);
    }),
    { numRuns: 100 },
  );
});

Deno.test("the same entry always gives the same bytes", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      assert.deepEqual(encodeMemberHeader(entry), encodeMemberHeader(structuredClone(entry)));
    }),
    { numRuns: 50 },
  );
});

Deno.test("an archive without members has its end and nothing else", () => {
  const seen = decode(buildArchive([]).tar);
  assert.deepEqual([seen.members.length, seen.ends, seen.problems.length], [0, 1, 0]);
});

Deno.test("whatever follows the end of the archive is ignored", () => {
  const { tar } = buildArchive([fileEntry()]);
  const longer = new Uint8Array(tar.length + 3000).fill(0xaa);
  longer.set(tar);
  assert.equal(decode(longer).members.length, 1);
});

Deno.test("data is handed on as views of what was pushed, without copies", () => {
  const { tar, dataFrom } = buildArchive([fileEntry({ size: 5000 })]);
  let seen: Uint8Array | undefined;
  const handler = {
    entry() {},
    data(bytes: Uint8Array) {
      seen = bytes;
    },
    entryEnd() {},
    end() {},
    problem() {},
  };
  const decoder = new TarDecoder(handler);
  decoder.push(tar);
  assert.equal(seen?.buffer, tar.buffer);
  assert.equal(seen?.byteOffset, dataFrom[0]);
});

Deno.test("entries do not change when the pushed buffer is used again", () => {
  const entries = [
    fileEntry({ size: 3, mtimeNs: 1_700_000_000_123_456_789n }),
    fileEntry({ path: new Uint8Array(300).fill(0x61) }),
  ];
  const { tar } = buildArchive(entries);
  const recorder = new Recorder();
  new TarDecoder(recorder).push(tar);
  tar.fill(0xff);
  assert.deepEqual(recorder.members.map((member) => member.entry), entries);
});

Deno.test("bytes in shared memory are read like others", () => {
  const entries = [fileEntry({ size: 700, user: new Uint8Array([0xff, 0x80]) })];
  const { tar } = buildArchive(entries);
  const shared = new Uint8Array(new SharedArrayBuffer(tar.length));
  shared.set(tar);
  assert.deepEqual(decode(shared).members[0].entry, entries[0]);
});
