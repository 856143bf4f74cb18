import assert from "node:assert/strict";
import { concat } from "../../bytes.ts";
import { bytes, decode } from "./tar_fixtures.ts";
import { archiveOf, padded, paxHeader, paxRecord, rawHeader } from "./raw_header.ts";
import { BLOCK_SIZE, headerChecksum } from "../../../src/tar/ustar_layout.ts";

const text = (value: Uint8Array) => new TextDecoder().decode(value);
const first = (tar: Uint8Array) => decode(tar).members[0].entry;

Deno.test("a v7 header has no owner names, and a slash makes a directory", () => {
  const entry = first(archiveOf(rawHeader({
    name: "old/",
    type: "\0",
    magic: "",
    patches: [[265, "junk"]],
  })));
  assert.deepEqual([text(entry.path), entry.type, entry.user.length], ["old", "directory", 0]);
});

Deno.test("a ustar name is put together from its prefix", () => {
  assert.equal(
    text(first(archiveOf(rawHeader({ name: "b", patches: [[345, "a/p"]] }))).path),
    "a/p/b",
  );
});

Deno.test("GNU headers use the prefix area for times, not for names", () => {
  const tar = archiveOf(
    rawHeader({ name: "b", magic: "ustar  \0", patches: [[345, "00000000001"]] }),
  );
  assert.equal(text(first(tar).path), "b");
});

Deno.test("star headers have a short prefix and two times behind it", () => {
  const times: [number, string] = [476, "00000000001 00000000001 "];
  const tar = archiveOf(rawHeader({ name: "b", patches: [[345, "a"], times] }));
  assert.equal(text(first(tar).path), "a/b");
});

Deno.test("GNU long names and long links belong to the member behind them", () => {
  const name = "n".repeat(300);
  const link = "l".repeat(600);
  const tar = archiveOf(
    rawHeader({ name: "././@LongLink", type: "K", size: 601, magic: "ustar  \0" }),
    padded(`${link}\0`),
    rawHeader({ name: "././@LongLink", type: "L", size: 301, magic: "ustar  \0" }),
    padded(`${name}\0`),
    rawHeader({ type: "2", magic: "ustar  \0" }),
    rawHeader({ name: "next", magic: "ustar  \0" }),
  );
  const { members } = decode(tar);
  assert.equal(text(members[0].entry.path), name);
  assert.equal(text(members[0].entry.linkTarget), link);
  assert.equal(members[0].offset, 0);
  assert.equal(text(members[1].entry.path), "next");
});

Deno.test("numbers may be base-256, and negative times before 1970", () => {
  const minusTwo = new Uint8Array(12).fill(0xff);
  minusTwo[11] = 0xfe;
  const uid = Uint8Array.of(0x80, 0, 0, 0, 0, 0x2d, 0xc6, 0xc0);
  const entry = first(archiveOf(rawHeader({ mtime: minusTwo, uid, magic: "ustar  \0" })));
  assert.deepEqual([entry.mtimeNs, entry.uid], [-2_000_000_000n, 3_000_000]);
});

Deno.test("an owner of -2 is the 32-bit number it stands for", () => {
  const uid = new Uint8Array(8).fill(0xff);
  uid[7] = 0xfe;
  assert.equal(first(archiveOf(rawHeader({ uid }))).uid, 4294967294);
});

Deno.test("checksums are the same wherever a header lies, and however high its bytes", () => {
  const block = new Uint8Array(BLOCK_SIZE).fill(0xff);
  const expected = (BLOCK_SIZE - 8) * 0xff + 8 * 0x20;
  for (let base = 0; base < 8; base++) {
    const bytes = new Uint8Array(BLOCK_SIZE + 16);
    bytes.set(block, base + 1);
    assert.equal(headerChecksum(bytes, base + 1, false), expected);
    assert.equal(headerChecksum(bytes.subarray(1), base, false), expected);
    assert.equal(headerChecksum(bytes, base + 1, true), 8 * 0x20 - (BLOCK_SIZE - 8));
  }
  for (let at = 0; at < BLOCK_SIZE; at++) {
    const one = new Uint8Array(BLOCK_SIZE);
    one[at] = 0x81;
    const isCounted = at < 148 || at >= 156;
    assert.equal(headerChecksum(one, 0, false), 8 * 0x20 + (isCounted ? 0x81 : 0), `at ${at}`);
  }
});

Deno.test("checksums over signed bytes are right, too", () => {
  const tar = archiveOf(rawHeader({ name: Uint8Array.of(0xe9, 0xff), checksum: "signed" }));
  assert.deepEqual(first(tar).path, Uint8Array.of(0xe9, 0xff));
});

for (const flag of ["7", "Z", "\0"]) {
  Deno.test(`type ${JSON.stringify(flag)} is a file with its data`, () => {
    const [member] = decode(archiveOf(rawHeader({ type: flag, size: 3 }), padded("abc"))).members;
    assert.equal(member.entry.type, "file");
    assert.deepEqual(member.pieces, [{ offset: 0, bytes: bytes("abc") }]);
  });
}

Deno.test("a hard link's size counts in PAX archives alone, and its data is passed over", () => {
  const link = rawHeader({ type: "1", link: "file", size: 3 });
  const next = rawHeader({ name: "next" });
  const plain = decode(archiveOf(link, next)).members;
  const pax =
    decode(archiveOf(paxHeader([paxRecord("uid", "1")]), link, padded("abc"), next)).members;
  for (const members of [plain, pax]) {
    assert.deepEqual(members.map(({ entry }) => [entry.type, entry.size]), [["hardlink", 0], [
      "file",
      0,
    ]]);
    assert.ok(members.every((member) => member.intact && member.pieces.length === 0));
  }
});

Deno.test("sizes of directories, links and devices mean nothing", () => {
  for (const type of ["2", "3", "4", "5", "6"]) {
    const header = rawHeader({ type, link: type === "2" ? "x" : "", size: 5000 });
    assert.equal(decode(archiveOf(header, rawHeader({ name: "next" }))).members.length, 2);
  }
});

Deno.test("volume labels and continued files are passed over with a note", () => {
  const seen = decode(archiveOf(
    rawHeader({ type: "V", name: "Backup 1", magic: "ustar  \0" }),
    rawHeader({ type: "M", name: "rest", size: 600, magic: "ustar  \0" }),
    padded("x".repeat(600)),
    rawHeader({ name: "next" }),
  ));
  assert.deepEqual(seen.members.map(({ entry }) => text(entry.path)), ["next"]);
  assert.deepEqual(seen.problems.map(({ kind }) => kind), ["member-skipped", "member-skipped"]);
});

Deno.test("global records hold for all members, own ones outrank them, empty ones delete them", () => {
  const seen = decode(archiveOf(
    paxHeader([paxRecord("mtime", "5"), paxRecord("uname", "all")], "g"),
    rawHeader({ name: "a" }),
    paxHeader([paxRecord("mtime", "7")]),
    rawHeader({ name: "b" }),
    paxHeader([paxRecord("mtime", ""), paxRecord("uname", "")]),
    rawHeader({ name: "c" }),
    rawHeader({ name: "d" }),
  ));
  assert.deepEqual(
    seen.members.map(({ entry }) => [Number(entry.mtimeNs / 1_000_000_000n), text(entry.user)]),
    [[5, "all"], [7, "all"], [1, ""], [5, "all"]],
  );
});

Deno.test("the last of several records for the same thing holds, over several headers", () => {
  const entry = first(archiveOf(
    paxHeader([paxRecord("path", "one"), paxRecord("path", "two"), paxRecord("gid", "9")]),
    paxHeader([paxRecord("path", "three")]),
    rawHeader({}),
  ));
  assert.deepEqual([text(entry.path), entry.gid], ["three", 9]);
});

Deno.test("libarchive's attributes are read once each, by its own rules for names", () => {
  const { xattrs } = first(archiveOf(
    paxHeader([
      paxRecord("SCHILY.xattr.user.%C3%A9%3D", "raw"),
      paxRecord("LIBARCHIVE.xattr.user.%C3%A9%3D", "cmF3"),
      paxRecord("LIBARCHIVE.xattr.user.only", "AAE"),
      paxRecord("SCHILY.xattr.user.gnu%3D%25%41", ""),
    ]),
    rawHeader({}),
  ));
  assert.deepEqual(
    xattrs.map(({ name, value }) => [text(name), [...value]]),
    [["user.gnu=%%41", []], ["user.only", [0, 1]], ["user.é=", [...bytes("raw")]]],
  );
});

Deno.test("an ACL text with names alone needs somebody to resolve them", () => {
  const acl = "user::rw-,user:joe:r--,group::r--,mask::rwx,other::---";
  const tar = archiveOf(paxHeader([paxRecord("SCHILY.acl.access", acl)]), rawHeader({}));
  const without = decode(tar);
  assert.deepEqual(without.members[0].entry.xattrs, []);
  assert.deepEqual(without.problems.map(({ kind }) => kind), ["metadata"]);
  const resolve = {
    user: (name: string) => name === "joe" ? 7 : undefined,
    group: () => undefined,
  };
  const { entry } = decode(tar, [], { resolve }).members[0];
  assert.equal(text(entry.xattrs[0].name), "system.posix_acl_access");
  assert.equal(entry.mode, 0o674, "the group bits are the mask");
});

Deno.test("an old GNU sparse file has its stretches in the header and in extension blocks", () => {
  const pair = (offset: number, length: number) =>
    [offset, length].map((n) => `${n.toString(8).padStart(11, "0")}\0`).join("");
  const pairs = Array.from({ length: 30 }, (_, i) => pair(i * 1024, 512));
  const extension = new Uint8Array(512);
  extension.set(bytes(pairs.slice(4, 25).join("")));
  extension[504] = 1;
  const header = rawHeader({
    type: "S",
    size: 30 * 512,
    magic: "ustar  \0",
    patches: [[386, pairs.slice(0, 4).join("")], [482, "\x01"], [483, "00000100000\0"]],
  });
  const data = new Uint8Array(30 * 512).fill(7);
  const [member] =
    decode(archiveOf(header, extension, padded(pairs.slice(25).join("")), data)).members;
  assert.equal(member.entry.size, 0o100000);
  assert.equal(member.entry.sparse?.length, 30);
  assert.deepEqual(member.pieces.map(({ offset }) => offset), pairs.map((_, i) => i * 1024));
});

Deno.test("one zero block at the very end is enough, with a note", () => {
  const seen = decode(concat([rawHeader({}), new Uint8Array(512)]));
  assert.deepEqual([seen.members.length, seen.ends, seen.problems[0]?.kind], [1, 1, "end"]);
});
